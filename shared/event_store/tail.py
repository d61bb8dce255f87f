"""Reading the store in the order in which its transactions committed, without gaps."""

from __future__ import annotations

from typing import NamedTuple

from shared.contracts.cursor import Cursor
from shared.event_store.events import StoredRow
from shared.postgres.pool import Connection
from shared.postgres.schema import within

# Below the oldest running transaction nothing more can appear. The place is the triple: a lower position may belong to a
# higher transaction that is still running. Rows and horizon are of one statement, also where there are no rows. Transaction
# ids of older generations are of another cluster, complete and not comparable. On the primary only.
_TAIL = """
SELECT h.gen AS now_gen, pg_snapshot_xmin(h.snapshot)::text::bigint AS xmin,
       e.gen, e.xid::text::bigint AS xid, e.pos, e.stream, e.version, e.event_id, e.type, e.customer_id, e.part, e.occurred_at,
       e.recorded_at, e.body::text AS body, e.meta::text AS meta
  FROM (SELECT s.gen, pg_current_snapshot() AS snapshot FROM {schema}.store s) h
  LEFT JOIN LATERAL (
        SELECT * FROM {schema}.events r
         WHERE (r.gen, r.xid, r.pos) > ($1::smallint, $2::text::xid8, $3::bigint)
           AND (r.gen < h.gen OR r.xid < pg_snapshot_xmin(h.snapshot))
         ORDER BY r.gen, r.xid, r.pos LIMIT $4) e ON true
 ORDER BY e.gen, e.xid, e.pos"""


class Tail(NamedTuple):
    """Rows, and the horizon of the same moment: with fewer rows than asked for, everything below (gen, xmin) has been read."""

    rows: list[StoredRow]
    gen: int
    xmin: int


async def read_tail(conn: Connection, schema: str, after: Cursor, limit: int = 5000) -> Tail:
    """Read what follows `after`, in commit order, each stream in order of its versions; with the horizon."""
    found = await conn.fetch(within(schema, _TAIL), after.gen, str(after.xid), after.pos, limit)
    rows = [StoredRow(*row[2:]) for row in map(tuple, found) if row[2] is not None]
    return Tail(rows, found[0]["now_gen"], found[0]["xmin"])


async def tail(conn: Connection, schema: str, after: Cursor, limit: int = 5000) -> list[StoredRow]:
    """Read what follows `after`, in commit order. Nothing is ever missed; a running transaction holds back what is later."""
    return (await read_tail(conn, schema, after, limit)).rows
