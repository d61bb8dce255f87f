"""On which days did customers buy? Read from what cards publishes, in short pieces, for those who learn from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.cursor import START, Cursor
from shared.contracts.transactions import SaleRecorded
from shared.postgres.pool import Connection, Pool
from shared.projections.routing import live_table

PIECE = 20_000
"""Events looked at in one statement, wanted or not: the store has no index by customer, and no statement may be long."""

_BOUGHT = "SELECT count(*), coalesce(sum(orders - 1), 0) FROM {watched} WHERE orders > 0"
_SAMPLE = """
SELECT customer_id FROM (
    SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS place, count(*) OVER () AS many FROM {watched} WHERE orders > 0) s
 WHERE place % greatest(ceil(many::numeric / $1)::bigint, 1) = 0"""
_END_OF_PIECE = """
SELECT gen, xid, pos FROM cards.published_events
 WHERE (gen, xid, pos) > ($1, $2, $3) AND (gen, xid, pos) <= ($4, $5, $6) ORDER BY gen, xid, pos OFFSET $7 LIMIT 1"""
# A sale takes effect on the day of its recording at the earliest, as in the engine.
_DAYS = """
SELECT customer_id, body->>'source', array_agg(DISTINCT least((body->>'sold_on')::date, (recorded_at AT TIME ZONE $7)::date))
  FROM cards.published_events
 WHERE (gen, xid, pos) > ($1, $2, $3) AND (gen, xid, pos) <= ($4, $5, $6) AND type = $8
   AND customer_id = ANY($9::uuid[]) AND (body->'net'->>'amount')::numeric > 0
 GROUP BY 1, 2"""


class Bought(NamedTuple):
    """Customers who have bought, and the gaps between the purchase days of all of them."""

    customers: int
    gaps: int


class Days(NamedTuple):
    """Purchase days of one customer that one source delivered, not in order; the same day may come in several pieces."""

    customer_id: UUID
    source: str
    days: Sequence[date]


async def bought_so_far(c: Connection) -> Bought:
    """By the engine's rows of watched customers."""
    row = await c.fetchrow(_BOUGHT.format(watched=await live_table(c, "alerts", "watched_customers")))
    assert row is not None
    return Bought(int(row[0]), int(row[1]))


async def sample_of(c: Connection, most: int) -> list[UUID]:
    """At most so many of the customers who have bought, taken evenly."""
    watched = await live_table(c, "alerts", "watched_customers")
    return [row["customer_id"] for row in await c.fetch(_SAMPLE.format(watched=watched), most)]


async def purchase_days(
    cards: Pool, customers: Collection[UUID], through: Cursor, zone: ZoneInfo, piece: int = PIECE
) -> AsyncIterator[list[Days]]:
    """The purchase days of these customers up to a place of the store; between two pieces no transaction is open."""
    wanted, after = list(customers), START
    while after < through:
        async with cards.acquire() as c:
            last = await c.fetchrow(_END_OF_PIECE, *after, *through, piece - 1)
            end = through if last is None else Cursor(*last)
            rows = await c.fetch(_DAYS, *after, *end, zone.key, SaleRecorded.type, wanted)
        yield [Days(*row) for row in rows]
        after = end
