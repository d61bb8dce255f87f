"""Purchase intents on the watermark: graded anew on the days of the standard and when something was found out, late reviews told.

What has changed is appended at the version that was read. A review may come in between: then it is read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from services.classification.domain.prospect_grade import Graded, graded
from services.classification.domain.reviewing import regrading_due, week_of
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.entering import COMPANY_PART
from services.classification.handlers.prospects import REGRADINGS, day_of, progress_of, stream_of
from services.classification.handlers.samples import last_of_week, samples_due
from services.classification.handlers.standards import PROSPECTS, current
from services.classification.jobs.telling import RunJob, folded
from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.posts import POSTS
from services.classification.read_models.prospects import Prospect, Wanted, standing
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.samples import SAMPLES
from shared.contracts.cursor import Cursor, part_of
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.prospects import (
    ProspectGraded,
    ProspectsRegraded,
    ProspectStandardPublished,
    ReviewMissed,
    SampleMissed,
)
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load, load_many
from shared.feed.scan import read_watermark
from shared.projections.reached import reached

LOOK_SECONDS = 1.0
AT_ONCE = 500
_TRIES = 5
_IDS = UUID("2f4c0b18-7d63-5e0a-9b57-8a1e6c3d4f92")
"""Namespace of the ids of what is said here."""


@dataclass(slots=True)
class ProspectJob:
    """`seen`: how many answers were known of an intent when it was looked at and had no news; `folded`: how far the intents were folded
    when all that was new among them was looked at; `missed_on`: the day of which all misses were told."""

    base: RunJob
    seen: dict[UUID, int] = field(default_factory=dict)
    folded: Mapping[int, Cursor] = field(default_factory=dict)
    missed_on: date | None = None
    looked_at: float = float("-inf")


class ProspectsContested(Exception):
    """Others keep writing to the streams: the process ends, and the next one goes on."""


class Now(NamedTuple):
    """The business day that the watermark has reached, and the standard in force."""

    today: date
    standard: ProspectStandardPublished


async def look(job: ProspectJob) -> None:
    """Look once, at most every second."""
    clock = asyncio.get_running_loop().time()
    if clock - job.looked_at < LOOK_SECONDS:
        return
    job.looked_at = clock
    now = await _now(job)
    if now is None:
        return
    await _regrade_when_due(job, now)
    await _grade_new(job, now)
    if job.missed_on != now.today and await _miss(job, now):
        job.missed_on = now.today


async def _now(job: ProspectJob) -> Now | None:
    deps = job.base.deps
    through: list[datetime] = []
    for service in ("cards", SCHEMA):
        async with job.base.stores[service].acquire() as c:
            watermark = await read_watermark(c, service)
        if watermark is None:
            return None
        through.append(watermark.t)
    async with deps.pool.acquire() as c:
        standard = (await current(c, PROSPECTS)).standard
    return Now(min(through).astimezone(deps.zone).date(), standard)


async def _regrade_when_due(job: ProspectJob, now: Now) -> None:
    """All open intents, on the days of the standard and after another one was published, once everything of the days before is folded."""
    deps = job.base.deps
    async with deps.pool.acquire() as c:
        before = await load(c, SCHEMA, REGRADINGS)
    last = next((one.event for one in reversed(before.events) if isinstance(one.event, ProspectsRegraded)), None)
    due = regrading_due(now.today, now.standard)
    if last is not None and last.graded_on >= due and last.standard_version == now.standard.version:
        return
    if not await folded(job.base, (INTENTS, STEPS, INVESTMENTS), deps.start_of(due)):
        return
    intents, changed = await _grade(job, now, Wanted())
    event = ProspectsRegraded(graded_on=now.today, standard_version=now.standard.version, intents=intents, changed=changed)
    new = NewEvent(uuid5(_IDS, f"regraded/{before.version}"), event, deps.now())
    async with deps.pool.acquire() as c, c.transaction():
        await append_many(c, SCHEMA, [Append(REGRADINGS, before.version or "new", None, COMPANY_PART, [new])])


async def _grade_new(job: ProspectJob, now: Now) -> None:
    """What was found out since the last look: only if anything was, and only those that it is about."""
    async with job.base.deps.pool.acquire() as c:
        there = await reached(c, SCHEMA, INTENTS.name, CLASSIFICATION_EVENTS)
    if there != job.folded:
        await _grade(job, now, Wanted(ungraded=True, seen=job.seen))
        job.folded = there


async def _grade(job: ProspectJob, now: Now, wanted: Wanted) -> tuple[int, int]:
    """How many intents were graded, and of how many the grade has changed."""
    deps = job.base.deps
    intents = changed = 0
    after: tuple[UUID] | None = None
    while True:
        async with deps.pool.acquire() as c:
            found = await standing(c, SCHEMA, day_of(deps, now.today, now.standard), wanted, after, AT_ONCE)
        told = await _tell_grades(job, now, found)
        if wanted.ungraded:
            job.seen.update((one.intent_id, one.man_version) for one in found if one.intent_id not in told)
        changed += len(told)
        intents += len(found)
        if len(found) < AT_ONCE:
            return intents, changed
        after = (found[-1].intent_id,)


async def _tell_grades(job: ProspectJob, now: Now, found: Sequence[Prospect]) -> set[UUID]:
    """The intents of which there was news."""
    deps = job.base.deps
    results = {one.intent_id: graded(progress_of(one, now.today, deps.zone), now.today, now.standard) for one in found}
    for _ in range(_TRIES):
        streams = await _streams(job, found)
        appends = {}
        for one in found:
            stored = streams.get(stream_of(one.intent_id), ())
            event = _changed(one, results[one.intent_id], stored, now)
            if event is not None:
                event_id = uuid5(_IDS, f"graded/{one.intent_id}/{len(stored)}")
                new = NewEvent(event_id, event, deps.start_of(now.today))
                appends[one.intent_id] = _append(deps.parts, one, len(stored), [new])
        if await _append_all(job, list(appends.values())):
            return set(appends)
    raise ProspectsContested


def _changed(one: Prospect, result: Graded, stored: Sequence[Envelope], now: Now) -> ProspectGraded | None:
    """What is to be told: another grade or answer, or other points after something was found out; points that only time has changed
    are no news. The stream is asked, since the list may be a moment behind."""
    last = next((each.event for each in reversed(stored) if isinstance(each.event, ProspectGraded)), None)
    if last is not None and (last.grade, last.answer) == (result.grade, result.answer):
        found_out = one.man_version > last.man_version and result.points != last.points
        if not found_out:
            return None
    return ProspectGraded(
        intent_id=one.intent_id,
        customer_id=one.customer_id,
        standard_version=now.standard.version,
        graded_on=now.today,
        grade=result.grade,
        previous=None if last is None else last.grade,
        points=result.points,
        answer=result.answer,
        man_version=one.man_version,
        reasons=result.reasons,
    )


async def _miss(job: ProspectJob, now: Now) -> bool:
    """Tell which reviews and samples were missed until today; False while what was done before today is not all folded, or when
    somebody else wrote in between."""
    deps = job.base.deps
    if not await folded(job.base, (INTENTS, STEPS, SAMPLES, POSTS), deps.start_of(now.today)):
        return False
    through = now.today - timedelta(days=now.standard.grace_days)
    after: tuple[UUID] | None = None
    while True:
        async with deps.pool.acquire() as c:
            day = day_of(deps, now.today, now.standard)
            found = await standing(c, SCHEMA, day, Wanted(missed_by=through), after, AT_ONCE)
        streams = await _streams(job, found)
        appends = []
        for one in found:
            stored = streams.get(stream_of(one.intent_id), ())
            if any(isinstance(each.event, ReviewMissed) and each.event.due_on == one.due_on for each in stored):
                continue
            event = ReviewMissed(
                intent_id=one.intent_id,
                customer_id=one.customer_id,
                grade=one.read_as,
                due_on=one.due_on,
                salesperson_id=one.salesperson_id,
            )
            new = NewEvent(uuid5(_IDS, f"missed/{one.intent_id}/{one.due_on}"), event, deps.start_of(now.today))
            appends.append(_append(deps.parts, one, len(stored), [new]))
        if not await _append_all(job, appends):
            return False
        if len(found) < AT_ONCE:
            return await _miss_samples(job, now)
        after = (found[-1].intent_id,)


async def _miss_samples(job: ProspectJob, now: Now) -> bool:
    """The week before this one: whose cards were not looked at, or not all of the sample."""
    deps = job.base.deps
    week = week_of(now.today) - timedelta(days=7)
    stream = f"samples-missed-{week}"
    async with deps.pool.acquire() as c:
        if (await load(c, SCHEMA, stream)).events:
            return True
        missed = [one for one in await samples_due(c, week, last_of_week(week), None) if not one.done]
    events: list[Event] = [
        SampleMissed(
            salesperson_id=one.led.salesperson_id,
            week_from=week,
            supervisor_id=one.led.superior_id,
            drawn=one.drawn,
            checked=one.checked,
        )
        for one in missed
    ]
    new = [NewEvent(uuid5(_IDS, f"{stream}/{n}"), event, deps.start_of(now.today)) for n, event in enumerate(events)]
    return await _append_all(job, [Append(stream, "new", None, COMPANY_PART, new)] if new else [])


async def _streams(job: ProspectJob, found: Sequence[Prospect]) -> Mapping[str, Sequence[Envelope]]:
    async with job.base.deps.pool.acquire() as c:
        loaded = await load_many(c, SCHEMA, [stream_of(one.intent_id) for one in found])
    return {stream: one.events for stream, one in loaded.items()}


def _append(parts: int, one: Prospect, version: int, new: Sequence[NewEvent]) -> Append:
    return Append(stream_of(one.intent_id), version or "new", one.customer_id, part_of(str(one.customer_id), parts), new)


async def _append_all(job: ProspectJob, appends: Sequence[Append]) -> bool:
    """False when somebody else has written to one of the streams: nothing was appended."""
    if not appends:
        return True
    async with job.base.deps.pool.acquire() as c, c.transaction():
        return (await append_many(c, SCHEMA, appends)).outcome == "appended"
