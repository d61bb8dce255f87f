"""What kind of relation is there with each customer? One row a customer and day of a statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.classification.domain.article import id_of
from shared.contracts.envelope import Envelope
from shared.contracts.loyalty import RelationTypeStated
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class RelationRow:
    row_id: UUID
    customer_id: UUID
    relation: str
    stated_on: date
    decided_by: UUID | None


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return id_of(event.customer_id, event.stated_on) if isinstance(event, RelationTypeStated) else None


def evolve(row: RelationRow | None, envelope: Envelope) -> RelationRow | None:
    event = envelope.event
    if not isinstance(event, RelationTypeStated):
        return row
    row_id = id_of(event.customer_id, event.stated_on)
    return RelationRow(row_id, event.customer_id, event.relation, event.stated_on, event.decided_by)


RELATION_TYPES = ReadModel(
    name="relation_types",
    version=1,
    row=RelationRow,
    columns={"row_id": "uuid", "customer_id": "uuid", "relation": "text", "stated_on": "date", "decided_by": "uuid"},
    key_column="row_id",
    topics={CLASSIFICATION_EVENTS: frozenset({RelationTypeStated.type})},
    key=key,
    evolve=evolve,
)

HELD = "SELECT DISTINCT ON (customer_id) customer_id, relation, stated_on FROM {table} WHERE stated_on <= {day}{of} ORDER BY customer_id, stated_on DESC"
"""The relation that holds on a day, of everybody or of some."""


async def relations_of(c: Connection, schema: str, customers: Sequence[UUID], as_of: date) -> Mapping[UUID, tuple[str, date]]:
    """By customer, the relation that was stated last by that day, and on which day."""
    statement = HELD.format(table=await live_table(c, schema, RELATION_TYPES), day="$2", of=" AND customer_id = ANY($1)")
    rows = await c.fetch(statement, list(customers), as_of)
    return {row["customer_id"]: (row["relation"], row["stated_on"]) for row in rows}
