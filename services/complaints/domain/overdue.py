"""Which missed deadlines are to be told of a complaint, and which are owed no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.complaints.domain.clock import Clock, Deadline
from services.complaints.domain.working_time import Hours
from shared.contracts.complaint_steps import (
    CaughtUp,
    ComplaintDeadlineCaughtUp,
    ComplaintDeadlineMissed,
    ComplaintProcedurePublished,
    ProcedureStep,
)
from shared.contracts.event import Event

Said = ComplaintDeadlineMissed | ComplaintDeadlineCaughtUp
Key = tuple[int, ProcedureStep]
"""A round and a step."""


def deadlines_stream(complaint_id: UUID) -> str:
    """Apart from the complaint's own: what the clock says never stands in the way of who works on it."""
    return f"complaint-deadlines-{complaint_id}"


def owed(said: Iterable[Event]) -> dict[Key, ComplaintDeadlineMissed]:
    """What was missed and not caught up after these events of the stream."""
    found: dict[Key, ComplaintDeadlineMissed] = {}
    for event in said:
        match event:
            case ComplaintDeadlineMissed():
                found[event.round, event.step] = event
            case ComplaintDeadlineCaughtUp():
                found.pop((event.round, event.step), None)
    return found


def told_missed(said: Iterable[Event]) -> set[Key]:
    """All that was told as missed by the standard in force, also what is owed no more: what is kept for all that was kept by what was
    entered afterwards. Where more time was given it was missed by an earlier standard only."""
    found: set[Key] = set()
    for event in said:
        match event:
            case ComplaintDeadlineMissed():
                found.add((event.round, event.step))
            case ComplaintDeadlineCaughtUp(because="MORE_TIME"):
                found.discard((event.round, event.step))
    return found


def _because(told: ComplaintDeadlineMissed, clock: Clock, standard: tuple[ComplaintProcedurePublished, Hours]) -> CaughtUp:
    if told.round != clock.round:
        return "ANOTHER_ROUND"
    taken_at = clock.reached.get(told.step)
    if taken_at is not None and taken_at > told.due_at:
        return "TAKEN"
    procedure, hours = standard
    by = (procedure.version, hours.version, hours.area_id, clock.severity)
    same = by == (told.procedure_version, told.hours_version, told.area_id, told.severity)
    # By the same standard there is more time only where a step or a hold was entered with a moment that had passed.
    return "BACKDATED" if taken_at is not None or same else "MORE_TIME"


def to_say(
    whose: tuple[UUID, UUID],
    clock: Clock,
    deadlines: Sequence[Deadline],
    standard: tuple[ComplaintProcedurePublished, Hours],
    said: Iterable[Event],
    at: datetime,
) -> list[Said]:
    """What is to be told at a moment of a complaint that goes on, after what was told. `whose`: the complaint and the customer."""
    (complaint_id, customer_id), (procedure, hours) = whose, standard
    standing = owed(said)
    missed = {(clock.round, one.step): one for one in deadlines if one.missed(at)}
    found: list[Said] = []
    for (number, step), told in standing.items():
        if (number, step) not in missed:
            found.append(
                ComplaintDeadlineCaughtUp(
                    complaint_id=complaint_id,
                    customer_id=customer_id,
                    step=step,
                    round=number,
                    because=_because(told, clock, standard),
                )
            )
    for key, one in missed.items():
        if key not in standing and one.due_at is not None:
            found.append(
                ComplaintDeadlineMissed(
                    complaint_id=complaint_id,
                    customer_id=customer_id,
                    step=one.step,
                    round=clock.round,
                    due_at=one.due_at,
                    severity=clock.severity,
                    procedure_version=procedure.version,
                    hours_version=hours.version,
                    area_id=hours.area_id,
                    department=clock.department,
                )
            )
    return found
