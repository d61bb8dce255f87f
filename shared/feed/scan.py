"""Reading what a service publishes of its store, in commit order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Record
from shared.contracts.topics import CONTROL_TYPES, main_topic
from shared.postgres.pool import Connection, Pool
from shared.telemetry.spans import are_on

# Rows of the current generation are read below the oldest running transaction only, so that none commits behind the reader.
_SCAN = """
SELECT e.gen, e.xid, e.pos, e.stream, e.version, e.event_id, e.type, e.customer_id, e.part, e.occurred_at, e.recorded_at, e.body::text
  FROM {service}.published_events e
 WHERE (e.gen, e.xid, e.pos) > ($1, $2, $3) AND (e.gen, e.xid, e.pos) <= ($4, $5, $6)
   AND (e.gen < (SELECT gen FROM {service}.published_generation) OR e.xid < pg_snapshot_xmin(pg_current_snapshot()))
   AND ($7::smallint[] IS NULL OR e.part = ANY($7)) AND ($8::text[] IS NULL OR e.type = ANY($8))
   AND ($10::uuid IS NULL OR e.customer_id = $10)
 ORDER BY e.gen, e.xid, e.pos LIMIT $9"""

_SCAN_TRACED = _SCAN.replace("e.body::text", "e.body::text, e.meta->>'traceparent'")

# Below a horizon that was read before nothing appears any more.
_BELOW = """
SELECT e.gen, e.xid, e.pos, e.stream, e.version, e.event_id, e.type, e.customer_id, e.part, e.occurred_at, e.recorded_at, e.body::text
  FROM {service}.published_events e
 WHERE (e.gen, e.xid, e.pos) > ($1, $2, $3) AND (e.gen, e.xid, e.pos) <= ($4, $5, $6) AND e.part = ANY($7::smallint[])
 ORDER BY e.gen, e.xid, e.pos LIMIT $8"""

_HORIZON = """
SELECT e.gen, e.xid, e.pos FROM {service}.published_events e
 WHERE e.gen < (SELECT gen FROM {service}.published_generation) OR e.xid < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY e.gen DESC, e.xid DESC, e.pos DESC LIMIT 1"""

_WATERMARK = "SELECT t, gen, xid, pos FROM {service}.published_watermark"

END = Cursor(32767, 2**63 - 1, 2**63 - 1)
"""Behind every event."""


class Watermark(NamedTuple):
    """All that was recorded before `t` lies at or below the cursor."""

    t: datetime
    cursor: Cursor


async def scan(
    conn: Connection,
    service: str,
    after: Cursor,
    through: Cursor = END,
    *,
    limit: int = 5000,
    parts: Collection[int] | None = None,
    types: Collection[str] | None = None,
    customer_id: UUID | None = None,
) -> list[Record]:
    """Events of a store behind `after` and up to `through` in commit order, as records of their main topic."""
    rows = await conn.fetch(
        # Only who records traces pays for reading them.
        (_SCAN_TRACED if are_on() else _SCAN).format(service=service),
        *after,
        *through,
        None if parts is None else list(parts),
        None if types is None else list(types),
        limit,
        customer_id,
    )
    return [_record(row) for row in rows]


async def scan_all(
    pool: Pool,
    service: str,
    through: Cursor,
    *,
    parts: Collection[int] | None = None,
    types: Collection[str] | None = None,
    customer_id: UUID | None = None,
    limit: int = 5000,
) -> AsyncIterator[list[Record]]:
    """The whole store up to `through`, in pieces; between two pieces no transaction is open."""
    after = START
    while True:
        async with pool.acquire() as conn:
            records = await scan(conn, service, after, through, limit=limit, parts=parts, types=types, customer_id=customer_id)
        if records:
            yield records
        if len(records) < limit:
            return
        after = records[-1].cursor


async def rows_below(
    pool: Pool, service: str, after: Cursor, through: Cursor, parts: Sequence[int], limit: int
) -> AsyncGenerator[Sequence[Any], None]:
    """The rows of some parts behind `after` and up to `through`, a horizon that was read before, in pieces and in commit order: for who makes
    a million records and wants nothing done to them. Their columns are those of `Record`, in its order, with the cursor in three and without its topic.

    The next piece is on its way while one is looked at.
    """
    async with pool.acquire() as conn, _along_the_index(conn):
        statement = await conn.prepare(_BELOW.format(service=service))

        async def piece(behind: Sequence[Any]) -> list[Any]:
            return await statement.fetch(*behind, *through, list(parts), limit)

        coming = asyncio.create_task(piece(after))
        try:
            while True:
                rows = await coming
                more = len(rows) == limit
                if more:
                    coming = asyncio.create_task(piece(rows[-1][:3]))
                    # It begins in the next round of the loop and is sent at that round's end: before nobody looks after the loop.
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                if rows:
                    yield rows
                if not more:
                    return
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


@asynccontextmanager
async def _along_the_index(conn: Connection) -> AsyncIterator[None]:
    # A table that has grown since it was last analyzed is taken for small, and sorted anew for each piece: six times the work.
    await conn.execute("SET enable_sort TO off")
    try:
        yield
    finally:
        await conn.execute("RESET enable_sort")


async def horizon(conn: Connection, service: str) -> Cursor:
    """The last event that a scan shows now."""
    row = await conn.fetchrow(_HORIZON.format(service=service))
    return START if row is None else Cursor(*row)


async def read_watermark(conn: Connection, service: str) -> Watermark | None:
    """The newest watermark of a store; None before its first tick."""
    row = await conn.fetchrow(_WATERMARK.format(service=service))
    return None if row is None else Watermark(row["t"], Cursor(row["gen"], row["xid"], row["pos"]))


@lru_cache(maxsize=4096)
def place_of(type_name: str) -> tuple[str, bool]:
    """(main topic, whether it has one part only) of a type."""
    return main_topic(type_name), type_name in CONTROL_TYPES


def services_of(topics: Collection[str]) -> Mapping[str, list[str]]:
    """The topics of each service."""
    found: dict[str, list[str]] = {}
    for topic in topics:
        found.setdefault(topic.split(".", 2)[1], []).append(topic)
    return found


def _record(row: Any) -> Record:
    gen, xid, pos, stream, version, event_id, type_name, customer_id, part, occurred_at, recorded_at, body, *more = row
    topic, one_part = place_of(type_name)
    return Record(
        topic,
        0 if one_part else part,
        None,
        Cursor(gen, xid, pos),
        None,
        event_id,
        type_name,
        stream,
        version,
        customer_id,
        occurred_at,
        recorded_at,
        body.encode(),
        more[0].encode() if more and more[0] is not None else None,
    )
