"""Missed deadlines, on the watermark: what was due and was not done becomes a fact, said once.

All that was recorded before the watermark is seen; so a deadline is told late where something is slow, and never falsely.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.complaints.domain.clock import deadlines, next_due
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.overdue import deadlines_stream, to_say
from services.complaints.handlers.clocks import Places, clock_after, places_of
from services.complaints.handlers.deps import SCHEMA
from services.complaints.handlers.standards import standards_in_force
from services.complaints.read_models.complaints import OpenComplaint, open_complaints
from shared.contracts.complaint_steps import ComplaintProcedurePublished
from shared.contracts.cursor import part_of
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load_many
from shared.feed.scan import read_watermark
from shared.postgres.pool import Connection, Pool

LOOK_SECONDS = 1.0
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Looked:
    """A complaint as it was looked at: by which standard, and when the next of its steps is due."""

    version: int
    standard: tuple[int, str | None, int]
    next_due: datetime | None


@dataclass(slots=True)
class DeadlineJob:
    """`looked`: what is known while this process leads, so that only what has changed is looked at again."""

    pool: Pool
    zone: ZoneInfo
    parts: int
    looked: dict[UUID, Looked] = field(default_factory=dict)


async def watch_deadlines(job: DeadlineJob) -> None:
    """For ever. Any error ends the process; what was appended stands."""
    while True:
        await look(job)
        await asyncio.sleep(LOOK_SECONDS)


async def look(job: DeadlineJob) -> int:
    """One round over the open complaints; how many facts were told."""
    async with job.pool.acquire() as c:
        watermark = await read_watermark(c, SCHEMA)
        if watermark is None:
            return 0
        procedure = (await standards_in_force(c)).procedure
        several = await open_complaints(c, SCHEMA)
        places = await places_of(c, {one.customer_id for one in several}, job.zone)
    job.looked = {one.complaint_id: job.looked[one.complaint_id] for one in several if one.complaint_id in job.looked}
    due = [one for one in several if _is_due(job, one, procedure, places, watermark.t)]
    told = 0
    for begin in range(0, len(due), AT_ONCE):
        async with job.pool.acquire() as c:
            appends = await _judge(c, job, due[begin : begin + AT_ONCE], procedure, places, watermark.t)
        told += await _append(job.pool, appends)
    return told


def _standard(procedure: ComplaintProcedurePublished, places: Places, customer_id: UUID) -> tuple[int, str | None, int]:
    hours = places.hours_of(customer_id)
    return procedure.version, hours.area_id, hours.version


def _is_due(job: DeadlineJob, one: OpenComplaint, procedure: ComplaintProcedurePublished, places: Places, at: datetime) -> bool:
    before = job.looked.get(one.complaint_id)
    if before is None or (before.version, before.standard) != (one.version, _standard(procedure, places, one.customer_id)):
        return True
    return before.next_due is not None and before.next_due < at


async def _judge(
    c: Connection,
    job: DeadlineJob,
    several: Sequence[OpenComplaint],
    procedure: ComplaintProcedurePublished,
    places: Places,
    at: datetime,
) -> list[Append]:
    names = [name(one.complaint_id) for one in several for name in (complaint_stream, deadlines_stream)]
    found = await load_many(c, SCHEMA, names)
    appends = []
    for one in several:
        stream = deadlines_stream(one.complaint_id)
        handled, before = found[complaint_stream(one.complaint_id)], found.get(stream)
        clock, hours = clock_after(handled.events), places.hours_of(one.customer_id)
        if clock is None or clock.ended_at is not None:
            continue
        due = deadlines(clock, procedure, hours)
        said = () if before is None else [envelope.event for envelope in before.events]
        events = to_say((one.complaint_id, one.customer_id), clock, due, (procedure, hours), said, at)
        # What is owed already is due no more than once.
        ahead = next_due(step for step in due if not step.missed(at))
        job.looked[one.complaint_id] = Looked(handled.version, _standard(procedure, places, one.customer_id), ahead)
        if events:
            new = [
                NewEvent(uuid5(one.complaint_id, f"{event.type}/{number}"), event, at)
                for number, event in enumerate(events, len(said))
            ]
            part = part_of(str(one.customer_id), job.parts)
            appends.append(Append(stream, len(said) or "new", one.customer_id, part, new))
    return appends


async def _append(pool: Pool, appends: Sequence[Append]) -> int:
    if not appends:
        return 0
    async with pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, appends)
    if done.outcome != "appended":
        raise DeadlinesContested(done.outcome)
    return sum(len(append.events) for append in appends)


class DeadlinesContested(Exception):
    """Another process tells deadlines as well: this one has lost its leadership and must end."""
