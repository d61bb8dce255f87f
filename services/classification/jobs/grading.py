"""A run that grades every customer: wait for the day's events, decide on one snapshot, append what changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs.telling import RunJob, Told, folded, tell
from services.classification.read_models import grade_runs as runs
from services.classification.read_models import run_changes
from services.classification.read_models.grade_runs import GradeName, GradeRun
from services.classification.read_models.run_changes import Change
from shared.projections.read_model import ReadModel

KEPT_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Grading:
    """A kind of grade: what its runs tell, the read models that it rests on, and how a run decides."""

    name: GradeName
    told: Told
    rests_on: Sequence[ReadModel[Any]]
    decide: Callable[[Deps, GradeRun], Awaitable[None]]


async def run_next(job: RunJob, grading: Grading) -> bool:
    """Take the next run to its end; False when there is none, or its events are not there yet."""
    deps, name = job.deps, grading.name
    async with deps.pool.acquire() as c:
        run = await runs.next_run(c, SCHEMA, name)
    if run is None or (run.state != "APPENDING" and not await complete(job, grading, run)):
        return False
    async with deps.pool.acquire() as c:
        if not await run_changes.begin(c, SCHEMA, name, run.run_id):
            return True
    if run.state != "APPENDING":
        await grading.decide(deps, run)
    await tell(deps, grading.told, run.run_id)
    async with deps.pool.acquire() as c:
        await run_changes.finish(c, SCHEMA, name, run.run_id, deps.now())
    return True


async def complete(job: RunJob, grading: Grading, run: GradeRun) -> bool:
    """Whether everything recorded through the day, and before the run was asked for, has been folded, of every topic."""
    return await folded(job, grading.rests_on, max(job.deps.end_of(run.graded_on), run.made_at))


async def keep_decided(deps: Deps, name: GradeName, run: GradeRun, customers: int, changes: Sequence[Change]) -> None:
    """Store what was decided, before the first event is appended."""
    async with deps.pool.acquire() as c, c.transaction():
        await run_changes.start_deciding(c, SCHEMA, name, run.run_id)
        for first in range(0, len(changes), KEPT_AT_ONCE):
            await run_changes.keep(c, SCHEMA, name, run.run_id, changes[first : first + KEPT_AT_ONCE])
        await runs.decided(c, SCHEMA, name, run.run_id, customers, len(changes))
