"""Missed deadlines, on the watermark: what was due and was not done becomes a fact, said once.

All that was recorded before the watermark is seen; so a deadline is told late where something is slow, and never falsely. A
complaint is judged when something was told of it, when its next step is overdue, and when the calendar or the procedure that it
follows is another one; between these it is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.complaints.domain.clock import Clock, Deadline, deadlines, next_due
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.overdue import deadlines_stream, to_say
from services.complaints.handlers.clocks import clock_after, places_of
from services.complaints.handlers.deps import SCHEMA
from services.complaints.handlers.standards import standards_in_force
from services.complaints.read_models.areas import parents
from services.complaints.read_models.complaints import COMPLAINTS
from services.complaints.read_models.next_steps import (
    NextStep,
    forget,
    judge_all_anew,
    judge_the_moved_anew,
    keep,
    overdue,
    unjudged,
)
from shared.contracts.complaint_steps import ComplaintProcedurePublished, WorkingHoursPublished
from shared.contracts.cursor import START, Cursor, part_of
from shared.contracts.topics import COMPLAINT_STREAM_TYPES, COMPLAINTS_EVENTS
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load_many
from shared.feed.scan import horizon, read_watermark, scan
from shared.postgres.pool import Connection, Pool
from shared.projections.reached import last_of_parts, reached

LOOK_SECONDS = 1.0
AT_ONCE = 200
NEWS_AT_ONCE = 5000
SWEPT_EVERY = 10
"""Rounds after which is looked for customers whom another area serves, and for complaints that nobody has judged: it compares all
that go on, inside the database."""
STANDARDS = frozenset((ComplaintProcedurePublished.type, WorkingHoursPublished.type))
NEWS = COMPLAINT_STREAM_TYPES | STANDARDS
_COMPLAINT = complaint_stream(UUID(int=0))[:-36]


@dataclass(slots=True)
class DeadlineJob:
    """`seen`: through which event of the store is known what was told; None when this process has just begun to lead. `began`: where it
    has begun, until the list of complaints has come as far. `around`: the area around each area, as complaints were judged by it."""

    pool: Pool
    zone: ZoneInfo
    parts: int
    seen: Cursor | None = None
    began: Cursor | None = None
    around: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    appends: Sequence[Append]
    rows: Sequence[NextStep]
    ended: Sequence[UUID]


async def watch_deadlines(job: DeadlineJob) -> None:
    """For ever. Any error ends the process; what was appended stands."""
    for number in count():
        await look(job, sweep=number % SWEPT_EVERY == 0)
        await asyncio.sleep(LOOK_SECONDS)


async def look(job: DeadlineJob, *, sweep: bool) -> int:
    """One round; how many facts were told. `sweep`: also over what nobody has told of."""
    async with job.pool.acquire() as c:
        watermark = await read_watermark(c, SCHEMA)
        if watermark is None:
            return 0
        told_of, sweep = await _news(c, job, sweep)
        if sweep:
            await judge_the_moved_anew(c, SCHEMA)
    told = await _judge_all(job, told_of, watermark.t)
    after = UUID(int=0)
    while sweep:
        async with job.pool.acquire() as c:
            several = await unjudged(c, SCHEMA, after, AT_ONCE)
        told += await _judge_all(job, several, watermark.t)
        sweep = len(several) == AT_ONCE
        after = several[-1] if several else after
    while True:
        async with job.pool.acquire() as c:
            several = await overdue(c, SCHEMA, watermark.t, AT_ONCE)
        told += await _judge_all(job, several, watermark.t)
        if len(several) < AT_ONCE:
            return told


async def _news(c: Connection, job: DeadlineJob, sweep: bool) -> tuple[Sequence[UUID], bool]:
    """Complaints of which something was told since the last round, and whether all are to be looked at."""
    around = await parents(c, SCHEMA)
    anew = job.seen is None or around != job.around
    told_of = dict[UUID, None]()
    if job.seen is None:
        job.seen = job.began = await horizon(c, SCHEMA)
    while True:
        records = await scan(c, SCHEMA, job.seen, limit=NEWS_AT_ONCE, types=NEWS)
        for record in records:
            if record.type in STANDARDS:
                anew = True
            else:
                told_of[UUID(record.stream.removeprefix(_COMPLAINT))] = None
        if records:
            job.seen = records[-1].cursor
        if len(records) < NEWS_AT_ONCE:
            break
    if anew:
        await judge_all_anew(c, SCHEMA)
        job.around = around
    if job.began is not None:
        # What was received before is found by the list, which may be behind.
        sweep, job.began = True, None if await _listed(c, job.parts, job.began) else job.began
    return list(told_of), sweep or anew


async def _listed(c: Connection, parts: int, through: Cursor) -> bool:
    last = await last_of_parts(c, SCHEMA, COMPLAINTS.topics[COMPLAINTS_EVENTS], parts, through)
    there = await reached(c, SCHEMA, COMPLAINTS.name, COMPLAINTS_EVENTS)
    return all(there.get(part, START) >= cursor for part, cursor in last.items())


async def _judge_all(job: DeadlineJob, several: Sequence[UUID], at: datetime) -> int:
    told = 0
    for begin in range(0, len(several), AT_ONCE):
        async with job.pool.acquire() as c:
            judged = await _judge(c, job, several[begin : begin + AT_ONCE], at)
        told += await _record(job.pool, judged)
    return told


async def _judge(c: Connection, job: DeadlineJob, several: Sequence[UUID], at: datetime) -> _Judged:
    found = await load_many(c, SCHEMA, [name(one) for one in several for name in (complaint_stream, deadlines_stream)])
    handled = {one: loaded for one in several if (loaded := found.get(complaint_stream(one))) is not None}
    procedure = (await standards_in_force(c)).procedure
    appends, rows = list[Append](), list[NextStep]()
    customers = {one: customer_id for one in handled if (customer_id := handled[one].events[0].customer_id) is not None}
    places = await places_of(c, set(customers.values()), job.zone)
    for one, customer_id in customers.items():
        clock, hours = clock_after(handled[one].events), places.hours_of(customer_id)
        if clock is None or clock.ended_at is not None:
            continue
        stream = deadlines_stream(one)
        before = found.get(stream)
        said = () if before is None else [envelope.event for envelope in before.events]
        due = deadlines(clock, procedure, hours)
        events = to_say((one, customer_id), clock, due, (procedure, hours), said, at)
        rows.append(_next_step((one, customer_id, places.areas.get(customer_id)), clock, due, at))
        if events:
            new = [NewEvent(uuid5(one, f"{event.type}/{number}"), event, at) for number, event in enumerate(events, len(said))]
            appends.append(Append(stream, len(said) or "new", customer_id, part_of(str(customer_id), job.parts), new))
    goes_on = {row.complaint_id for row in rows}
    return _Judged(appends, rows, [one for one in several if one not in goes_on])


def _next_step(whose: tuple[UUID, UUID, str | None], clock: Clock, found: Sequence[Deadline], at: datetime) -> NextStep:
    """`whose`: the complaint, the customer and its area."""
    due = [(one.due_at, one.step) for one in found if one.taken_at is None and one.due_at is not None]
    due_at, step = min(due) if due else (None, None)
    # What is owed already is told no more than once.
    ahead = next_due(one for one in found if not one.missed(at))
    return NextStep(*whose, clock.severity, clock.round, clock.department, due_at, step, ahead)


async def _record(pool: Pool, judged: _Judged) -> int:
    async with pool.acquire() as c, c.transaction():
        if judged.appends:
            done = await append_many(c, SCHEMA, judged.appends)
            if done.outcome != "appended":
                raise DeadlinesContested(done.outcome)
        await keep(c, SCHEMA, judged.rows)
        await forget(c, SCHEMA, judged.ended)
    return sum(len(append.events) for append in judged.appends)


class DeadlinesContested(Exception):
    """Another process tells deadlines as well: this one has lost its leadership and must end."""
