"""An alert from its opening to its end: data open, worsen, recover and reopen it, persons take it through the procedure.

What the data say is accepted in every state, so that nothing that a person did can hold it up. Data that recover do not
erase the question why: a person ends an alert, with a cause and an outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypedDict
from uuid import UUID

from services.alerts.domain import refusals
from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertKind,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    CauseRecorded,
    MeasureDecided,
    NoteAdded,
    Outcome,
)

Measure = Literal["GROW", "SHRINK", "HOLD", "STOP", "RELEASE", "VISIT", "SETTLE"]


@dataclass(frozen=True, slots=True)
class NotOpened:
    """Nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Open:
    """Waits for somebody. Base of what is going on."""

    alert_id: UUID
    customer_id: UUID
    kind: AlertKind
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged(Open):
    """Somebody looks after it, and will look again on a day."""

    next_check_on: date = date.max


@dataclass(frozen=True, slots=True)
class Recovered(Open):
    """The data say that it is over; the question why is open."""


@dataclass(frozen=True, slots=True)
class Closed(Open):
    """Ended by a person, with cause and outcome."""


Alert = NotOpened | Open


@dataclass(frozen=True, slots=True)
class ReportAbnormality:
    alert_id: UUID
    customer_id: UUID
    reported_by: UUID
    reported_on: date
    today: date
    sign: str
    details: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    by: UUID
    next_check_on: date
    today: date


@dataclass(frozen=True, slots=True)
class RecordCause:
    by: UUID
    cause: str


@dataclass(frozen=True, slots=True)
class DecideMeasure:
    by: UUID
    measure: Measure


@dataclass(frozen=True, slots=True)
class AddNote:
    by: UUID
    note: str


@dataclass(frozen=True, slots=True)
class Close:
    """`cause` may be left out when it was recorded before."""

    by: UUID
    outcome: Outcome
    cause: str | None = None


AlertCommand = Acknowledge | RecordCause | DecideMeasure | AddNote | Close


def decide(state: Alert, command: AlertCommand | ReportAbnormality) -> list[AlertEvent]:
    """The events that the command leads to. Raises an AlertRefused."""
    match state, command:
        case NotOpened(), ReportAbnormality():
            return [_reported(command)]
        case NotOpened(), _:
            raise refusals.AlertUnknown
        case _, ReportAbnormality():
            raise refusals.AlertExists
        case Open(), AddNote():
            # Also when it is closed: what comes out later belongs to it.
            return [NoteAdded(**_about(state), note=command.note, added_by=command.by)]
        case Closed(), _:
            raise refusals.AlertIsClosed
        case Open(), Acknowledge():
            if command.next_check_on <= command.today:
                raise refusals.NextCheckNotAhead
            return [AlertAcknowledged(**_about(state), acknowledged_by=command.by, next_check_on=command.next_check_on)]
        case Open(), RecordCause():
            return [CauseRecorded(**_about(state), cause=command.cause, recorded_by=command.by)]
        case Open(), DecideMeasure():
            return [MeasureDecided(**_about(state), measure=command.measure, decided_by=command.by)]
        case Open(), Close():
            cause = command.cause or state.cause
            if cause is None:
                raise refusals.CauseMissing
            return [AlertClosed(**_about(state), outcome=command.outcome, cause=cause, closed_by=command.by)]
    raise AssertionError(f"unknown command {command!r}")


def evolve(state: Alert, event: AlertEvent) -> Alert:
    """A new level, and coming back, are news whoever has looked before: the alert is open again."""
    if isinstance(event, AlertOpened | AbnormalityReported):
        return Open(event.alert_id, event.customer_id, event.kind)
    if isinstance(state, NotOpened):
        # The stream of an alert that was opened by an older fold of the same facts.
        state = Open(event.alert_id, event.customer_id, event.kind)
    known = (state.alert_id, state.customer_id, state.kind, state.cause)
    match event:
        case AlertWorsened() | AlertReopened():
            return Open(*known)
        case AlertRecovered():
            return state if isinstance(state, Closed) else Recovered(*known)
        case AlertAcknowledged():
            return state if isinstance(state, Closed | Recovered) else Acknowledged(*known, event.next_check_on)
        case CauseRecorded():
            return replace(state, cause=event.cause)
        case AlertClosed():
            return Closed(state.alert_id, state.customer_id, state.kind, event.cause)
    return state


def state_of(events: Iterable[AlertEvent]) -> Alert:
    state: Alert = NotOpened()
    for event in events:
        state = evolve(state, event)
    return state


def name_of(state: Alert) -> str:
    """OPEN, ACKNOWLEDGED, RECOVERED or CLOSED."""
    return type(state).__name__.upper()


class _About(TypedDict):
    alert_id: UUID
    customer_id: UUID
    kind: AlertKind


def _about(state: Open) -> _About:
    return {"alert_id": state.alert_id, "customer_id": state.customer_id, "kind": state.kind}


def _reported(command: ReportAbnormality) -> AbnormalityReported:
    if command.reported_on > command.today:
        raise refusals.ReportedInFuture
    return AbnormalityReported(
        alert_id=command.alert_id,
        customer_id=command.customer_id,
        kind="reported",
        reported_by=command.reported_by,
        reported_on=command.reported_on,
        sign=command.sign,
        details=command.details,
    )
