"""A run that grades every customer: wait for the day's events, decide on one snapshot, append what changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs.value_classes import RunContested
from services.classification.read_models import grade_runs as runs
from services.classification.read_models.grade_runs import Change, GradeName, GradeRun, event_in
from shared.contracts.cursor import START, part_of
from shared.contracts.event import Event
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.scan import read_watermark
from shared.postgres.pool import Pool
from shared.projections.reached import last_of_parts, reached
from shared.projections.read_model import ReadModel

KEPT_AT_ONCE = 2000
TOLD_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class GradingJob:
    """`stores` reads what the services publish, by service."""

    deps: Deps
    stores: Mapping[str, Pool]


@dataclass(frozen=True, slots=True)
class Grading:
    """A kind of grade: the streams `<stream>-<customer>` of its events, the read models that it rests on, and how a run decides."""

    name: GradeName
    stream: str
    event: type[Event]
    rests_on: Sequence[ReadModel[Any]]
    decide: Callable[[Deps, GradeRun], Awaitable[None]]


async def run_next(job: GradingJob, grading: Grading) -> bool:
    """Take the next run to its end; False when there is none, or its events are not there yet."""
    deps, name = job.deps, grading.name
    async with deps.pool.acquire() as c:
        run = await runs.next_run(c, SCHEMA, name)
    if run is None or (run.state != "APPENDING" and not await complete(job, grading, run)):
        return False
    async with deps.pool.acquire() as c:
        if not await runs.begin(c, SCHEMA, name, run.run_id):
            return True
    if run.state != "APPENDING":
        await grading.decide(deps, run)
    await tell(deps, grading, run)
    async with deps.pool.acquire() as c:
        await runs.finish(c, SCHEMA, name, run.run_id, deps.now())
    return True


async def complete(job: GradingJob, grading: Grading, run: GradeRun) -> bool:
    """Whether everything recorded through the day, and before the run was asked for, has been folded, of every topic."""
    return await folded(job, grading.rests_on, max(job.deps.end_of(run.graded_on), run.made_at))


async def folded(job: GradingJob, models: Sequence[ReadModel[Any]], wanted: datetime) -> bool:
    """Whether everything that was recorded before a moment has been folded into these read models."""
    deps = job.deps
    for model in models:
        for topic, types in model.topics.items():
            service = topic.split(".")[1]
            async with job.stores[service].acquire() as c:
                watermark = await read_watermark(c, service)
                if watermark is None or watermark.t < wanted:
                    return False
                last = await last_of_parts(c, service, types, deps.parts, watermark.cursor)
            async with deps.pool.acquire() as c:
                there = await reached(c, SCHEMA, model.name, topic)
            if any(there.get(part, START) < cursor for part, cursor in last.items()):
                return False
    return True


async def keep_decided(deps: Deps, name: GradeName, run: GradeRun, customers: int, changes: Sequence[Change]) -> None:
    """Store what was decided, before the first event is appended."""
    async with deps.pool.acquire() as c, c.transaction():
        await runs.start_deciding(c, SCHEMA, name, run.run_id)
        for first in range(0, len(changes), KEPT_AT_ONCE):
            await runs.keep(c, SCHEMA, name, run.run_id, changes[first : first + KEPT_AT_ONCE])
        await runs.decided(c, SCHEMA, name, run.run_id, customers, len(changes))


async def tell(deps: Deps, grading: Grading, run: GradeRun) -> None:
    """Append the changes, some hundred at a time, each time noting what was appended in the same transaction."""
    while True:
        async with deps.pool.acquire() as c:
            changes = await runs.to_tell(c, SCHEMA, grading.name, run.run_id, TOLD_AT_ONCE)
        if not changes:
            return
        async with deps.pool.acquire() as c, c.transaction():
            done = await append_many(c, SCHEMA, [_append(deps, grading, run, change) for change in changes])
            if done.outcome != "appended":
                raise RunContested(str(run.run_id))
            await runs.told(c, SCHEMA, grading.name, run.run_id, [change.customer_id for change in changes])


def _append(deps: Deps, grading: Grading, run: GradeRun, change: Change) -> Append:
    customer_id = change.customer_id
    new = NewEvent(uuid5(run.run_id, str(customer_id)), event_in(change.body, grading.event), deps.now())
    return Append(
        f"{grading.stream}-{customer_id}", change.version or "new", customer_id, part_of(str(customer_id), deps.parts), [new]
    )
