"""What is invoiced and what comes in? One row a customer: invoices, credits and money received by day, month and year.

What a customer owes, less its credit, grows by what is invoiced, and shrinks by what is credited or written off and by what is
collected (payments less those that did not stand, less what was paid back).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID

import msgspec

from services.cards.domain.spans import Sums, added, minor_units, write_books
from services.cards.read_models.serving import NEW, Read, books_of, gained_by, grown, superseded, totals_of
from shared.contracts.cards import CustomerRegistered, SalespersonAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import (
    CreditNoted,
    InvoiceIssued,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    WrittenOff,
)
from shared.projections.read_model import ReadModel

MEASURES = ("invoiced", "credited", "collected")
INVOICED, CREDITED, COLLECTED = range(3)
"""Places in the sums of a span, all in minor units."""

PAYMENTS_KEPT_DAYS = 186
"""A payment is remembered for so many days behind the latest one, so that its reversal is known by its amount. A cheque bounces
within weeks; a reversal that finds no payment changes nothing here, as in the account."""


@dataclass(frozen=True, slots=True)
class Collected:
    """`books` and `payments` come from the ledger, everything else from the card. `payments` is JSON."""

    customer_id: UUID
    salesperson_id: str | None
    area_id: str | None
    assigned_at: datetime | None
    payments: str
    books: str
    read: Read | None = field(default=None, compare=False, repr=False)


class Received(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A payment, by its day as ordinal; or, before its payment came, a reversal: `units` None."""

    day: int
    units: int | None = None
    currency: str = ""


_payments: msgspec.json.Decoder[dict[str, Received]] = msgspec.json.Decoder(dict[str, Received])


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Collected | None, envelope: Envelope) -> Collected | None:
    customer = envelope.customer_id
    if customer is None:
        return row
    if row is None:
        row = Collected(customer, None, None, None, "{}", "{}", NEW)
    event = envelope.event
    match event:
        case InvoiceIssued():
            return _with(row, event.issued_on, event.amount, INVOICED)
        case CreditNoted():
            return _with(row, event.noted_on, event.amount, CREDITED)
        case WrittenOff():
            return _with(row, event.written_off_on, event.amount, CREDITED)
        case PaymentReceived():
            return _received(row, event)
        case PaymentReversed():
            return _reversed(row, event)
        case PaymentMade():
            return _with(row, event.paid_on, Money(-event.amount.amount, event.amount.currency), COLLECTED)
        case CustomerRegistered() | SalespersonAssigned() if not superseded(envelope.occurred_at, row.assigned_at):
            return replace(row, salesperson_id=event.salesperson_id, area_id=event.area_id, assigned_at=envelope.occurred_at)
    return row


def _with(row: Collected, on: date, money: Money, place: int) -> Collected:
    return _added(row, on, money.currency, minor_units(money), place)


def _added(row: Collected, on: date, currency: str, units: int, place: int) -> Collected:
    sums: Sums = (units if place == 0 else 0, units if place == 1 else 0, units if place == 2 else 0)
    books, changed = added(books_of(row), currency, on, sums)
    return replace(row, books=write_books(books), read=grown(row, books, changed))


def _received(row: Collected, payment: PaymentReceived) -> Collected:
    name = f"{payment.source}\n{payment.source_event_id}"
    kept = _payments.decode(row.payments)
    units, currency = minor_units(payment.amount), payment.amount.currency
    row = _with(row, payment.received_on, payment.amount, COLLECTED)
    came_before = kept.pop(name, None)
    if came_before is not None:
        row = _added(row, date.fromordinal(came_before.day), currency, -units, COLLECTED)
        return replace(row, payments=_written(kept))
    kept[name] = Received(payment.received_on.toordinal(), units, currency)
    return replace(row, payments=_written(kept))


def _reversed(row: Collected, reversal: PaymentReversed) -> Collected:
    name = f"{reversal.source}\n{reversal.payment}"
    kept = _payments.decode(row.payments)
    payment = kept.pop(name, None)
    if payment is not None and payment.units is not None:
        row = _added(row, reversal.reversed_on, payment.currency, -payment.units, COLLECTED)
    else:
        kept[name] = Received(reversal.reversed_on.toordinal())
    return replace(row, payments=_written(kept))


def _written(kept: dict[str, Received]) -> str:
    first = max((one.day for one in kept.values()), default=0) - PAYMENTS_KEPT_DAYS
    held = {name: one for name, one in kept.items() if one.day >= first}
    return msgspec.json.encode(held, order="sorted").decode()


COLLECTED_MODEL = ReadModel(
    name="collected",
    version=1,
    row=Collected,
    columns={
        "customer_id": "uuid",
        "salesperson_id": "text",
        "area_id": "text",
        "assigned_at": "timestamptz",
        "payments": "text",
        "books": "text",
    },
    key_column="customer_id",
    topics={
        CARDS_TRANSACTIONS: frozenset(
            cls.type for cls in (InvoiceIssued, CreditNoted, WrittenOff, PaymentReceived, PaymentReversed, PaymentMade)
        ),
        CARDS_EVENTS: frozenset({CustomerRegistered.type, SalespersonAssigned.type}),
    },
    key=key,
    evolve=evolve,
    totals=partial(totals_of, MEASURES),
    gained=partial(gained_by, MEASURES),
)
