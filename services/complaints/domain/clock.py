"""When each step of a complaint was taken, what is due when, and how long it took. Pure: told moments, reads no clock.

A round begins with the receipt, or with a customer who is not satisfied. The steps are due so many minutes of working time
after the beginning of the round, CLOSED after the receipt; while the complaint is on hold no time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.complaints.domain.commands import Severity
from services.complaints.domain.procedure import OF_A_ROUND, STEPS, UNASSESSED
from services.complaints.domain.working_time import Hours, Span, due_at, worked_between
from shared.contracts.complaint_steps import (
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintHeld,
    ComplaintInvestigated,
    ComplaintProcedurePublished,
    ComplaintResumed,
    CustomerDissatisfied,
    CustomerSatisfied,
    ProcedureStep,
    SolutionApproved,
    SolutionProposed,
    SolutionRefused,
)
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.event import Event

MINUTE = timedelta(minutes=1)
TAKES: Mapping[type[Event], ProcedureStep] = {
    ComplaintAcknowledged: "ACKNOWLEDGED",
    ComplaintAssessed: "ASSESSED",
    ComplaintAssigned: "ASSIGNED",
    ComplaintInvestigated: "INVESTIGATED",
    SolutionProposed: "PROPOSED",
    SolutionApproved: "APPROVED",
    SolutionCarriedOut: "CARRIED_OUT",
    CustomerSatisfied: "CONFIRMED",
    ComplaintClosed: "CLOSED",
}
"""By which event a step is taken."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`reached`: when a step of this round, or one behind it, was taken first. `holds` that have ended, and since when the present
    one. `responded_at`: the first thing that was done about the complaint."""

    received_at: datetime
    began_at: datetime
    round: int = 1
    severity: Severity = UNASSESSED
    reached: Mapping[ProcedureStep, datetime] = field(default_factory=dict)
    holds: tuple[Span, ...] = ()
    held_since: datetime | None = None
    responded_at: datetime | None = None
    ended_at: datetime | None = None
    department: str | None = None

    def without(self, until: datetime) -> tuple[Span, ...]:
        """All holds, the present one up to a moment."""
        return self.holds if self.held_since is None else (*self.holds, (self.held_since, until))


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due_at` is None while the complaint is on hold and the time has not run out. `taken_at`: None until it or a later step
    was taken."""

    step: ProcedureStep
    minutes: int
    due_at: datetime | None
    taken_at: datetime | None

    def missed(self, at: datetime) -> bool:
        """Whether it is owed at that moment."""
        return self.taken_at is None and self.due_at is not None and self.due_at < at

    @property
    def kept(self) -> bool | None:
        """Whether it was taken in time; None: not taken."""
        return None if self.taken_at is None else self.due_at is None or self.taken_at <= self.due_at


def clock_of(told: Iterable[tuple[Event, datetime]]) -> Clock | None:
    """The clock after the events of a complaint's stream, each with the moment at which it happened; None for no receipt."""
    clock: Clock | None = None
    for event, at in told:
        if isinstance(event, ComplaintReceived):
            clock = Clock(at, at)
        elif clock is not None:
            clock = _after(clock, event, at)
    return clock


def _after(clock: Clock, event: Event, at: datetime) -> Clock:
    step = TAKES.get(type(event))
    if step is not None:
        passed = dict.fromkeys(STEPS[: STEPS.index(step) + 1], at)
        clock = replace(clock, reached={**passed, **clock.reached})
    if step is not None or isinstance(event, ClaimSettled):
        clock = replace(clock, responded_at=clock.responded_at or at)
    match event:
        case ComplaintAssessed():
            return replace(clock, severity=event.severity)
        case ComplaintAssigned():
            return replace(clock, department=event.department)
        case SolutionRefused():
            return replace(
                clock, reached={one: when for one, when in clock.reached.items() if one not in ("PROPOSED", "APPROVED")}
            )
        case CustomerDissatisfied():
            kept = {one: when for one, when in clock.reached.items() if one not in OF_A_ROUND}
            return _running(replace(clock, reached=kept, round=event.round, began_at=at), at)
        case ComplaintHeld():
            return replace(clock, held_since=at)
        case ComplaintResumed():
            return _running(clock, at)
        case ComplaintClosed() | ComplaintWithdrawn():
            return replace(_running(clock, at), ended_at=at)
    return clock


def _running(clock: Clock, at: datetime) -> Clock:
    return clock if clock.held_since is None else replace(clock, holds=(*clock.holds, (clock.held_since, at)), held_since=None)


def deadlines(clock: Clock, procedure: ComplaintProcedurePublished, hours: Hours) -> Sequence[Deadline]:
    """What is due in the present round, in the order of the steps."""
    asked = procedure.due_minutes.get(clock.severity, {})
    return [_deadline(clock, step, asked[step], hours) for step in STEPS if step in asked]


def _deadline(clock: Clock, step: ProcedureStep, minutes: int, hours: Hours) -> Deadline:
    in_round = step in OF_A_ROUND and step != "CLOSED"
    begins = clock.began_at if in_round else clock.received_at
    due: datetime | None = due_at(hours, begins, minutes * MINUTE, clock.holds)
    if clock.held_since is not None and due is not None and due > clock.held_since:
        due = None
    return Deadline(step, minutes, due, clock.reached.get(step))


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes of working time without holds, whole ones; `resolution` is None until the complaint ended."""

    first_response: int | None
    resolution: int | None
    on_hold: int


def times_of(clock: Clock, hours: Hours, now: datetime) -> Times:
    """How long it took; what is on hold still is counted up to now."""

    def minutes(until: datetime | None, holds: Sequence[Span]) -> int | None:
        return None if until is None else worked_between(hours, clock.received_at, until, holds) // MINUTE

    end = clock.ended_at or now
    holds = clock.without(now)
    worked = worked_between(hours, clock.received_at, end)
    return Times(
        first_response=minutes(clock.responded_at, holds),
        resolution=minutes(clock.ended_at, holds),
        on_hold=(worked - worked_between(hours, clock.received_at, end, holds)) // MINUTE,
    )


def next_due(found: Iterable[Deadline]) -> datetime | None:
    """When the first of the steps that are not taken is due."""
    return min((one.due_at for one in found if one.taken_at is None and one.due_at is not None), default=None)
