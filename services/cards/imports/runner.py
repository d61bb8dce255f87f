"""Running imports: one job after the other, by whichever `work` process leads. What a crash leaves is gone on with, by chunk."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID, uuid5

import asyncpg
from cryptography.exceptions import InvalidTag

from services.cards.domain.ledger import completeness_kind
from services.cards.domain.source import EndSource, OpenSource
from services.cards.handlers.custody import tell_overdue
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.erasure import sweep
from services.cards.handlers.facts import Prepared
from services.cards.handlers.sources import declare_for_import
from services.cards.imports.lines import AT_ONCE, LineKey
from services.cards.imports.reading import Given, Lines, read_lines
from services.cards.imports.recording import Chunk, prepared, record
from services.cards.read_models.import_jobs import (
    ImportJob,
    end,
    forget_ended,
    left_behind,
    mark_opened,
    next_chunk,
    next_job,
    start,
)
from shared.contracts.cards import FactKind
from shared.postgres.pool import Connection
from shared.web.errors import AWAY
from shared.web.problem import Problem

IDLE_SECONDS = 0.1
SWEEP_SECONDS = 60.0

log = logging.getLogger(__name__)


async def run_jobs(deps: Deps) -> None:
    """Run jobs as they come, for ever. Raises what says that the database is away; the job goes on in the next process."""
    while True:
        async with deps.pool.acquire() as c:
            job = await next_job(c, SCHEMA)
        if job is None:
            await asyncio.sleep(IDLE_SECONDS)
        else:
            await run_job(deps, job)


async def tidy_for_ever(deps: Deps, kept: timedelta) -> None:
    """Once a minute: erasures that were cut short, cards that are overdue, uploads that were cut off, jobs that ended longer ago than `kept`.

    Beside the jobs, of which one may take an hour. Raises what says that the database is away.
    """
    while True:
        await _tidy(deps, kept)
        await asyncio.sleep(SWEEP_SECONDS)


async def _tidy(deps: Deps, kept: timedelta) -> None:
    try:
        await sweep(deps)
    except Problem as problem:
        # A card that is to be erased keeps being changed: the next sweep goes on, and the relay in this process does meanwhile.
        log.warning("erasures are swept later", extra={"code": problem.code})
    await tell_overdue(deps)
    async with deps.pool.acquire() as c:
        for job_id in await left_behind(c, SCHEMA):
            await end(c, SCHEMA, job_id, "failed", "UPLOAD_CUT_OFF")
        await forget_ended(c, SCHEMA, kept)


async def run_job(deps: Deps, job: ImportJob) -> None:
    """Run one job to its end. A defect fails this job and is logged; it must not stop the relay in the same process."""
    try:
        state, cause = await _run(deps, job)
    except AWAY:
        raise
    except Problem as problem:
        state, cause = "failed", problem.code
    except InvalidTag:
        state, cause = "failed", "LINES_UNREADABLE"
    except (asyncpg.PostgresError, ValueError, TypeError, KeyError, AttributeError, AssertionError):
        log.exception("import failed", extra={"job_id": str(job.job_id)})
        state, cause = "failed", "INTERNAL_ERROR"
    async with deps.pool.acquire() as c, c.transaction():
        await end(c, SCHEMA, job.job_id, state, cause)
    log.info("import ended", extra={"job_id": str(job.job_id), "state": state})


async def _run(deps: Deps, job: ImportJob) -> tuple[str, str | None]:
    if job.salt is None:
        raise Problem("UNAVAILABLE")
    key = LineKey(deps.line_secret, job.salt)
    opened = set(job.opened)
    if job.cancel_wanted:
        return "cancelled", None
    async with deps.pool.acquire() as c:
        await start(c, SCHEMA, job.job_id)
    coming = asyncio.ensure_future(_next(deps, job, key, 0))
    try:
        while (chunk := await coming) is not None:
            # The next chunk is read and prepared while this one is in the database.
            coming = asyncio.ensure_future(_next(deps, job, key, chunk.first_line))
            await _open_sources(deps, job, chunk, opened)
            settled = await record(deps, job, chunk)
            if settled.stop is not None:
                return "failed", f"LINE_{settled.stop}_REFUSED"
            if settled.cancel:
                return "cancelled", None
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
    if job.ends:
        for kind in sorted(opened):
            await declare_for_import(
                deps, EndSource(job.source, _kind(kind)), _event_id(job, "ended", kind), _meta(job), _nothing
            )
    return "done", None


async def _next(deps: Deps, job: ImportJob, key: LineKey, after: int) -> Chunk | None:
    async with deps.pool.acquire() as c:
        stored = await next_chunk(c, SCHEMA, job.job_id, after)
    if stored is None:
        return None
    given = Given(job.kind, job.source, job.principal, deps.today())
    content, lines = key.open(stored.first_line, stored.sealed).split(b"\n"), Lines()
    for at in range(0, len(content), AT_ONCE):
        read_lines(given, stored.first_line + at, content[at : at + AT_ONCE], lines)
        await asyncio.sleep(0)
    facts = await prepared(deps, job, lines) if job.kind == "transactions" else Prepared()
    return Chunk(stored.first_line, stored.lines, lines, facts)


async def _open_sources(deps: Deps, job: ImportJob, chunk: Chunk, opened: set[str]) -> None:
    """Declared before the first fact of its kind: until the source says otherwise, nothing may be concluded from what is missing."""
    kinds = {kind for kind in map(completeness_kind, chunk.kinds) if kind is not None}
    for kind in sorted(kinds - opened):

        async def note(c: Connection, kind: str = kind) -> None:
            await mark_opened(c, SCHEMA, job.job_id, kind)

        await declare_for_import(deps, OpenSource(job.source, kind), _event_id(job, "opened", kind), _meta(job), note)
        opened.add(kind)


async def _nothing(_c: Connection) -> None:
    """The end of a source needs no note: declaring it twice declares it once."""


def _kind(text: str) -> FactKind:
    kinds: dict[str, FactKind] = {"sales": "sales", "invoices": "invoices", "payments": "payments", "returns": "returns"}
    return kinds[text]


def _event_id(job: ImportJob, what: str, kind: str) -> UUID:
    return uuid5(job.job_id, f"{what}/{kind}")


def _meta(job: ImportJob) -> dict[str, str]:
    return {"import": str(job.job_id)}
