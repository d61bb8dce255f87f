"""How far is each dealer to distribute, and when? One row a dealer and first day; what is planned no more has none of the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from shared.contracts.envelope import Envelope
from shared.contracts.plans import DistributionTargetSet, Milestone
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class TargetRow:
    """Of two statements for the same first day the later one stands. `milestones` is JSON."""

    target: str
    customer_id: UUID
    from_on: date
    to_on: date
    breadth: int | None
    depth: Decimal | None
    milestones: str


_encoder = msgspec.json.Encoder(decimal_format="string")
_milestones = msgspec.json.Decoder(tuple[Milestone, ...])


def key(envelope: Envelope) -> str | None:
    event = envelope.event
    return f"{event.customer_id}/{event.from_on}" if isinstance(event, DistributionTargetSet) else None


def evolve(row: TargetRow | None, envelope: Envelope) -> TargetRow | None:
    event = envelope.event
    if not isinstance(event, DistributionTargetSet):
        return row
    place = f"{event.customer_id}/{event.from_on}"
    milestones = _encoder.encode(event.milestones).decode()
    return TargetRow(place, event.customer_id, event.from_on, event.to_on, event.breadth, event.depth, milestones)


DISTRIBUTION_TARGETS = ReadModel(
    name="distribution_targets",
    version=1,
    row=TargetRow,
    columns={
        "target": "text",
        "customer_id": "uuid",
        "from_on": "date",
        "to_on": "date",
        "breadth": "integer",
        "depth": "numeric",
        "milestones": "text",
    },
    key_column="target",
    topics={CLASSIFICATION_EVENTS: frozenset({DistributionTargetSet.type})},
    key=key,
    evolve=evolve,
)


def read_milestones(text: str) -> tuple[Milestone, ...]:
    return _milestones.decode(text)
