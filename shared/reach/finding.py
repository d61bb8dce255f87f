"""Which customers a caller may know of, and whether a customer is one of them: asked of the read models with every request."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.auth.rows import Areas, Own
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.narrowing import Narrowing, Served, narrowing
from shared.projections.routing import those_of
from shared.reach.areas import all_areas, led_by

OF_STREAM = "SELECT customer_id FROM {schema}.events WHERE stream = $1 AND version = 1"
"""The customer of an object that has a stream of its own, by the name of the stream; always fresh."""


async def narrowing_of(c: Connection, served: Served, rows: Own | Areas, today: date) -> Narrowing:
    """The customers of a caller as they are now."""
    if isinstance(rows, Own):
        return Narrowing(served, person=rows.person_id)
    return Narrowing(served, areas=led_by(await all_areas(c, served.schema), rows.person_id, today))


async def customer_behind(c: Connection, schema: str, query: str, value: str) -> UUID | None:
    """The customer of an object, by a query such as OF_STREAM."""
    found: UUID | None = await c.fetchval(within(schema, query), value)
    return found


_ONE_OF = "SELECT EXISTS (SELECT FROM ({those}) AS found WHERE found.customer_id = $1)"


async def one_of(c: Connection, to: Narrowing, customer_id: UUID) -> bool:
    """Whether the caller may know of this customer."""
    found: bool = await c.fetchval(_ONE_OF.format(those=await those_of(c, to)), customer_id)
    return found


async def reached(c: Connection, customer_id: UUID) -> bool:
    """Whether the caller of the present request may know of this customer."""
    to = narrowing()
    return to is None or await one_of(c, to, customer_id)
