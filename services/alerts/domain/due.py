"""What is due of an alert, by when, and on which day the procedure has to look at it again. Pure."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, get_args
from uuid import UUID

from services.alerts.domain.alert_state import Alert, Measure
from shared.contracts.alert_steps import Step


class Due(NamedTuple):
    """A step and the last business day on which it was or is in time; after the day `tell_after` somebody higher is told of it.

    `rank`: how many have been told.
    """

    due_on: date
    step: Step
    tell_after: date
    measure_id: UUID | None = None
    rank: int = 0


AT_ONCE = date(1970, 1, 1)
"""A day that has passed in every company: what waits for it waits for nothing."""
RECOVERY_VERIFIES = ("VISIT", "SETTLE")


def dues(state: Alert) -> list[Due]:
    """What is due, the earliest first; what was not done in time stays due. A closed alert's measures are still verified."""
    found = [_due(one.verify_on, "VERIFY", one.measure_id) for one in state.measures if one.verify_on and one.worked is None]
    if state.routed and not state.held and state.state != "CLOSED":
        found += _steps(state)
    return sorted((_told(state, due) for due in found), key=lambda due: (due.due_on, get_args(Step).index(due.step)))


def look_on(state: Alert) -> date | None:
    """After this day the procedure has to look at the alert, if nothing happens before; None: never."""
    if state.goes_on and not state.routed and not state.held:
        return AT_ONCE
    if state.state == "RECOVERED" and any(verified_by_recovery(one) for one in state.measures):
        return AT_ONCE
    days = [due.tell_after for due in dues(state) if due.tell_after != date.max]
    if state.muted_until is not None and state.state != "CLOSED":
        days.append(state.muted_until)
    return min(days, default=None)


def verified_by_recovery(measure: Measure) -> bool:
    """It was taken so that the customer buys or pays again; the data have not been asked yet whether it does."""
    return measure.measure in RECOVERY_VERIFIES and measure.taken_on is not None and measure.worked is None


def _due(on: date, step: Step, measure_id: UUID | None = None) -> Due:
    return Due(on, step, on, measure_id)


def _steps(state: Alert) -> list[Due]:
    found: list[Due] = []
    if state.cause is None and state.cause_by is not None:
        found.append(_due(state.cause_by, "CAUSE"))
    if not state.goes_on:
        return found
    checks = [one.next_check_on for one in state.sides if one.next_check_on is not None]
    if len(checks) < len(state.sides) and state.acknowledge_by is not None:
        found.append(_due(state.acknowledge_by, "ACKNOWLEDGE"))
    if checks:
        found.append(_due(min(checks), "CHECK"))
    if not state.measures and state.measure_by is not None:
        found.append(_due(state.measure_by, "MEASURE"))
    found += [_due(one.due_on, "TAKE", one.measure_id) for one in state.measures if one.due_on and one.taken_on is None]
    return found


def _told(state: Alert, due: Due) -> Due:
    for one in state.escalated:
        if (one.step, one.measure_id, one.due_on) == (due.step, due.measure_id, due.due_on):
            return due._replace(tell_after=one.again_on or date.max, rank=one.rank)
    return due
