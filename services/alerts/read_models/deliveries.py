"""Of which business days has each source delivered facts, and when first? One row a part, kind of fact, source and day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from shared.contracts.cards import FactKind
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import (
    CreditNoted,
    GoodsReturned,
    InvoiceIssued,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    SaleRecorded,
    WrittenOff,
)
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Delivery:
    """`delivery` is part/kind/day/source: a row belongs to one part. `first_at`: the first recording of a fact of that day."""

    delivery: str
    fact_kind: str
    source: str
    day: date
    facts: int
    first_at: datetime


FACTS = (SaleRecorded, GoodsReturned, InvoiceIssued, PaymentReceived, PaymentReversed, PaymentMade, CreditNoted, WrittenOff)


def fact_of(envelope: Envelope) -> tuple[FactKind, str, date] | None:
    """(kind, source, business day) of a fact; credit notes, reversals and write-offs go with payments."""
    match envelope.event:
        case SaleRecorded(source=source, sold_on=day):
            return "sales", source, day
        case GoodsReturned(source=source, returned_on=day):
            return "returns", source, day
        case InvoiceIssued(source=source, issued_on=day):
            return "invoices", source, day
        case PaymentReceived(source=source, received_on=day) | PaymentReversed(source=source, reversed_on=day):
            return "payments", source, day
        case PaymentMade(source=source, paid_on=day) | CreditNoted(source=source, noted_on=day):
            return "payments", source, day
        case WrittenOff(source=source, written_off_on=day):
            return "payments", source, day
    return None


def key(envelope: Envelope) -> str | None:
    fact = fact_of(envelope)
    return None if fact is None else f"{envelope.part}/{fact[0]}/{fact[2]}/{fact[1]}"


def evolve(row: Delivery | None, envelope: Envelope) -> Delivery | None:
    fact = fact_of(envelope)
    if fact is None:
        return row
    if row is None:
        kind, source, day = fact
        return Delivery(f"{envelope.part}/{kind}/{day}/{source}", kind, source, day, 1, envelope.recorded_at)
    return replace(row, facts=row.facts + 1, first_at=min(row.first_at, envelope.recorded_at))


DELIVERIES = ReadModel(
    name="deliveries",
    version=1,
    row=Delivery,
    columns={
        "delivery": "text",
        "fact_kind": "text",
        "source": "text",
        "day": "date",
        "facts": "integer",
        "first_at": "timestamptz",
    },
    key_column="delivery",
    topics={CARDS_TRANSACTIONS: frozenset(cls.type for cls in FACTS)},
    key=key,
    evolve=evolve,
)


class SpokenDay(NamedTuple):
    fact_kind: str
    source: str
    day: date
    first_at: datetime


_SPOKEN = """
SELECT fact_kind, source, day, min(first_at) FROM {table} WHERE day > $1 GROUP BY fact_kind, source, day
 ORDER BY fact_kind, source, day"""


async def spoken_days(c: Connection, after: date) -> list[SpokenDay]:
    """All business days behind `after` of which each source has spoken."""
    table = await live_table(c, "alerts", DELIVERIES)
    return [SpokenDay(*row) for row in await c.fetch(_SPOKEN.format(table=table), after)]
