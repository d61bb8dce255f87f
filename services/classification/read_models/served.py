"""Who serves each customer now? One row a customer, from the card; with the sales of those who are served by somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.customer_sales import CUSTOMER_SALES, Spans, read_spans
from shared.contracts.cards import CustomerRegistered, SalespersonAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Served:
    """`merged_into`: the card that leads this one. `assigned_at`: from when salesperson and area hold."""

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
    version=2,
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


class Scope(NamedTuple):
    """Whose customers: all, or those of an area, of a salesperson, of one in the other."""

    area_id: str | None = None
    salesperson_id: str | None = None


_SALES = """SELECT s.customer_id, s.sales FROM {sales} s LEFT JOIN {served} v USING (customer_id)
 WHERE s.newest >= $1 AND ($2::text IS NULL OR v.area_id = $2) AND ($3::text IS NULL OR v.salesperson_id = $3)"""


async def sales_since(
    c: Connection, schema: str, first: date, scope: Scope, pieces: int = 500
) -> AsyncIterator[list[tuple[UUID, Spans]]]:
    """Customers of the scope with sales or returns on that day or later, in pieces. Inside the caller's transaction."""
    statement = _SALES.format(sales=await live_table(c, schema, CUSTOMER_SALES), served=await live_table(c, schema, SERVED))
    cursor = await c.cursor(statement, first, scope.area_id, scope.salesperson_id)
    while rows := await cursor.fetch(pieces):
        yield [(row["customer_id"], read_spans(row["sales"])) for row in rows]


_SERVING = "SELECT s FROM unnest($1::text[]) AS s WHERE EXISTS (SELECT FROM {served} v WHERE v.salesperson_id = s)"


async def those_who_serve(c: Connection, schema: str, salespersons: Sequence[str]) -> set[str]:
    """Those of them who have a customer now."""
    rows = await c.fetch(_SERVING.format(served=await live_table(c, schema, SERVED)), salespersons)
    return {row["s"] for row in rows}


_AMONG = "SELECT customer_id FROM {served} WHERE customer_id = ANY($1::uuid[])"


async def among(c: Connection, schema: str, customers: Sequence[UUID]) -> set[UUID]:
    """Those of the customers who are served by somebody, and whom the caller may know of."""
    return {row["customer_id"] for row in await c.fetch(_AMONG.format(served=await live_table(c, schema, SERVED)), customers)}


_CHOSEN = """SELECT customer_id FROM {served} WHERE salesperson_id = $1
 ORDER BY md5($2 || '/' || customer_id::text), customer_id LIMIT $3"""


async def chosen_of(c: Connection, schema: str, salesperson_id: str, seed: str, size: int) -> list[UUID]:
    """Customers of a salesperson, chosen by a seed: the same seed and the same customers give the same choice."""
    statement = _CHOSEN.format(served=await live_table(c, schema, SERVED))
    return [row["customer_id"] for row in await c.fetch(statement, salesperson_id, seed, size)]
