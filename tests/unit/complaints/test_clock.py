"""When steps were taken, what is due, and what is told of what was missed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.complaints.domain.clock import Clock, clock_of, deadlines, next_due, times_of
from services.complaints.domain.overdue import Said, owed, to_say, told_missed
from services.complaints.domain.working_time import Hours
from shared.contracts.complaint_steps import (
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintDeadlineCaughtUp,
    ComplaintDeadlineMissed,
    ComplaintHeld,
    ComplaintProcedurePublished,
    ComplaintResumed,
    CustomerDissatisfied,
    CustomerSatisfied,
    SolutionApproved,
    SolutionProposed,
    SolutionRefused,
)
from shared.contracts.complaints import ClaimSettled, ComplaintAssessed, ComplaintClosed, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event

ID, CUSTOMER = UUID(int=1), UUID(int=2)
DAY = date(2026, 3, 2)
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALWAYS = Hours(ZoneInfo("UTC"), 3, dict.fromkeys(range(1, 8), ((0, 1440),)), area_id="EAST")
WHOSE: dict[str, Any] = {"complaint_id": ID, "customer_id": CUSTOMER}
STEP: dict[str, Any] = {**WHOSE, "on": DAY}
RECEIVED = ComplaintReceived(**WHOSE, kind="QUALITY", channel="WEB", received_on=DAY)
PROPOSED = SolutionProposed(**STEP, remedies=("REPAIR",), decides="SALESPERSON", rule_version=0)
HELD = ComplaintHeld(**STEP, reason="WAITING")
REFUSED = SolutionRefused(**STEP, authority="SALESPERSON", rule_version=0, because="MORE")
HIGH = ComplaintAssessed(**WHOSE, founded=True, assessed_on=DAY, severity="HIGH")
CLOSED = ComplaintClosed(**WHOSE, closed_on=DAY)


def standard(version: int = 5, **minutes: int) -> ComplaintProcedurePublished:
    return ComplaintProcedurePublished(version=version, obligatory={}, due_minutes={"MEDIUM": minutes, "HIGH": {"CLOSED": 60}})


def clock(*told: tuple[int, Event]) -> Clock:
    """Events at so many hours after the receipt."""
    found = clock_of([(RECEIVED, BEGAN), *((event, BEGAN + hours * HOUR) for hours, event in told)])
    assert found is not None
    return found


def due(found: Clock, procedure: ComplaintProcedurePublished) -> dict[str, tuple[float | None, float | None]]:
    """By step: in how many hours it is due, and was taken."""

    def hours(at: datetime | None) -> float | None:
        return None if at is None else (at - BEGAN) / HOUR

    return {one.step: (hours(one.due_at), hours(one.taken_at)) for one in deadlines(found, procedure, ALWAYS)}


def test_nothing_is_due_by_the_procedure_that_is_built_in() -> None:
    assert clock_of([]) is None
    assert due(clock(), ComplaintProcedurePublished(version=0, obligatory={}, due_minutes={})) == {}


def test_a_later_step_stands_for_an_earlier_one_that_was_left_out() -> None:
    procedure = standard(ACKNOWLEDGED=60, ASSIGNED=120, PROPOSED=180)
    found = clock((1, ComplaintAssigned(**STEP, department="D")))
    assert due(found, procedure) == {"ACKNOWLEDGED": (1, 1), "ASSIGNED": (2, 1), "PROPOSED": (3, None)}
    assert found.department == "D"


def test_severity_says_what_is_due_from_the_assessment_on() -> None:
    assert due(clock((2, HIGH)), standard(CLOSED=600)) == {"CLOSED": (1, None)}


def test_a_refused_proposal_is_no_proposal() -> None:
    procedure = standard(PROPOSED=180)
    assert due(clock((1, PROPOSED), (2, REFUSED)), procedure) == {"PROPOSED": (3, None)}
    assert due(clock((1, PROPOSED), (2, REFUSED), (5, PROPOSED)), procedure) == {"PROPOSED": (3, 5)}
    approved = SolutionApproved(**STEP, authority="SALESPERSON", rule_version=0)
    assert due(clock((1, approved), (2, REFUSED)), standard(APPROVED=180)) == {"APPROVED": (3, None)}


def test_a_round_begins_with_the_customer_who_is_not_satisfied() -> None:
    procedure = standard(ACKNOWLEDGED=60, PROPOSED=120, CLOSED=600)
    again = clock((1, PROPOSED), (3, CustomerDissatisfied(**STEP, round=2)))
    assert due(again, procedure) == {"ACKNOWLEDGED": (1, 1), "PROPOSED": (5, None), "CLOSED": (10, None)}
    assert again.round == 2


def test_no_time_passes_on_hold_and_being_dissatisfied_or_ending_ends_it() -> None:
    procedure = standard(CLOSED=600)
    assert due(clock((1, HELD)), procedure) == {"CLOSED": (None, None)}
    assert due(clock((11, HELD)), procedure) == {"CLOSED": (10, None)}
    assert due(clock((1, HELD), (4, ComplaintResumed(**STEP))), procedure) == {"CLOSED": (13, None)}
    assert clock((1, HELD), (2, CustomerDissatisfied(**STEP, round=2))).held_since is None
    ended = clock((1, HELD), (5, CLOSED))
    assert due(ended, procedure) == {"CLOSED": (14, 5)}
    assert times_of(ended, ALWAYS, BEGAN + 50 * HOUR) == times_of(ended, ALWAYS, BEGAN + 99 * HOUR)
    assert (times_of(ended, ALWAYS, BEGAN).resolution, times_of(ended, ALWAYS, BEGAN).on_hold) == (60, 240)


@pytest.mark.parametrize(
    "first",
    [ComplaintAcknowledged(**STEP), HIGH, PROPOSED, ClaimSettled(**WHOSE, settled_on=DAY), CustomerSatisfied(**STEP, round=1)],
)
def test_the_first_response_is_whatever_was_done_first(first: Event) -> None:
    assert times_of(clock((2, first), (3, PROPOSED)), ALWAYS, BEGAN + 9 * HOUR).first_response == 120


def test_a_withdrawal_is_no_response_but_an_end() -> None:
    found = times_of(clock((2, ComplaintWithdrawn(**WHOSE, withdrawn_on=DAY))), ALWAYS, BEGAN + 9 * HOUR)
    assert (found.first_response, found.resolution) == (None, 120)


def said(found: Clock, procedure: ComplaintProcedurePublished, before: list[Said], hours: float) -> list[Said]:
    told = deadlines(found, procedure, ALWAYS)
    return to_say((ID, CUSTOMER), found, told, (procedure, ALWAYS), before, BEGAN + hours * HOUR)


def test_what_was_missed_is_told_after_it_was_due_and_once() -> None:
    procedure = standard(ACKNOWLEDGED=60, PROPOSED=120)
    assert said(clock(), procedure, [], 1) == []
    [missed] = said(clock(), procedure, [], 1.5)
    assert missed == ComplaintDeadlineMissed(
        **WHOSE,
        step="ACKNOWLEDGED",
        round=1,
        due_at=BEGAN + HOUR,
        severity="MEDIUM",
        procedure_version=5,
        hours_version=3,
        area_id="EAST",
    )
    assert said(clock(), procedure, [missed], 1.5) == []
    assert [one.step for one in said(clock(), procedure, [missed], 3)] == ["PROPOSED"]
    assert next_due(deadlines(clock(), procedure, ALWAYS)) == BEGAN + HOUR


def test_what_was_caught_up_is_told_with_the_reason() -> None:
    procedure = standard(PROPOSED=60)
    [missed] = said(clock(), procedure, [], 2)
    for found, by, because in (
        (clock((3, PROPOSED)), procedure, "TAKEN"),
        (clock((3, CustomerDissatisfied(**STEP, round=2))), standard(), "ANOTHER_ROUND"),
        (clock(), standard(6, PROPOSED=600), "MORE_TIME"),
        (clock((0, HELD)), standard(6, PROPOSED=600), "MORE_TIME"),
        # By the same standard, only what was entered afterwards can make that it was not missed.
        (clock((0, HELD)), procedure, "BACKDATED"),
        (clock((0, PROPOSED)), procedure, "BACKDATED"),
        (clock((0, PROPOSED)), standard(6, PROPOSED=600), "BACKDATED"),
    ):
        [caught_up] = said(found, by, [missed], 4)
        assert isinstance(caught_up, ComplaintDeadlineCaughtUp)
        assert caught_up.because == because
        assert said(found, by, [missed, caught_up], 4) == []
    # And missed again, where less time is given again.
    [caught_up] = said(clock(), standard(6, PROPOSED=600), [missed], 4)
    assert said(clock(), procedure, [missed, caught_up], 4) == [missed]


def test_what_was_told_as_missed_stays_told_but_by_the_standard_in_force() -> None:
    procedure = standard(PROPOSED=60)
    [missed] = said(clock(), procedure, [], 2)
    [backdated] = said(clock((0, PROPOSED)), procedure, [missed], 4)
    [more_time] = said(clock(), standard(6, PROPOSED=600), [missed], 4)
    assert told_missed([]) == told_missed([missed, more_time]) == set()
    assert (
        told_missed([missed]) == told_missed([missed, backdated]) == told_missed([missed, more_time, missed]) == {(1, "PROPOSED")}
    )
    assert set(owed([missed, backdated])) == set()
