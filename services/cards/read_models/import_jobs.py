"""What became of an import? Its job, its stored lines, its refused lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.postgres.pool import Connection
from shared.postgres.schema import within


@dataclass(frozen=True, slots=True)
class ImportJob:
    """`salt` makes the key of the stored lines and is gone when the job has ended. `opened` are the kinds declared incomplete."""

    job_id: UUID
    principal: UUID
    fingerprint: bytes
    body_hash: bytes | None
    kind: str
    source: str
    ends: bool
    on_error: str
    state: str
    cancel_wanted: bool
    salt: bytes | None
    lines: int
    lines_read: int
    recorded: int
    duplicate: int
    conflict: int
    rejected: int
    opened: list[str]
    cause: str | None
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredLines:
    """A chunk of the body, sealed. `first_line` counts from 1."""

    first_line: int
    lines: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class LineError:
    line: int
    n: int
    pointer: str
    code: str
    detail: str


class ChunkGone(Exception):
    """The chunk was taken by another process meanwhile. Nothing was written."""


_GET = "SELECT * FROM {schema}.import_jobs WHERE job_id = $1"
_NEXT = "SELECT * FROM {schema}.import_jobs WHERE state IN ('stored', 'running') ORDER BY made_at LIMIT 1"
_OPEN = """INSERT INTO {schema}.import_jobs (job_id, principal, fingerprint, kind, source, ends, on_error, state, salt)
 VALUES ($1, $2, $3, $4, $5, $6, $7, 'receiving', $8)
 ON CONFLICT (job_id) DO UPDATE SET salt = excluded.salt WHERE import_jobs.state = 'receiving'"""
# The job's row is locked, so that another upload under the same id takes over either before this chunk or after it.
_KEEP = """INSERT INTO {schema}.import_lines (job_id, first_line, lines, sealed)
 SELECT job_id, $2, $3, $4
   FROM (SELECT job_id FROM {schema}.import_jobs WHERE job_id = $1 AND salt = $5 AND state = 'receiving' FOR SHARE) mine"""
_STORED = """UPDATE {schema}.import_jobs SET state = 'stored', lines = $3, body_hash = $4
 WHERE job_id = $1 AND salt = $2 AND state = 'receiving'"""
_START = "UPDATE {schema}.import_jobs SET state = 'running' WHERE job_id = $1 AND state = 'stored'"
_DROP_LINES = "DELETE FROM {schema}.import_lines WHERE job_id = $1"
_CHUNK = "SELECT first_line, lines, sealed FROM {schema}.import_lines WHERE job_id = $1 AND first_line > $2 ORDER BY first_line LIMIT 1"
_TAKE = "DELETE FROM {schema}.import_lines WHERE job_id = $1 AND first_line = $2"
_COUNT = """UPDATE {schema}.import_jobs SET lines_read = lines_read + $2, recorded = recorded + $3, duplicate = duplicate + $4,
 conflict = conflict + $5, rejected = rejected + $6 WHERE job_id = $1 RETURNING cancel_wanted"""
_ERRORS = """INSERT INTO {schema}.import_errors (job_id, line, n, pointer, code, detail)
 SELECT $1, * FROM unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::text[])"""
_OPENED = "UPDATE {schema}.import_jobs SET opened = array_append(opened, $2) WHERE job_id = $1 AND NOT $2 = ANY (opened)"
_END = """UPDATE {schema}.import_jobs SET state = $2, cause = $3, salt = NULL, ended_at = clock_timestamp()
 WHERE job_id = $1 AND state IN ('receiving', 'stored', 'running')"""
_CANCEL = "UPDATE {schema}.import_jobs SET cancel_wanted = true WHERE job_id = $1 AND state IN ('receiving', 'stored', 'running')"
_ERROR_PAGE = """SELECT line, n, pointer, code, detail FROM {schema}.import_errors
 WHERE job_id = $1 AND (line, n) > ($2, $3) ORDER BY line, n LIMIT $4"""
_FORGET = """WITH old AS (DELETE FROM {schema}.import_jobs WHERE ended_at < clock_timestamp() - $1::interval RETURNING job_id)
 DELETE FROM {schema}.import_errors e USING old WHERE e.job_id = old.job_id"""
_LEFT = """SELECT job_id FROM {schema}.import_jobs WHERE state = 'receiving' AND made_at < clock_timestamp() - interval '1 day'"""


async def get(c: Connection, schema: str, job_id: UUID) -> ImportJob | None:
    row = await c.fetchrow(within(schema, _GET), job_id)
    return None if row is None else ImportJob(**row)


async def next_job(c: Connection, schema: str) -> ImportJob | None:
    """The oldest job that has something to do."""
    row = await c.fetchrow(within(schema, _NEXT))
    return None if row is None else ImportJob(**row)


async def open_job(c: Connection, schema: str, job: Mapping[str, object], salt: bytes) -> bool:
    """Begin to receive a body; what an earlier upload under the same id left unfinished is dropped. False: it is stored by now."""
    given = [job[name] for name in ("job_id", "principal", "fingerprint", "kind", "source", "ends", "on_error")]
    if await c.execute(within(schema, _OPEN), *given, salt) != "INSERT 0 1":
        return False
    await c.execute(within(schema, _DROP_LINES), job["job_id"])
    return True


async def keep_lines(c: Connection, schema: str, job_id: UUID, salt: bytes, chunk: StoredLines) -> bool:
    """Store a chunk; False when this upload is no longer the one that counts."""
    done = await c.execute(within(schema, _KEEP), job_id, chunk.first_line, chunk.lines, chunk.sealed, salt)
    return bool(done == "INSERT 0 1")


async def mark_stored(c: Connection, schema: str, job_id: UUID, salt: bytes, lines: int, body_hash: bytes) -> bool:
    """The body is whole: the job counts from here on. False when another upload took over."""
    return bool(await c.execute(within(schema, _STORED), job_id, salt, lines, body_hash) == "UPDATE 1")


async def start(c: Connection, schema: str, job_id: UUID) -> None:
    await c.execute(within(schema, _START), job_id)


async def next_chunk(c: Connection, schema: str, job_id: UUID, after: int) -> StoredLines | None:
    row = await c.fetchrow(within(schema, _CHUNK), job_id, after)
    return None if row is None else StoredLines(**row)


async def settle_chunk(
    c: Connection, schema: str, job_id: UUID, first_line: int, lines: int, counts: Mapping[str, int], errors: Sequence[LineError]
) -> bool:
    """In the transaction that recorded the chunk: its lines go, its counts and errors stay. Whether the job is to be cancelled.

    Raises ChunkGone.
    """
    if await c.execute(within(schema, _TAKE), job_id, first_line) != "DELETE 1":
        raise ChunkGone
    if errors:
        await c.execute(
            within(schema, _ERRORS),
            job_id,
            [e.line for e in errors],
            [e.n for e in errors],
            [e.pointer for e in errors],
            [e.code for e in errors],
            [e.detail for e in errors],
        )
    numbers = [counts.get(name, 0) for name in ("recorded", "duplicate", "conflict", "rejected")]
    return bool(await c.fetchval(within(schema, _COUNT), job_id, lines, *numbers))


async def mark_opened(c: Connection, schema: str, job_id: UUID, fact_kind: str) -> None:
    await c.execute(within(schema, _OPENED), job_id, fact_kind)


async def end(c: Connection, schema: str, job_id: UUID, state: str, cause: str | None = None) -> None:
    """The job has ended: what is left of its lines goes, and with the salt the key of all of them."""
    await c.execute(within(schema, _DROP_LINES), job_id)
    await c.execute(within(schema, _END), job_id, state, cause)


async def want_cancel(c: Connection, schema: str, job_id: UUID) -> bool:
    """False when the job has ended already."""
    return bool(await c.execute(within(schema, _CANCEL), job_id) == "UPDATE 1")


async def error_page(c: Connection, schema: str, job_id: UUID, after: tuple[int, int], limit: int) -> list[LineError]:
    return [LineError(**row) for row in await c.fetch(within(schema, _ERROR_PAGE), job_id, *after, limit)]


async def left_behind(c: Connection, schema: str) -> list[UUID]:
    """Uploads that were cut off more than a day ago."""
    return [row["job_id"] for row in await c.fetch(within(schema, _LEFT))]


async def forget_ended(c: Connection, schema: str, kept: timedelta) -> None:
    """Forget imports that ended longer ago, and what was wrong in their lines. The lines themselves went when they ended."""
    await c.execute(within(schema, _FORGET), kept)
