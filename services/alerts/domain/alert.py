"""What persons may do with an alert: take it through the procedure to its end, with a cause and an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypedDict
from uuid import UUID

from services.alerts.domain import refusals
from services.alerts.domain.alert_state import Alert
from shared.contracts.alert_steps import MeasureTaken
from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertKind,
    CauseRecorded,
    CustomerFigures,
    MeasureDecided,
    NoteAdded,
    Outcome,
)
from shared.contracts.money import Money

MeasureName = Literal["GROW", "SHRINK", "HOLD", "STOP", "RELEASE", "VISIT", "SETTLE"]


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
    """For one side, or for all of them."""

    by: UUID
    next_check_on: date
    today: date
    side: str | None = None


@dataclass(frozen=True, slots=True)
class RecordCause:
    by: UUID
    cause: str


@dataclass(frozen=True, slots=True)
class DecideMeasure:
    """`figures` are the customer's of today; what the measure comes to is judged against them."""

    by: UUID
    measure: MeasureName
    measure_id: UUID | None = None
    due_on: date | None = None
    today: date = date.min
    figures: CustomerFigures | None = None


@dataclass(frozen=True, slots=True)
class TakeMeasure:
    by: UUID
    measure_id: UUID
    taken_on: date
    today: date
    verify_on: date | None = None


@dataclass(frozen=True, slots=True)
class AddNote:
    by: UUID
    note: str


@dataclass(frozen=True, slots=True)
class Close:
    """`cause` may be left out when it was recorded before; without `at_stake` it is what was found when the sides were asked.

    `came_true_on`, no later than `today`: the day of what was warned of, where there is one.
    """

    by: UUID
    outcome: Outcome
    cause: str | None = None
    at_stake: Sequence[Money] = ()
    came_true_on: date | None = None
    today: date = date.max


AlertCommand = Acknowledge | RecordCause | DecideMeasure | TakeMeasure | AddNote | Close


def decide(state: Alert | None, command: AlertCommand | ReportAbnormality) -> list[AlertEvent]:
    """The events that the command leads to. Raises an AlertRefused."""
    if isinstance(command, ReportAbnormality):
        if state is not None:
            raise refusals.AlertExists
        return [_reported(command)]
    if state is None:
        raise refusals.AlertUnknown
    about = _about(state)
    match command:
        case AddNote():
            # Also when it is closed: what comes out later belongs to it.
            return [NoteAdded(**about, note=command.note, added_by=command.by)]
        case TakeMeasure():
            # Also when it is closed: what was decided is done all the same.
            return [_taken(state, command)]
    if state.state == "CLOSED":
        raise refusals.AlertIsClosed
    match command:
        case Acknowledge():
            return [_acknowledged(state, command)]
        case RecordCause():
            return [CauseRecorded(**about, cause=command.cause, recorded_by=command.by)]
        case DecideMeasure():
            return [_decided(state, command)]
        case Close():
            cause = command.cause or state.cause
            if cause is None:
                raise refusals.CauseMissing
            if command.came_true_on is not None and command.came_true_on > command.today:
                raise refusals.CameTrueAhead
            stake, came_true_on = tuple(command.at_stake) or state.at_stake, command.came_true_on
            return [
                AlertClosed(
                    **about,
                    outcome=command.outcome,
                    cause=cause,
                    closed_by=command.by,
                    at_stake=stake,
                    came_true_on=came_true_on,
                )
            ]
    raise AssertionError(f"unknown command {command!r}")


def _acknowledged(state: Alert, command: Acknowledge) -> AlertAcknowledged:
    if command.next_check_on <= command.today:
        raise refusals.NextCheckNotAhead
    asked = [one.side for one in state.sides]
    if command.side is not None and state.routed and command.side not in asked:
        raise refusals.SideNotAsked(asked)
    return AlertAcknowledged(**_about(state), acknowledged_by=command.by, next_check_on=command.next_check_on, side=command.side)


def _decided(state: Alert, command: DecideMeasure) -> MeasureDecided:
    if command.due_on is not None and command.due_on < command.today:
        raise refusals.DueBeforeToday
    return MeasureDecided(
        **_about(state),
        measure=command.measure,
        decided_by=command.by,
        measure_id=command.measure_id,
        due_on=command.due_on,
        figures=command.figures,
    )


def _taken(state: Alert, command: TakeMeasure) -> MeasureTaken:
    measure = next((one for one in state.measures if one.measure_id == command.measure_id), None)
    if measure is None:
        raise refusals.MeasureUnknown
    if measure.taken_on is not None:
        raise refusals.MeasureWasTaken
    if command.taken_on > command.today:
        raise refusals.TakenInFuture
    # Of a release nothing follows that could be verified.
    verify_on = None if measure.measure == "RELEASE" else command.verify_on
    return MeasureTaken(
        **_about(state),
        measure_id=command.measure_id,
        taken_on=command.taken_on,
        taken_by=command.by,
        verify_on=verify_on,
    )


class _About(TypedDict):
    alert_id: UUID
    customer_id: UUID
    kind: AlertKind


def _about(state: Alert) -> _About:
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
