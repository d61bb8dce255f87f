"""Reading the store in the order in which its transactions committed, without gaps."""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from shared.contracts.cursor import Cursor
from shared.event_store.events import StoredRow
from shared.postgres.pool import Connection
from shared.postgres.schema import within

# Below the oldest running transaction nothing more can appear. The place is the triple: a lower position may belong to a
# higher transaction that is still running. Rows and horizon are of one statement, also where there are no rows: the horizon is the
# row without a position. Transaction ids of older generations are of another cluster, complete and not comparable. On the
# primary only. Sorted again by the reader: here it would be a second sort, of rows with their bodies written out.
_TAIL = """
SELECT s.gen, pg_snapshot_xmin(pg_current_snapshot()) AS xid, NULL::bigint AS pos, NULL AS stream, NULL::int AS version,
       NULL::uuid AS event_id, NULL AS type, NULL::uuid AS customer_id, NULL::smallint AS part, NULL::timestamptz AS occurred_at,
       NULL::timestamptz AS recorded_at, NULL AS body, NULL AS meta
  FROM {schema}.store s
 UNION ALL
(SELECT r.gen, r.xid, r.pos, r.stream, r.version, r.event_id, r.type, r.customer_id, r.part, r.occurred_at,
        r.recorded_at, r.body::text, r.meta::text
   FROM {schema}.events r
  WHERE (r.gen, r.xid, r.pos) > ($1::smallint, $2::xid8, $3::bigint)
    AND (r.gen < (SELECT s.gen FROM {schema}.store s) OR r.xid < (SELECT pg_snapshot_xmin(pg_current_snapshot())))
  ORDER BY r.gen, r.xid, r.pos LIMIT $4)"""
_place = itemgetter("gen", "xid", "pos")


class Tail(NamedTuple):
    """Rows, and the horizon of the same moment: with fewer rows than asked for, everything below (gen, xmin) has been read."""

    rows: list[StoredRow]
    gen: int
    xmin: int


async def read_tail(conn: Connection, schema: str, after: Cursor, limit: int = 5000) -> Tail:
    """Read what follows `after`, in commit order, each stream in order of its versions; with the horizon."""
    found = await conn.fetch(within(schema, _TAIL), *after, limit)
    # Mostly the first, which nothing promises.
    horizon = found.pop(next(n for n, row in enumerate(found) if row["pos"] is None))
    found.sort(key=_place)
    return Tail([StoredRow(*row) for row in found], horizon["gen"], horizon["xid"])


async def tail(conn: Connection, schema: str, after: Cursor, limit: int = 5000) -> list[StoredRow]:
    """Read what follows `after`, in commit order. Nothing is ever missed; a running transaction holds back what is later."""
    return (await read_tail(conn, schema, after, limit)).rows
