"""Recording one chunk of an import: its facts or cards, its counts, its errors, all in one transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import Prepared, learn, look_up, prepare
from services.cards.handlers.problems import CUSTOMER_EXISTS, EXTERNAL_ID_TAKEN, FACT_CONFLICT, FACT_TOO_LARGE
from services.cards.handlers.registrations import Verdict as CardVerdict
from services.cards.handlers.registrations import register_many
from services.cards.imports.lines import AT_ONCE
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


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where an aborted job ends: nothing from this line on is recorded. `status` is what became of the line."""

    line: int
    status: str
    errors: Sequence[LineError]


class _LineRefused(Exception):
    """Under on_error=abort the store, or a card, refused a line that had looked well."""

    def __init__(self, stop: _Stop) -> None:
        super().__init__(str(stop.line))
        self.stop = stop


async def prepared(deps: Deps, job: ImportJob, lines: Lines) -> Prepared:
    """Who is meant, and the encoded facts."""
    await look_up(deps, lines.facts)
    meta, today, ready = {"import": str(job.job_id)}, deps.today(), Prepared()
    for at in range(0, len(lines.facts), AT_ONCE):
        prepare(deps, lines.facts[at : at + AT_ONCE], at, meta, today, ready)
        await asyncio.sleep(0)
    return ready


async def record(deps: Deps, job: ImportJob, chunk: Chunk) -> Settled:
    """Record a chunk. Raises ChunkGone, or Problem (503) when external ids keep changing hands."""
    stop = _first_bad(chunk) if job.on_error == "abort" else None
    for _ in range(_TRIES):
        try:
            cancel = await (_facts if job.kind == "transactions" else _cards)(deps, job, chunk, stop)
        except _LineRefused as refused:
            stop = refused.stop
        except _Moved:
            chunk = Chunk(chunk.first_line, chunk.count, chunk.lines, await prepared(deps, job, chunk.lines))
        else:
            return Settled(cancel, None if stop is None else stop.line)
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


class _Moved(Exception):
    """An external id was claimed meanwhile: the facts have to be prepared again."""


def _first_bad(chunk: Chunk) -> _Stop | None:
    return _stop_at(_refused_lines(chunk), "rejected")


def _stop_at(errors: Sequence[LineError], status: str) -> _Stop | None:
    if not errors:
        return None
    line = min(error.line for error in errors)
    return _Stop(line, status, [error for error in errors if error.line == line])


async def _facts(deps: Deps, job: ImportJob, chunk: Chunk, stop: _Stop | None) -> bool:
    numbers, ready = chunk.lines.numbers, chunk.facts
    rows = [at for at, place in enumerate(ready.rows) if stop is None or numbers[place] < stop.line]
    facts = [ready.facts[at] for at in rows]
    async with deps.pool.acquire() as c, c.transaction():
        verdicts = await append_facts(c, SCHEMA, facts, list(ready.stubs.values()))
        if "moved" in verdicts:
            raise _Moved
        errors = _verdict_errors([numbers[ready.rows[at]] for at in rows], verdicts)
        cancel = await _settle(c, job, chunk, stop, Counter[str](verdicts), errors)
    learn(deps, Prepared(rows, facts, ready.stubs), verdicts)
    return cancel


def _refused_lines(chunk: Chunk) -> list[LineError]:
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


async def _cards(deps: Deps, job: ImportJob, chunk: Chunk, stop: _Stop | None) -> bool:
    wanted = [
        (line, command)
        for line, command in zip(chunk.lines.numbers, chunk.lines.customers, strict=True)
        if stop is None or line < stop.line
    ]
    cancel = False

    async def finish(c: Connection, verdicts: Sequence[CardVerdict]) -> None:
        nonlocal cancel
        found = zip(wanted, verdicts, strict=True)
        errors = [error for (line, _), one in found if one.problem is not None for error in line_errors(line, one.problem)]
        cancel = await _settle(c, job, chunk, stop, Counter(one.status for one in verdicts), errors)

    def new_id(n: int) -> UUID:
        return uuid5(job.job_id, f"{chunk.first_line}/{n}")

    await register_many(deps, [command for _, command in wanted], new_id, {"import": str(job.job_id)}, finish=finish)
    return cancel


async def _settle(
    c: Connection, job: ImportJob, chunk: Chunk, stop: _Stop | None, counts: Counter[str], errors: Sequence[LineError]
) -> bool:
    """Counts and errors of a chunk. Raises _LineRefused when the job is to be aborted and was not yet."""
    if stop is None:
        if errors and job.on_error == "abort":
            first = _stop_at(errors, "conflict" if errors[0].code in _CONFLICTS else "rejected")
            raise _LineRefused(first or _Stop(chunk.first_line, "rejected", ()))
        counts["rejected"] += chunk.lines.refused + len(chunk.facts.refused)
        every = [*_refused_lines(chunk), *errors]
        return await settle_chunk(c, SCHEMA, job.job_id, chunk.first_line, chunk.count, counts, every)
    # Aborted: of the line that was refused its errors are kept, of those behind it nothing.
    counts[stop.status] += 1
    read = stop.line - chunk.first_line + 1
    return await settle_chunk(c, SCHEMA, job.job_id, chunk.first_line, read, counts, stop.errors)


_CONFLICTS = frozenset({FACT_CONFLICT, CUSTOMER_EXISTS, EXTERNAL_ID_TAKEN})
