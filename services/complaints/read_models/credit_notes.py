"""Does the ledger credit what a complaint gives? One row a complaint and customer: who complains, or whom the ledger credits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from shared.contracts.complaints import ClaimSettled, ComplaintReceived, CreditNoteRef, SolutionCarriedOut
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_EVENTS, COMPLAINTS_EVENTS
from shared.contracts.transactions import ComplaintCredited
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

Difference = Literal["COMPLAINT_UNKNOWN", "NOT_IN_LEDGER", "NOT_NAMED", "OTHER_AMOUNT"]
"""The ledger names a complaint that this customer has not made; the complaint names a note that does not name it in the ledger; the
ledger has a note for the complaint that no solution names; another amount is credited than was carried out or agreed on."""


class Noted(msgspec.Struct, frozen=True, array_like=True):
    """A credit note of the ledger that names the complaint."""

    source: str
    source_event_id: str
    number: str
    noted_on: date
    amount: Decimal
    currency: str


class Named(msgspec.Struct, frozen=True, array_like=True):
    """A solution of the complaint that names a credit note. `only`: it gives nothing but the credit."""

    source: str
    number: str
    amount: Decimal | None
    currency: str | None
    only: bool


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What is compared. `noted` in the order of days, `named` in that of the solutions."""

    received: bool = False
    agreed: Money | None = None
    noted: tuple[Noted, ...] = ()
    named: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class CreditRow:
    """`credit_id`: complaint and customer. `told`: JSON of what is compared. `notes`: how many are named or noted. `differs`: see
    Difference."""

    credit_id: str
    complaint_id: UUID
    customer_id: UUID
    told: str
    notes: int
    differs: tuple[str, ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Told)


def told_of(text: str) -> Told:
    return _decoder.decode(text)


def key(envelope: Envelope) -> str | None:
    complaint_id: UUID | None = getattr(envelope.event, "complaint_id", None)
    return None if complaint_id is None else f"{complaint_id}/{envelope.customer_id}"


def evolve(row: CreditRow | None, envelope: Envelope) -> CreditRow | None:
    before = Told() if row is None else told_of(row.told)
    match envelope.event:
        case ComplaintReceived() as event:
            return _row(event, msgspec.structs.replace(before, received=True))
        case ClaimSettled() as event:
            return _row(event, msgspec.structs.replace(before, agreed=event.agreed))
        case SolutionCarriedOut() as event if event.credit_note is not None:
            return _row(event, msgspec.structs.replace(before, named=(*before.named, _named(event, event.credit_note))))
        case ComplaintCredited() as event:
            noted = tuple(sorted({*before.noted, _noted(event)}, key=lambda one: (one.noted_on, one.source, one.source_event_id)))
            return _row(event, msgspec.structs.replace(before, noted=noted))
    return row


def _named(event: SolutionCarriedOut, note: CreditNoteRef) -> Named:
    amount, currency = (None, None) if event.amount is None else (event.amount.amount, event.amount.currency)
    return Named(note.source, note.number, amount, currency, event.remedies == ("CREDIT_NOTE",))


def _noted(event: ComplaintCredited) -> Noted:
    amount = event.amount
    return Noted(event.source, event.source_event_id, event.number, event.noted_on, amount.amount, amount.currency)


def _row(event: ComplaintReceived | ClaimSettled | SolutionCarriedOut | ComplaintCredited, told: Told) -> CreditRow:
    return CreditRow(
        credit_id=f"{event.complaint_id}/{event.customer_id}",
        complaint_id=event.complaint_id,
        customer_id=event.customer_id,
        told=_encoder.encode(told).decode(),
        notes=len(told.noted) + len(told.named),
        differs=differences(told),
    )


def differences(told: Told) -> tuple[Difference, ...]:
    """In what the complaint and the ledger differ."""
    in_ledger, named = {(one.source, one.number) for one in told.noted}, {(one.source, one.number) for one in told.named}
    found: list[Difference] = []
    if not told.received:
        found.append("COMPLAINT_UNKNOWN")
    if named - in_ledger:
        found.append("NOT_IN_LEDGER")
    if told.received and in_ledger - named:
        found.append("NOT_NAMED")
    if told.received and told.noted and _another_amount(told):
        found.append("OTHER_AMOUNT")
    return tuple(found)


def to_credit(told: Told) -> tuple[Mapping[str, Decimal], bool] | None:
    """How much is to be credited by currency, and whether it is exactly that: beside other remedies it is that at most. What was
    carried out by credit notes, else what was agreed on; None: nobody has said."""
    exactly = all(one.only for one in told.named)
    sums: dict[str, Decimal] = {}
    for one in told.named:
        if one.amount is not None and one.currency is not None:
            sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.amount
    if sums:
        return sums, exactly
    return None if told.agreed is None else ({told.agreed.currency: told.agreed.amount}, exactly)


def _another_amount(told: Told) -> bool:
    due = to_credit(told)
    if due is None:
        return False
    sums, exactly = due
    credited: dict[str, Decimal] = {}
    for one in told.noted:
        credited[one.currency] = credited.get(one.currency, Decimal(0)) + one.amount
    more = any(amount > sums.get(currency, Decimal(0)) for currency, amount in credited.items())
    return more or (exactly and any(amount > credited.get(currency, Decimal(0)) for currency, amount in sums.items()))


CREDIT_NOTES = ReadModel(
    name="credit_notes",
    version=1,
    row=CreditRow,
    columns={
        "credit_id": "text",
        "complaint_id": "uuid",
        "customer_id": "uuid",
        "told": "text",
        "notes": "integer",
        "differs": "text[]",
    },
    key_column="credit_id",
    topics={
        COMPLAINTS_EVENTS: frozenset({ComplaintReceived.type, ClaimSettled.type, SolutionCarriedOut.type}),
        CARDS_EVENTS: frozenset({ComplaintCredited.type}),
    },
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any."""

    complaint_id: UUID | None = None
    customer_id: UUID | None = None
    differing: bool | None = None


_COLUMNS = ", ".join(CREDIT_NOTES.columns)
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY credit_id LIMIT {limit:d}"


async def page(c: Connection, schema: str, filters: Filters, after: str | None, limit: int) -> Sequence[CreditRow]:
    """By complaint."""
    where = Conditions()
    where.add("complaint_id = {}", filters.complaint_id)
    where.add("customer_id = {}", filters.customer_id)
    if filters.differing is not None:
        # Written out: the index of what differs serves no other form.
        where.hold("differs <> '{}'" if filters.differing else "differs = '{}'")
    # Complaints of which no credit note is named have a row as well, to be compared with the first.
    where.hold("notes > 0")
    where.behind("credit_id", None if after is None else (after,))
    table = await live_table(c, schema, CREDIT_NOTES)
    statement = _PAGE.format(columns=_COLUMNS, table=table, conditions=where.sql, limit=limit)
    return [CreditRow(*row) for row in await c.fetch(statement, *where.values)]
