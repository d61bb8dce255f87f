"""Which sales are planned for a year, area and currency? One row each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.contracts.envelope import Envelope
from shared.contracts.plans import SalesPlanned
from shared.contracts.topics import CLASSIFICATION_CONTROL
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class PlanRow:
    """`net` is that of the whole year; `area_id` None: the plan of the company."""

    plan: str
    year: int
    currency: str
    area_id: str | None
    method: str
    net: Decimal


def key(envelope: Envelope) -> str | None:
    event = envelope.event
    return _key(event) if isinstance(event, SalesPlanned) else None


def _key(event: SalesPlanned) -> str:
    # The company's own has no third piece, which no area can have.
    return f"{event.year}/{event.currency}" + ("" if event.area_id is None else f"/{event.area_id}")


def evolve(row: PlanRow | None, envelope: Envelope) -> PlanRow | None:
    event = envelope.event
    if not isinstance(event, SalesPlanned):
        return row
    return PlanRow(_key(event), event.year, event.currency, event.area_id, event.method, sum(event.months, Decimal(0)))


SALES_PLANS = ReadModel(
    name="sales_plans",
    version=1,
    row=PlanRow,
    columns={"plan": "text", "year": "integer", "currency": "text", "area_id": "text", "method": "text", "net": "numeric"},
    key_column="plan",
    topics={CLASSIFICATION_CONTROL: frozenset({SalesPlanned.type})},
    key=key,
    evolve=evolve,
)
