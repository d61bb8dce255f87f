"""Parked keys and undecodable records in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from shared.contracts.cursor import parse_cursor
from shared.contracts.envelope import Undecodable
from shared.postgres.pool import Connection
from shared.projections import metrics
from shared.projections.fold import Parked
from shared.projections.positions import Position

LIMIT_PER_MINUTE = 20


class TooManyParked(Exception):
    """More than 20 keys were parked within a minute: a fault of the program, not of single events. The process must exit."""


class ParkedKey(NamedTuple):
    """One parked key of a slot, as operators see it."""

    read_model: str
    slot: str
    part: int
    parked: Parked
    retry: bool


_PARK = """
INSERT INTO {schema}.parked (read_model, slot, key, part, topic, cursor, cause)
SELECT $1, $2, n.key, $3, n.topic, n.cursor, n.cause FROM unnest($4::text[], $5::text[], $6::text[], $7::text[]) AS n(key, topic, cursor, cause)
ON CONFLICT (read_model, slot, key) DO UPDATE SET topic = excluded.topic, cursor = excluded.cursor, cause = excluded.cause, retry = false"""
_COUNTS = """
SELECT read_model, count(*) AS parked, count(*) FILTER (WHERE parked_at > clock_timestamp() - interval '60 s') AS recent
  FROM {schema}.parked GROUP BY read_model"""
_UNPARK = "DELETE FROM {schema}.parked WHERE read_model = $1 AND slot = $2 AND part = $3 AND key = ANY($4::text[])"
_READ = "SELECT read_model, slot, part, key, topic, cursor, cause, retry FROM {schema}.parked WHERE part = ANY($1::int[]) ORDER BY 1, 2, 4"
_READ_ALL = "SELECT read_model, slot, part, key, topic, cursor, cause, retry FROM {schema}.parked ORDER BY 1, 2, 4"
_RETRY = "UPDATE {schema}.parked SET retry = true WHERE ($1::text IS NULL OR read_model = $1) AND ($2::text IS NULL OR key = $2)"
_WANTED = "SELECT DISTINCT read_model, slot, part FROM {schema}.parked WHERE retry AND part = ANY($1::int[])"
_KEEP = """
INSERT INTO {schema}.raw_records (topic, part, record_offset, raw)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bytea[]) ON CONFLICT DO NOTHING"""


async def park(conn: Connection, schema: str, at: Position, parked: Iterable[Parked]) -> None:
    """Park keys in the slot of this position. Raises TooManyParked."""
    found = list(parked)
    if not found:
        return
    await conn.execute(
        _PARK.format(schema=schema),
        at.read_model,
        at.slot,
        at.part,
        [p.key for p in found],
        [p.topic for p in found],
        [str(p.cursor) for p in found],
        [p.cause for p in found],
    )
    await check_rate(conn, schema)


async def check_rate(conn: Connection, schema: str) -> None:
    """Raises TooManyParked. Counted in the table: a process that stops and starts again has not forgotten."""
    found = await conn.fetch(_COUNTS.format(schema=schema))
    metrics.parked_now(schema, {name: parked for name, parked, _ in found})
    recent = sum(of_this for _, _, of_this in found)
    if recent > LIMIT_PER_MINUTE:
        raise TooManyParked(f"{schema}: {recent} keys parked within a minute")


async def unpark(conn: Connection, schema: str, at: Position, keys: Collection[str]) -> None:
    """Take keys out of parking."""
    if keys:
        await conn.execute(_UNPARK.format(schema=schema), at.read_model, at.slot, at.part, list(keys))


async def read_parked(conn: Connection, schema: str, parts: Sequence[int] | None = None) -> list[ParkedKey]:
    """Everything parked on these parts, or on all."""
    if parts is None:
        found = await conn.fetch(_READ_ALL.format(schema=schema))
    else:
        found = await conn.fetch(_READ.format(schema=schema), list(parts))
    return [
        ParkedKey(name, slot, part, Parked(key, topic, parse_cursor(cursor), cause), retry)
        for name, slot, part, key, topic, cursor, cause, retry in found
    ]


async def ask_retry(conn: Connection, schema: str, read_model: str | None = None, key: str | None = None) -> int:
    """Ask the owners of the parts to fold parked keys anew. Only the flag is set here: a fold from outside would race with them."""
    status = await conn.execute(_RETRY.format(schema=schema), read_model, key)
    return int(status.rpartition(" ")[2])


async def retries_wanted(conn: Connection, schema: str, parts: Sequence[int]) -> list[tuple[str, str, int]]:
    """(read model, slot, part) of which a retry was asked for."""
    return [tuple(row) for row in await conn.fetch(_WANTED.format(schema=schema), list(parts))]


async def keep_raw(conn: Connection, schema: str, records: Sequence[Undecodable]) -> None:
    """Keep records without readable headers as they came."""
    if records:
        await conn.execute(
            _KEEP.format(schema=schema),
            [r.topic for r in records],
            [r.part for r in records],
            [r.offset for r in records],
            [r.raw for r in records],
        )
