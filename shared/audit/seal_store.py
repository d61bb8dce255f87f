"""Seals and sealed rows as they stand in the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from shared.audit.seals import Digest, Seal
from shared.postgres.pool import Connection
from shared.postgres.schema import within

_SEALS = """
SELECT number, gen, upto::text AS upto, rows, digest, previous, sealed_at, kept_from, key_id, signature
  FROM {schema}.read_seals WHERE number > $1 ORDER BY number"""
_LAST = """
SELECT number, gen, upto::text AS upto, rows, digest, previous, sealed_at, kept_from, key_id, signature
  FROM {schema}.read_seals ORDER BY number DESC LIMIT 1"""
_HORIZON = "SELECT gen, pg_snapshot_xmin(pg_current_snapshot())::text AS upto FROM {schema}.store"
_ROWS = """
SELECT read_at, principal, key_id, person_id, operation, kind, purpose, personal, customers, trace_id
  FROM {schema}.reads
 WHERE (gen, xid) >= ($1::smallint, $2::text::xid8) AND (gen, xid) < ($3::smallint, $4::text::xid8)
 ORDER BY reads.gen, reads.xid, reads.pos"""
_FULL = """
SELECT gen, xid::text AS xid FROM {schema}.reads
 WHERE (gen, xid) >= ($1::smallint, $2::text::xid8) AND (gen, xid) < ($3::smallint, $4::text::xid8)
 ORDER BY reads.gen, reads.xid, reads.pos OFFSET $5 LIMIT 1"""
_ADD = """
INSERT INTO {schema}.read_seals (number, gen, upto, rows, digest, previous, sealed_at, kept_from, key_id, signature)
VALUES ($1, $2, $3::text::xid8, $4, $5, $6, $7, $8, $9, $10)"""
_KEPT_FROM = "SELECT min(number) FROM {schema}.read_seals WHERE sealed_at >= $1"
_FORGET = "SELECT {schema}.forget_reads()"
_AT_ONCE = 1000


async def last_seal(c: Connection, schema: str) -> Seal | None:
    """The newest seal of the store."""
    row = await c.fetchrow(within(schema, _LAST))
    return None if row is None else _seal(schema, row)


async def seals_after(c: Connection, schema: str, number: int = 0) -> AsyncIterator[Seal]:
    """Seals above a number, the oldest first. Within a transaction."""
    async for row in c.cursor(within(schema, _SEALS), number, prefetch=_AT_ONCE):
        yield _seal(schema, row)


async def kept_from(c: Connection, schema: str, moment: datetime) -> int | None:
    """The oldest seal made since a moment; None where none was."""
    found: int | None = await c.fetchval(within(schema, _KEPT_FROM), moment)
    return found


async def forget_reads(c: Connection, schema: str) -> int:
    """Forget the reads that the newest seal says are no longer kept. How many."""
    gone: int = await c.fetchval(within(schema, _FORGET))
    return gone


async def horizon(c: Connection, schema: str) -> tuple[int, int]:
    """Generation, and the transaction id below which nothing is still to come."""
    row = await c.fetchrow(within(schema, _HORIZON))
    assert row is not None  # a store has one generation
    return row["gen"], int(row["upto"])


async def bounded(c: Connection, schema: str, after: tuple[int, int], upto: tuple[int, int], most: int) -> tuple[int, int]:
    """`upto`, or the transaction before it that the reads behind the first `most` begin with."""
    row = await c.fetchrow(within(schema, _FULL), after[0], str(after[1]), upto[0], str(upto[1]), most)
    return upto if row is None else (row["gen"], int(row["xid"]))


async def digest_between(c: Connection, schema: str, after: tuple[int, int], upto: tuple[int, int]) -> Digest:
    """The digest of reads from the place `after` up to, and without, `upto`. Within a transaction."""
    found = Digest()
    gen, xid = after
    async for row in c.cursor(within(schema, _ROWS), gen, str(xid), upto[0], str(upto[1]), prefetch=_AT_ONCE):
        found.take(row)
    return found


async def add_seal(c: Connection, schema: str, seal: Seal) -> None:
    """Raises asyncpg.UniqueViolationError when somebody else has sealed meanwhile."""
    await c.execute(
        within(schema, _ADD),
        seal.number,
        seal.gen,
        str(seal.upto),
        seal.rows,
        seal.digest,
        seal.previous,
        seal.sealed_at,
        seal.kept_from,
        seal.key_id,
        seal.signature,
    )


def _seal(schema: str, row: asyncpg.Record | Mapping[str, Any]) -> Seal:
    return Seal(
        schema,
        row["number"],
        row["gen"],
        int(row["upto"]),
        row["rows"],
        row["digest"],
        row["previous"],
        row["sealed_at"],
        row["kept_from"],
        row["key_id"],
        row["signature"],
    )
