"""How far can each customer grow, as its card says? One row a customer of whom anybody ever said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.card_parts import CharacteristicsRevised
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Potential:
    """1 (weak) to 5 (strong), as the card says from `said_at` on; None: what was said has been withdrawn."""

    customer_id: UUID
    potential: int | None
    said_at: datetime


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Potential | None, envelope: Envelope) -> Potential | None:
    event = envelope.event
    if not isinstance(event, CharacteristicsRevised):
        return row
    said = event.stated.potential is not None or "potential" in event.withdrawn
    if not said or (row is not None and row.said_at > envelope.occurred_at):
        return row
    return Potential(event.customer_id, event.stated.potential, envelope.occurred_at)


POTENTIALS = ReadModel(
    name="potentials",
    version=1,
    row=Potential,
    columns={"customer_id": "uuid", "potential": "smallint", "said_at": "timestamptz"},
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({CharacteristicsRevised.type})},
    key=key,
    evolve=evolve,
)
