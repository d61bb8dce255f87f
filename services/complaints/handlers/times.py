"""How long complaints take: the deadlines of one, and the figures of all that were received in a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.complaints.domain.clock import Clock, deadlines, times_of
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.overdue import deadlines_stream, owed, told_missed
from services.complaints.domain.procedure import STEPS
from services.complaints.domain.working_time import Hours
from services.complaints.handlers.clocks import clock_after, places_of
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.due import areas_within
from services.complaints.handlers.problems import COMPLAINT_UNKNOWN, TOO_MANY_TO_MEASURE
from services.complaints.handlers.standards import standards_in_force
from services.complaints.read_models.complaints import received_between
from shared.contracts.complaint_steps import ComplaintDeadlineCaughtUp, ComplaintProcedurePublished
from shared.contracts.envelope import Envelope
from shared.event_store.load import load_many
from shared.web.problem import Problem

MOST = 20_000
AT_ONCE = 200


def _told_by(deps: Deps, as_of: date | None) -> datetime:
    """The end of a business day, or now."""
    if as_of is None or as_of >= deps.today():
        return deps.now()
    return datetime.combine(as_of + timedelta(days=1), time.min, deps.zone)


async def times_of_one(deps: Deps, complaint_id: UUID, as_of: date | None) -> dict[str, Any]:
    """What is due, what was kept, how long it took, as it was known at the end of the day `as_of`. Raises Problem."""
    until = _told_by(deps, as_of)
    async with deps.pool.acquire() as c:
        streams = (complaint_stream(complaint_id), deadlines_stream(complaint_id))
        found = await load_many(c, SCHEMA, streams)
        procedure = (await standards_in_force(c)).procedure
        known = _known(found[streams[0]].events, until) if streams[0] in found else []
        customer_id = known[0].customer_id if known else None
        clock = clock_after(known)
        if clock is None or customer_id is None:
            raise Problem(COMPLAINT_UNKNOWN)
        hours = (await places_of(c, [customer_id], deps.zone)).hours_of(customer_id)
    missed = _known(found[streams[1]].events, until) if streams[1] in found else []
    return {
        "id": complaint_id,
        "round": clock.round,
        "severity": clock.severity,
        "on_hold_since": clock.held_since,
        **_minutes(clock, hours, until),
        "deadlines": [
            {
                "step": one.step,
                "minutes": one.minutes,
                "due_at": one.due_at,
                "taken_at": one.taken_at,
                "kept": one.kept,
                "missed": clock.ended_at is None and one.missed(until),
            }
            for one in deadlines(clock, procedure, hours)
        ],
        "told_as_missed": list(owed(one.event for one in missed).values()),
        "caught_up": [_caught_up(one) for one in missed if isinstance(one.event, ComplaintDeadlineCaughtUp)],
        "from_what": _from_what(procedure, hours, until) | {"events": len(known)},
    }


def _caught_up(one: Envelope) -> dict[str, Any]:
    """What was told as missed and is owed no more: it stays on record."""
    return {name: getattr(one.event, name) for name in ("step", "round", "because")} | {"told_at": one.occurred_at}


def _known(envelopes: Sequence[Envelope], until: datetime) -> list[Envelope]:
    return [one for one in envelopes if one.recorded_at <= until]


def _minutes(clock: Clock, hours: Hours, until: datetime) -> dict[str, int | None]:
    times = times_of(clock, hours, until)
    return {
        "first_response_minutes": times.first_response,
        "resolution_minutes": times.resolution,
        "on_hold_minutes": times.on_hold,
    }


def _from_what(procedure: ComplaintProcedurePublished, hours: Hours, until: datetime) -> dict[str, Any]:
    return {
        "procedure_version": procedure.version,
        "working_hours": {"area_id": hours.area_id, "version": hours.version, "zone": hours.zone.key},
        "recorded_until": until,
    }


@dataclass(frozen=True, slots=True)
class Period:
    """Complaints received from `first` through `last`, of one area and those within it, as known at the end of `as_of`."""

    first: date
    last: date
    area_id: str | None = None
    as_of: date | None = None


async def times_of_all(deps: Deps, period: Period) -> dict[str, Any]:
    """How many, how long the first response and the resolution took, and which deadlines of the present round were kept;
    `kept_by_later_word`: those among them that were told as missed before somebody entered that they were kept. Never by person: how
    complaints are handled is the company's matter. Raises Problem."""
    until = _told_by(deps, period.as_of)
    responses, resolutions = list[int](), list[int]()
    count, open_ones, kept, missed, mended = 0, 0, Counter[str](), Counter[str](), Counter[str]()
    async with deps.pool.acquire() as c:
        areas = await areas_within(c, period.area_id)
        several = await received_between(c, SCHEMA, period.first, period.last, areas, MOST + 1)
        if len(several) > MOST:
            raise Problem(TOO_MANY_TO_MEASURE)
        procedure = (await standards_in_force(c)).procedure
        places = await places_of(c, {one.customer_id for one in several}, deps.zone)
        for begin in range(0, len(several), AT_ONCE):
            piece = several[begin : begin + AT_ONCE]
            names = [name(one.complaint_id) for one in piece for name in (complaint_stream, deadlines_stream)]
            found = await load_many(c, SCHEMA, names)
            for one in piece:
                clock = clock_after(_known(found[complaint_stream(one.complaint_id)].events, until))
                if clock is None:
                    continue
                hours = places.hours_of(one.customer_id)
                times = times_of(clock, hours, until)
                count, open_ones = count + 1, open_ones + (clock.ended_at is None)
                responses += [] if times.first_response is None else [times.first_response]
                resolutions += [] if times.resolution is None else [times.resolution]
                said = found.get(deadlines_stream(one.complaint_id))
                told = told_missed(envelope.event for envelope in _known(said.events if said else (), until))
                for step in deadlines(clock, procedure, hours):
                    mended[step.step] += step.kept is True and (clock.round, step.step) in told
                    late = step.kept is False or (clock.ended_at is None and step.missed(until))
                    missed[step.step] += late
                    kept[step.step] += step.kept is True
    return {
        "complaints": count,
        "open": open_ones,
        "first_response_minutes": _spread(responses),
        "resolution_minutes": _spread(resolutions),
        "deadlines": [
            {"step": step, "kept": kept[step], "missed": missed[step], "kept_by_later_word": mended[step]}
            for step in STEPS
            if step in kept
        ],
        "from_what": {
            "received": {"from": period.first, "to": period.last},
            "area_id": period.area_id,
            "procedure_version": procedure.version,
            "recorded_until": until,
            "read_model": "complaints",
        },
    }


def _spread(minutes: Sequence[int]) -> dict[str, int] | None:
    """Of how many, the median and the ninth tenth; None of none."""
    if not minutes:
        return None
    ordered = sorted(minutes)
    return {
        "of": len(ordered),
        "median": ordered[(len(ordered) - 1) // 2],
        "nine_of_ten": ordered[-(-9 * len(ordered) // 10) - 1],
    }
