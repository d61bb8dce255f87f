"""Recording one chunk of an import: its facts or cards, its counts, its errors, all in one transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import Prepared, learn, look_up, prepare
from services.cards.handlers.problems import FACT_CONFLICT, FACT_TOO_LARGE
from services.cards.handlers.registrations import Verdict as CardVerdict
from services.cards.handlers.registrations import register_many
from services.cards.imports.reading import Lines, line_errors
from services.cards.read_models.import_jobs import ImportJob, LineError, settle_chunk
from shared.event_store.append import append_facts
from shared.event_store.events import Verdict
from shared.postgres.pool import Connection
from shared.web.problem import Problem

_TRIES = 8


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that was read and prepared."""

    first_line: int
    count: int
    lines: Lines
    facts: Prepared

    @property
    def kinds(self) -> set[str]:
        """Kinds of fact that will be recorded from it."""
        return {fact.source.rpartition("/")[2] for fact in self.facts.facts}


@dataclass(frozen=True, slots=True)
class Settled:
    """`stop`: the line at which the job gives up, under on_error=abort."""

    cancel: bool
    stop: int | None


class _LineRefused(Exception):
    """Under on_error=abort: nothing from this line on is to be recorded."""

    def __init__(self, line: int) -> None:
        super().__init__(str(line))
        self.line = line


async def prepared(deps: Deps, job: ImportJob, lines: Lines) -> Prepared:
    """Who is meant, and the encoded facts. The work is done beside the loop, which has connections to serve."""
    await look_up(deps, lines.facts)
    return await asyncio.to_thread(prepare, deps, lines.facts, {"import": str(job.job_id)}, deps.today())


async def record(deps: Deps, job: ImportJob, chunk: Chunk) -> Settled:
    """Record a chunk. Raises ChunkGone, or Problem (503) when external ids keep changing hands."""
    stop = _first_bad(chunk) if job.on_error == "abort" else None
    for _ in range(_TRIES):
        try:
            cancel = await (_facts if job.kind == "transactions" else _cards)(deps, job, chunk, stop)
        except _LineRefused as refused:
            stop = refused.line
        except _Moved:
            chunk = Chunk(chunk.first_line, chunk.count, chunk.lines, await prepared(deps, job, chunk.lines))
        else:
            return Settled(cancel, stop)
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


class _Moved(Exception):
    """An external id was claimed meanwhile: the facts have to be prepared again."""


def _first_bad(chunk: Chunk) -> int | None:
    bad = [error.line for error in chunk.lines.errors] + [chunk.lines.numbers[place] for place in chunk.facts.refused]
    return min(bad, default=None)


async def _facts(deps: Deps, job: ImportJob, chunk: Chunk, stop: int | None) -> bool:
    numbers, ready = chunk.lines.numbers, chunk.facts
    rows = [at for at, place in enumerate(ready.rows) if stop is None or numbers[place] < stop]
    facts = [ready.facts[at] for at in rows]
    async with deps.pool.acquire() as c, c.transaction():
        verdicts = await append_facts(c, SCHEMA, facts, list(ready.stubs.values()))
        if "moved" in verdicts:
            raise _Moved
        lines = [numbers[ready.rows[at]] for at in rows]
        errors = _refused_facts(chunk) + _verdict_errors(lines, verdicts)
        if stop is None and job.on_error == "abort" and errors:
            raise _LineRefused(min(error.line for error in errors))
        counts = Counter[str](verdicts)
        counts["rejected"] += chunk.lines.refused + len(ready.refused)
        cancel = await _settle(c, job, chunk, stop, counts, errors)
    learn(deps, Prepared(rows, facts, ready.stubs), verdicts)
    return cancel


def _refused_facts(chunk: Chunk) -> list[LineError]:
    found = list(chunk.lines.errors)
    for place, problem in chunk.facts.refused.items():
        found += line_errors(chunk.lines.numbers[place], problem)
    return found


def _verdict_errors(lines: Sequence[int], verdicts: Sequence[Verdict]) -> list[LineError]:
    codes = {"conflict": FACT_CONFLICT, "rejected": FACT_TOO_LARGE}
    return [
        error
        for line, verdict in zip(lines, verdicts, strict=True)
        if verdict in codes
        for error in line_errors(line, Problem(codes[verdict]))
    ]


async def _cards(deps: Deps, job: ImportJob, chunk: Chunk, stop: int | None) -> bool:
    wanted = [
        (line, command)
        for line, command in zip(chunk.lines.numbers, chunk.lines.customers, strict=True)
        if stop is None or line < stop
    ]
    cancel = False

    async def finish(c: Connection, verdicts: Sequence[CardVerdict]) -> None:
        nonlocal cancel
        errors = list(chunk.lines.errors)
        for (line, _), verdict in zip(wanted, verdicts, strict=True):
            if verdict.problem is not None:
                errors += line_errors(line, verdict.problem)
        if stop is None and job.on_error == "abort" and errors:
            raise _LineRefused(min(error.line for error in errors))
        counts = Counter(verdict.status for verdict in verdicts)
        counts["rejected"] += chunk.lines.refused
        cancel = await _settle(c, job, chunk, stop, counts, errors)

    def new_id(n: int) -> UUID:
        return uuid5(job.job_id, f"{chunk.first_line}/{n}")

    await register_many(deps, [command for _, command in wanted], new_id, {"import": str(job.job_id)}, finish=finish)
    return cancel


async def _settle(
    c: Connection, job: ImportJob, chunk: Chunk, stop: int | None, counts: Counter[str], errors: Sequence[LineError]
) -> bool:
    if stop is None:
        return await settle_chunk(c, SCHEMA, job.job_id, chunk.first_line, chunk.count, counts, errors)
    # Aborted: of the line that was refused its errors are kept, of those behind it nothing.
    kept = [error for error in errors if error.line <= stop]
    bad = 1 if any(error.line == stop for error in kept) else 0
    counts = Counter({**counts, "rejected": bad})
    return await settle_chunk(c, SCHEMA, job.job_id, chunk.first_line, stop - chunk.first_line + 1, counts, kept)
