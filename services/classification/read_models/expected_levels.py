"""From which month on is what expected of each customer? One row a customer, currency and first month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.contracts.agreements import ExpectationSet
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class ExpectedLevel:
    """Net sales a month, a share of the company's as a fraction, or both; neither: nothing is expected from that month on."""

    level: str
    customer_id: UUID
    currency: str
    from_on: date
    monthly: Decimal | None
    share: Decimal | None


def key(envelope: Envelope) -> str | None:
    event = envelope.event
    return _key(event) if isinstance(event, ExpectationSet) else None


def _key(event: ExpectationSet) -> str:
    return f"{event.customer_id}/{event.currency}/{event.from_on.replace(day=1)}"


def evolve(row: ExpectedLevel | None, envelope: Envelope) -> ExpectedLevel | None:
    event = envelope.event
    if not isinstance(event, ExpectationSet):
        return row
    monthly = None if event.monthly is None else event.monthly.amount
    return ExpectedLevel(_key(event), event.customer_id, event.currency, event.from_on.replace(day=1), monthly, event.share)


EXPECTED_LEVELS = ReadModel(
    name="expected_levels",
    version=1,
    row=ExpectedLevel,
    columns={
        "level": "text",
        "customer_id": "uuid",
        "currency": "text",
        "from_on": "date",
        "monthly": "numeric",
        "share": "numeric",
    },
    key_column="level",
    topics={CLASSIFICATION_EVENTS: frozenset({ExpectationSet.type})},
    key=key,
    evolve=evolve,
)
