"""In which area is each customer? One row a customer, from the card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.cards import CustomerRegistered, SalespersonAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Served:
    """`assigned_at`: from when the area holds."""

    customer_id: UUID
    area_id: str | None
    assigned_at: datetime


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Served | None, envelope: Envelope) -> Served | None:
    event = envelope.event
    if not isinstance(event, CustomerRegistered | SalespersonAssigned):
        return row
    # Of two assignments that of the later valid day stands, of one day the later in the stream.
    if row is not None and row.assigned_at > envelope.occurred_at:
        return row
    return Served(event.customer_id, event.area_id, envelope.occurred_at)


SERVED = ReadModel(
    name="served",
    version=1,
    row=Served,
    columns={"customer_id": "uuid", "area_id": "text", "assigned_at": "timestamptz"},
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({CustomerRegistered.type, SalespersonAssigned.type})},
    key=key,
    evolve=evolve,
)
