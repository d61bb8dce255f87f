"""What is due next with the complaints that go on."""

from __future__ import annotations

from typing import Any

from services.complaints.domain.clock import deadlines
from services.complaints.domain.complaint import complaint_stream
from services.complaints.handlers.clocks import clock_after, places_of
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.standards import standards_in_force
from services.complaints.read_models.complaints import open_complaints
from shared.event_store.load import load_many

AT_ONCE = 200


async def due_next(deps: Deps, area_id: str | None, limit: int) -> dict[str, Any]:
    """The next step of each open complaint of an area and those within it, or of the company; what is overdue longest first. A
    complaint on hold, or of which nothing is due, is not in it."""
    now, found, going_on = deps.now(), list[dict[str, Any]](), 0
    async with deps.pool.acquire() as c:
        procedure = (await standards_in_force(c)).procedure
        several = await open_complaints(c, SCHEMA)
        places = await places_of(c, {one.customer_id for one in several}, deps.zone)
        if area_id is not None:
            several = [one for one in several if area_id in places.lying_in(one.customer_id)]
        for begin in range(0, len(several), AT_ONCE):
            piece = several[begin : begin + AT_ONCE]
            loaded = await load_many(c, SCHEMA, [complaint_stream(one.complaint_id) for one in piece])
            for one in piece:
                clock = clock_after(loaded[complaint_stream(one.complaint_id)].events)
                if clock is None or clock.ended_at is not None:
                    continue
                going_on += 1
                told = deadlines(clock, procedure, places.hours_of(one.customer_id))
                due = [(step.due_at, step.step) for step in told if step.taken_at is None and step.due_at is not None]
                if due:
                    at, step = min(due)
                    found.append(
                        {
                            "due_at": at,
                            "step": step,
                            "missed": at < now,
                            "id": one.complaint_id,
                            "customer_id": one.customer_id,
                            "department": clock.department,
                            "severity": clock.severity,
                            "round": clock.round,
                        }
                    )
    found.sort(key=lambda one: (one["due_at"], one["id"]))
    from_what = {"open_complaints": going_on, "procedure_version": procedure.version, "area_id": area_id, "at": now}
    return {"items": found[:limit], "further": max(len(found) - limit, 0), "from_what": from_what}
