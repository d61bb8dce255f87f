"""A measure so that complaints about one article, batch, cause, carrier or area do not come again: decided, carried out, checked. Pure.

Whether it helped is counted: complaints of equally many days before the day on which it was carried out, and from it on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.refusals import DayInFuture
from shared.contracts.complaint_facts import (
    Dimension,
    OfMeasure,
    PreventionCarriedOut,
    PreventionChecked,
    PreventionDecided,
    PreventionDropped,
)
from shared.contracts.event import Event


@dataclass(frozen=True, slots=True)
class Measure:
    measure_id: UUID
    against: Dimension
    value: str
    decided_on: date
    check_days: int
    carried_out_on: date | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class DecideMeasure:
    measure_id: UUID
    against: Dimension
    value: str
    action: str
    owner: str
    decided_on: date
    due_on: date
    check_days: int
    today: date
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class MeasureStep:
    """Base of what is done with a measure on a business day."""

    on: date
    today: date
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class CarryOutMeasure(MeasureStep):
    """From this day on it holds."""


@dataclass(frozen=True, slots=True)
class CheckMeasure(MeasureStep):
    """`before` and `after`: complaints of the spans that `spans` gives."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class DropMeasure(MeasureStep):
    reason: str


MeasureCommand = CarryOutMeasure | CheckMeasure | DropMeasure


class Spans(NamedTuple):
    """Days from the first to the day before the last: before the measure, and from it on."""

    first: date
    carried_out_on: date
    end: date


def measure_stream(measure_id: UUID) -> str:
    return f"prevention-{measure_id}"


def spans(measure: Measure) -> Spans | None:
    """What is compared; None before the measure was carried out."""
    if measure.carried_out_on is None:
        return None
    days = timedelta(days=measure.check_days)
    return Spans(measure.carried_out_on - days, measure.carried_out_on, measure.carried_out_on + days)


def begin(measure: Measure | None, command: DecideMeasure) -> PreventionDecided:
    """Raises a ComplaintRefused."""
    if measure is not None:
        raise refusals.MeasureExists
    if command.decided_on > command.today:
        raise DayInFuture
    if command.due_on < command.decided_on:
        raise refusals.DueBeforeDecided
    return PreventionDecided(
        measure_id=command.measure_id,
        against=command.against,
        value=command.value,
        action=command.action,
        owner=command.owner,
        decided_on=command.decided_on,
        due_on=command.due_on,
        check_days=command.check_days,
        decided_by=command.decided_by,
    )


def decide(measure: Measure | None, command: MeasureCommand) -> OfMeasure:
    """The event that a step leads to. Raises a ComplaintRefused."""
    if measure is None:
        raise refusals.MeasureUnknown
    if measure.ended:
        raise refusals.MeasureEnded
    if command.on > command.today:
        raise DayInFuture
    if command.on < measure.decided_on:
        raise refusals.BeforeDecision
    whose: dict[str, Any] = {"measure_id": measure.measure_id, "decided_by": command.decided_by}
    match command:
        case CarryOutMeasure():
            if measure.carried_out_on is not None:
                raise refusals.MeasureCarriedOutAlready
            return PreventionCarriedOut(**whose, carried_out_on=command.on)
        case CheckMeasure():
            found = spans(measure)
            if found is None:
                raise refusals.MeasureNotCarriedOut
            if command.on < found.end:
                raise refusals.CheckTooEarly
            return PreventionChecked(
                **whose,
                checked_on=command.on,
                before=command.before,
                after=command.after,
                effective=command.after < command.before,
            )
        case DropMeasure():
            return PreventionDropped(**whose, dropped_on=command.on, reason=command.reason)


def evolve(measure: Measure | None, event: Event) -> Measure | None:
    """The measure after one event of its stream."""
    match event:
        case PreventionDecided():
            return Measure(event.measure_id, event.against, event.value, event.decided_on, event.check_days)
        case PreventionCarriedOut() if measure is not None:
            return replace(measure, carried_out_on=event.carried_out_on)
        case PreventionChecked() | PreventionDropped() if measure is not None:
            return replace(measure, ended=True)
    return measure


def measure_of(events: Iterable[Event]) -> Measure | None:
    start: Measure | None = None
    return reduce(evolve, events, start)
