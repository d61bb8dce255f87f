"""What does each customer buy, and since when no more? One row a customer: sales and returns by day, month and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

from services.cards.domain.spans import LATEST_KEPT, Books, added, entries, minor_units, write_books
from services.cards.read_models.serving import NEW, Read, books_of, gained_by, grown, superseded, totals_of
from shared.contracts.cards import CustomerErased, CustomerRegistered, SalespersonAssigned, StubOpened
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.projections.read_model import ReadModel

MEASURES = ("sold", "sales", "returned")
SOLD, SALES, RETURNED = range(3)
"""Places in the sums of a span: amount sold, number of sales, amount returned; amounts in minor units."""


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


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Trade | None, envelope: Envelope) -> Trade | None:
    customer = envelope.customer_id
    if customer is None:
        return row
    if row is None:
        row = Trade(customer, None, False, None, None, None, None, None, None, "{}", NEW)
    event = envelope.event
    match event:
        case SaleRecorded():
            return _with_sale(row, event)
        case GoodsReturned():
            on = event.returned_on
            books, changed = added(books_of(row), event.net.currency, on, (0, 0, minor_units(event.net)))
            newest = on if row.newest_on is None else max(on, row.newest_on)
            return replace(row, newest_on=newest, books=write_books(books), read=grown(row, books, changed))
        case CustomerRegistered():
            return _assigned(replace(row, registered_at=envelope.occurred_at), event, envelope.occurred_at)
        case SalespersonAssigned():
            return _assigned(row, event, envelope.occurred_at)
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
        grown(row, books, changed),
    )


def _assigned(row: Trade, event: CustomerRegistered | SalespersonAssigned, at: datetime) -> Trade:
    if superseded(at, row.assigned_at):
        return row
    return replace(row, salesperson_id=event.salesperson_id, area_id=event.area_id, assigned_at=at)


def first_and_last(rows: Sequence[Trade]) -> tuple[date | None, date | None]:
    """The first and the latest sale of several cards of one customer; None where there is none."""
    first = min((row.first_on for row in rows if row.first_on is not None), default=None)
    return first, max((row.last_on for row in rows if row.last_on is not None), default=None)


def purchase_days(books: Books) -> list[int]:
    """The latest days with a sale over all currencies as ordinals, oldest first; at most LATEST_KEPT, which are always there."""
    found = {day for book in books.values() for day, sums in entries(book.days) if sums[SALES]}
    return sorted(found)[-LATEST_KEPT:]


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
        CARDS_EVENTS: frozenset(
            cls.type for cls in (StubOpened, CustomerRegistered, SalespersonAssigned, CustomerErased, MergedInto)
        ),
    },
    key=key,
    evolve=evolve,
    totals=partial(totals_of, MEASURES),
    gained=partial(gained_by, MEASURES),
)
