"""What has the company put into each customer? One row an investment: money, hours, or both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.promises import InvestmentRecorded
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Investment:
    """`spent_on` is a business day; an investment without a cost has no currency."""

    investment_id: UUID
    customer_id: UUID
    kind: str
    spent_on: date
    currency: str | None
    cost: Decimal | None
    hours: Decimal | None


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return event.investment_id if isinstance(event, InvestmentRecorded) else None


def evolve(row: Investment | None, envelope: Envelope) -> Investment | None:
    event = envelope.event
    if not isinstance(event, InvestmentRecorded):
        return row
    cost = event.cost
    return Investment(
        investment_id=event.investment_id,
        customer_id=event.customer_id,
        kind=event.kind,
        spent_on=event.spent_on,
        currency=None if cost is None else cost.currency,
        cost=None if cost is None else cost.amount,
        hours=event.hours,
    )


INVESTMENTS = ReadModel(
    name="investments",
    version=1,
    row=Investment,
    columns={
        "investment_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "spent_on": "date",
        "currency": "text",
        "cost": "numeric",
        "hours": "numeric",
    },
    key_column="investment_id",
    topics={CARDS_EVENTS: frozenset({InvestmentRecorded.type})},
    key=key,
    evolve=evolve,
)
