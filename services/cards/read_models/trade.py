"""What does each customer buy, and since when no more? One row a customer: sales and returns by day, month and year.

Totals are the trade of the company, of each salesperson and of each area, by day, month and (for what is older) year. The
trade of a salesperson is that of the customers who are hers today: who takes over a customer takes over its past.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.cards.domain.spans import (
    Books,
    Change,
    added,
    all_of,
    minor_units,
    name_of,
    read_books,
    write_books,
)
from shared.contracts.cards import CustomerErased, CustomerRegistered, SalespersonAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.projections.read_model import Gains, ReadModel, Totals

SOLD, SALES, RETURNED = range(3)
"""Places in the sums of a span: amount sold, number of sales, amount returned; amounts in minor units."""

MEASURES = ("sold", "sales", "returned")

Trail = tuple["Trail | None", list[Change]]


Read = tuple[Books, Books, Trail | None]
"""What `books` says, from which books it came, and by which changes, the newest first. Nobody changes any of it in place."""

_NONE: Books = {}
_NEW: Read = (_NONE, _NONE, None)


@dataclass(frozen=True, slots=True)
class Trade:
    """`books` and the days come from the ledger, everything else from the card.

    `last_on` is the latest sale, `newest_on` the latest sale or return. `gone`: erased, or found to be a second card of another
    customer. `assigned_at`: from when salesperson and area hold.
    """

    customer_id: UUID
    registered_at: datetime | None
    gone: bool
    salesperson_id: str | None
    area_id: str | None
    assigned_at: datetime | None
    first_on: date | None
    last_on: date | None
    newest_on: date | None
    books: str
    read: Read | None = field(default=None, compare=False, repr=False)


def _read(row: Trade) -> Read:
    read = row.read
    if read is None:
        books = read_books(row.books)
        read = (books, books, None)
        object.__setattr__(row, "read", read)
    return read


def books_of(row: Trade) -> Books:
    return _read(row)[0]


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Trade | None, envelope: Envelope) -> Trade | None:
    customer = envelope.customer_id
    if customer is None:
        return row
    if row is None:
        row = Trade(customer, None, False, None, None, None, None, None, None, "{}", _NEW)
    event = envelope.event
    match event:
        case SaleRecorded():
            return _with_sale(row, event)
        case GoodsReturned():
            on = event.returned_on
            books, changed = added(books_of(row), event.net.currency, on, (0, 0, minor_units(event.net)))
            newest = on if row.newest_on is None else max(on, row.newest_on)
            return replace(row, newest_on=newest, books=write_books(books), read=_grown(row, books, changed))
        case CustomerRegistered():
            row = replace(row, registered_at=envelope.occurred_at)
            return _assigned(row, event.salesperson_id, event.area_id, envelope.occurred_at)
        case SalespersonAssigned():
            return _assigned(row, event.salesperson_id, event.area_id, envelope.occurred_at)
        case CustomerErased() | MergedInto():
            return replace(row, gone=True)
    return row


def _with_sale(row: Trade, sale: SaleRecorded) -> Trade:
    on = sale.sold_on
    books, changed = added(books_of(row), sale.net.currency, on, (minor_units(sale.net), 1, 0))
    first, last, newest = row.first_on, row.last_on, row.newest_on
    return Trade(
        row.customer_id,
        row.registered_at,
        row.gone,
        row.salesperson_id,
        row.area_id,
        row.assigned_at,
        on if first is None or on < first else first,
        on if last is None or on > last else last,
        on if newest is None or on > newest else newest,
        write_books(books),
        _grown(row, books, changed),
    )


def _grown(row: Trade, books: Books, changed: list[Change]) -> Read:
    _, origin, trail = _read(row)
    return books, origin, (trail, changed)


def _assigned(row: Trade, salesperson_id: str | None, area_id: str | None, at: datetime) -> Trade:
    # Of two assignments the one of the later valid day stands, of one day the later in the stream. What is told for an earlier
    # moment was told for the beginning of a day: it holds unless the other holds from a later day.
    if row.assigned_at is not None and row.assigned_at >= at + timedelta(days=1):
        return row
    return replace(row, salesperson_id=salesperson_id, area_id=area_id, assigned_at=at)


def totals(row: Trade) -> Totals:
    """What a row adds: `d/2026-03-02/CNY/<area>\n<salesperson>` -> measure -> minor units or number. Kinds d, m, y as of `spans`."""
    gains: dict[tuple[str, str], int] = {}
    _gain(gains, row, all_of(books_of(row)), 1)
    found: dict[str, dict[str, Decimal | int]] = {}
    for (group, measure), units in gains.items():
        found.setdefault(group, {})[measure] = units
    return found


def gained(old: Trade | None, new: Trade | None) -> Gains:
    """What the totals gain when one row becomes another; a row that grew out of the other knows by what."""
    gains: dict[tuple[str, str], int] = {}
    if new is not None and _same_side(old, new):
        _, origin, trail = _read(new)
        if origin is (_NONE if old is None else books_of(old)):
            while trail is not None:
                trail, changed = trail
                _gain(gains, new, changed, 1)
            return gains
    for row, sign in ((old, -1), (new, 1)):
        if row is not None:
            _gain(gains, row, all_of(books_of(row)), sign)
    return gains


def _same_side(old: Trade | None, new: Trade) -> bool:
    return old is None or (old.salesperson_id == new.salesperson_id and old.area_id == new.area_id)


def _gain(gains: dict[tuple[str, str], int], row: Trade, changed: Iterable[Change], sign: int) -> None:
    who = f"{row.area_id or ''}\n{row.salesperson_id or ''}"
    for kind, at, currency, sums in changed:
        group = f"{kind}/{name_of(kind, at)}/{currency}/{who}"
        for place, units in enumerate(sums):
            if units:
                slot = group, MEASURES[place]
                gains[slot] = gains.get(slot, 0) + sign * units


TRADE = ReadModel(
    name="trade",
    version=1,
    row=Trade,
    columns={
        "customer_id": "uuid",
        "registered_at": "timestamptz",
        "gone": "boolean",
        "salesperson_id": "text",
        "area_id": "text",
        "assigned_at": "timestamptz",
        "first_on": "date",
        "last_on": "date",
        "newest_on": "date",
        "books": "text",
    },
    key_column="customer_id",
    topics={
        CARDS_TRANSACTIONS: frozenset({SaleRecorded.type, GoodsReturned.type}),
        CARDS_EVENTS: frozenset(cls.type for cls in (CustomerRegistered, SalespersonAssigned, CustomerErased, MergedInto)),
    },
    key=key,
    evolve=evolve,
    totals=totals,
    gained=gained,
)
