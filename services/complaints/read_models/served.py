"""Who serves each customer, and in which area? One row a customer, from the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.cards import CustomerRegistered, SalespersonAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Served:
    """`assigned_at`: from when area and salesperson hold."""

    customer_id: UUID
    area_id: str | None
    salesperson_id: str | None
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
    return Served(event.customer_id, event.area_id, event.salesperson_id, envelope.occurred_at)


SERVED = ReadModel(
    name="served",
    version=2,
    row=Served,
    columns={"customer_id": "uuid", "area_id": "text", "salesperson_id": "text", "assigned_at": "timestamptz"},
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({CustomerRegistered.type, SalespersonAssigned.type})},
    key=key,
    evolve=evolve,
)

_AREAS = "SELECT customer_id, area_id FROM {table} WHERE customer_id = ANY($1::uuid[]) AND area_id IS NOT NULL"


async def areas_of(c: Connection, schema: str, customers: Sequence[UUID]) -> dict[UUID, str]:
    """The areas in which these customers are served; those without one are left out."""
    table = await live_table(c, schema, SERVED)
    return {row["customer_id"]: row["area_id"] for row in await c.fetch(_AREAS.format(table=table), list(customers))}
