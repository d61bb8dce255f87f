"""Of which customers is something expected? One row a customer of whom anything was ever stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.agreements import ExpectationSet
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """`newest_on`: the latest month from which a statement holds. What holds in a month is read from the customer's stream."""

    customer_id: UUID
    newest_on: date


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: ExpectationRow | None, envelope: Envelope) -> ExpectationRow | None:
    event = envelope.event
    if not isinstance(event, ExpectationSet):
        return row
    newest_on = event.from_on if row is None else max(row.newest_on, event.from_on)
    return ExpectationRow(event.customer_id, newest_on)


EXPECTATIONS = ReadModel(
    name="expectations",
    version=1,
    row=ExpectationRow,
    columns={"customer_id": "uuid", "newest_on": "date"},
    key_column="customer_id",
    topics={CLASSIFICATION_EVENTS: frozenset({ExpectationSet.type})},
    key=key,
    evolve=evolve,
)

_PAGE = "SELECT customer_id FROM {table} WHERE $1::uuid IS NULL OR customer_id > $1 ORDER BY customer_id LIMIT $2"


async def customers_expected_of(c: Connection, schema: str, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Customers of whom something was stated, by id."""
    rows = await c.fetch(_PAGE.format(table=await live_table(c, schema, EXPECTATIONS)), after, limit)
    return [row["customer_id"] for row in rows]
