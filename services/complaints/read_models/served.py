"""Who serves each customer, and in which area? One row a customer, from the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.contracts.cards import CustomerRegistered, SalespersonAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Served:
    """`merged_into`: the card that leads this one. `assigned_at`: from when area and salesperson hold."""

    customer_id: UUID
    area_id: str | None
    salesperson_id: str | None
    assigned_at: datetime
    merged_into: UUID | None = None


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Served | None, envelope: Envelope) -> Served | None:
    event = envelope.event
    if isinstance(event, MergedInto):
        row = row or Served(event.customer_id, None, None, envelope.occurred_at)
        return replace(row, merged_into=event.lead_id)
    if not isinstance(event, CustomerRegistered | SalespersonAssigned):
        return row
    # Of two assignments that of the later valid day stands, of one day the later in the stream.
    if row is not None and row.assigned_at > envelope.occurred_at:
        return row
    merged_into = None if row is None else row.merged_into
    return Served(event.customer_id, event.area_id, event.salesperson_id, envelope.occurred_at, merged_into)


SERVED = ReadModel(
    name="served",
    version=3,
    row=Served,
    columns={
        "customer_id": "uuid",
        "area_id": "text",
        "salesperson_id": "text",
        "assigned_at": "timestamptz",
        "merged_into": "uuid",
    },
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({CustomerRegistered.type, SalespersonAssigned.type, MergedInto.type})},
    key=key,
    evolve=evolve,
)

_AREAS = "SELECT customer_id, area_id FROM {table} WHERE customer_id = ANY($1::uuid[]) AND area_id IS NOT NULL"


async def areas_of(c: Connection, schema: str, customers: Sequence[UUID]) -> dict[UUID, str]:
    """The areas in which these customers are served; those without one are left out."""
    table = await live_table(c, schema, SERVED)
    return {row["customer_id"]: row["area_id"] for row in await c.fetch(_AREAS.format(table=table), list(customers))}
