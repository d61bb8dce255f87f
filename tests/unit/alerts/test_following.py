"""The procedure: who is asked, what is told higher up, what is held back, what closes itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.alerts.domain.due import dues
from services.alerts.domain.following import BY_ITSELF, Standards
from services.alerts.domain.muting import Mute
from services.alerts.domain.working_days import Calendar
from shared.contracts.alert_steps import (
    THE_DATA,
    AlertEscalated,
    AlertInhibited,
    AlertMuted,
    AlertRouted,
    AlertUninhibited,
    AlertUnmuted,
    MuteMatcher,
    SideAsked,
)
from shared.contracts.alerts import (
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    CauseRecorded,
    MeasureDecided,
)
from tests.unit.alerts.following import (
    CUSTOMER,
    MEASURE,
    MONDAY,
    MUTE,
    OWES,
    PERSON,
    SERVED,
    STANDARDS,
    Story,
    about,
    days,
    finding,
    opened,
)


@pytest.mark.requirement("S1.21")
def test_every_side_concerned_is_asked_with_days_that_follow_from_the_level() -> None:
    story = Story(opened("act"))
    assert story.on(MONDAY) == [
        AlertRouted(
            **about(),
            level="act",
            sides=(
                SideAsked(side="CREDIT", persons=("E-30",)),
                SideAsked(side="SALESPERSON", persons=("E-12",)),
                SideAsked(side="SUPERIOR", persons=("E-07",)),
            ),
            routed_on=MONDAY,
            acknowledge_by=days(1),
            cause_by=days(3),
            measure_by=days(7),
            standard_version=3,
            area_id="EAST",
            salesperson_id="E-12",
            at_stake=OWES.exposure,
        )
    ]
    watch = Story(opened("watch", kind="silence"))
    (routed,) = watch.on(MONDAY)
    assert isinstance(routed, AlertRouted)
    assert [one.side for one in routed.sides] == ["SALESPERSON"]


def test_working_days_are_those_of_the_nearest_area_that_has_a_calendar() -> None:
    golden_week = Calendar(1, frozenset({7}), frozenset({days(1), days(2)}))
    standards = replace(STANDARDS, calendars={"CN": golden_week, "company": Calendar(1, frozenset({1, 2, 3}))})
    (routed,) = Story(opened("act"), standards=standards).on(MONDAY)
    assert isinstance(routed, AlertRouted)
    assert (routed.acknowledge_by, routed.cause_by) == (days(3), days(5))


@pytest.mark.requirement("S2.30")
def test_a_step_that_is_not_taken_goes_to_the_superior_and_then_to_the_next_one() -> None:
    story = Story(opened("act"), CauseRecorded(**about(), cause="CASH", recorded_by=PERSON))
    story.tell(MeasureDecided(**about(), measure="VISIT", decided_by=PERSON, measure_id=MEASURE))
    story.on(MONDAY)
    story.tell(AlertAcknowledged(**about(), acknowledged_by=PERSON, next_check_on=days(30), side="CREDIT"))
    assert story.on(days(1)) == []
    told = {"step": "ACKNOWLEDGE", "due_on": days(1), "sides": ("SALESPERSON", "SUPERIOR")}
    assert story.on(days(2)) == [AlertEscalated(**about(), **told, rank=1, to=("E-07",), again_on=days(4))]
    assert story.on(days(4)) == []
    assert story.on(days(5)) == [AlertEscalated(**about(), **told, rank=2, to=("E-01",))]
    assert story.on(days(29)) == []


@pytest.mark.requirement("S1.22")
def test_cause_and_measure_have_their_own_days_and_what_is_decided_is_to_be_taken() -> None:
    story = Story(opened("stop"))
    story.on(MONDAY)
    story.tell(AlertAcknowledged(**about(), acknowledged_by=PERSON, next_check_on=days(60)))
    assert story.the().state == "ACKNOWLEDGED"
    (late,) = story.on(days(3))
    assert isinstance(late, AlertEscalated) and (late.step, late.due_on) == ("CAUSE", days(2))
    story.tell(CauseRecorded(**about(), cause="CASH", recorded_by=PERSON))
    story.tell(MeasureDecided(**about(), measure="SETTLE", decided_by=PERSON, measure_id=MEASURE, due_on=days(9)))
    assert story.on(days(9)) == []
    (late,) = story.on(days(10))
    assert isinstance(late, AlertEscalated) and (late.step, late.measure_id) == ("TAKE", MEASURE)


def test_an_acknowledgement_expires_and_the_side_is_asked_again() -> None:
    story = Story(opened("act"), CauseRecorded(**about(), cause="CASH", recorded_by=PERSON))
    story.tell(MeasureDecided(**about(), measure="VISIT", decided_by=PERSON, measure_id=MEASURE))
    story.on(MONDAY)
    for side, day in (("CREDIT", days(7)), ("SALESPERSON", days(20)), ("SUPERIOR", days(20))):
        story.tell(AlertAcknowledged(**about(), acknowledged_by=PERSON, next_check_on=day, side=side))
    assert story.the().state == "ACKNOWLEDGED"
    assert story.on(days(7)) == []
    assert story.on(days(8)) == [
        AlertEscalated(**about(), step="CHECK", due_on=days(7), rank=1, to=("E-07",), sides=("CREDIT",), again_on=days(10))
    ]
    assert story.the().state == "OPEN"
    (late,) = story.on(days(11))
    assert isinstance(late, AlertEscalated) and (late.step, late.due_on, late.sides) == ("ACKNOWLEDGE", days(10), ("CREDIT",))


def test_worsening_asks_all_sides_anew_and_forgets_no_cause_measure_or_acknowledgement_of_before() -> None:
    story = Story(opened("watch"))
    story.on(MONDAY)
    story.tell(AlertAcknowledged(**about(), acknowledged_by=PERSON, next_check_on=days(5)))
    story.tell(CauseRecorded(**about(), cause="CASH", recorded_by=PERSON), AlertWorsened(**about(), finding=finding("stop")))
    assert (story.the().state, story.the().cause) == ("OPEN", "CASH")
    (routed,) = story.on(days(1))
    assert isinstance(routed, AlertRouted) and (routed.level, routed.acknowledge_by) == ("stop", days(1))
    assert [due.step for due in dues(story.the())] == ["ACKNOWLEDGE", "MEASURE"]


def test_an_acknowledgement_that_comes_before_the_routing_counts() -> None:
    story = Story(opened(), AlertAcknowledged(**about(), acknowledged_by=PERSON, next_check_on=days(5)))
    story.on(MONDAY)
    assert story.the().state == "ACKNOWLEDGED"
    assert {one.next_check_on for one in story.the().sides} == {days(5)}


def test_another_salesperson_is_asked_by_the_same_days() -> None:
    story = Story(opened())
    story.on(MONDAY)
    story.tell(
        *(AlertAcknowledged(**about(), acknowledged_by=PERSON, next_check_on=days(9), side=s) for s in ("CREDIT", "SALESPERSON"))
    )
    story.customer = replace(SERVED, salesperson_id="E-13")
    (routed,) = story.on(days(1))
    assert isinstance(routed, AlertRouted) and (routed.acknowledge_by, routed.salesperson_id) == (days(1), "E-13")
    assert [one.side for one in story.the().sides if one.next_check_on is None] == ["SALESPERSON", "SUPERIOR"]


def muted(**matcher: Any) -> Standards:
    mute = Mute(MUTE, MuteMatcher(**matcher), "Stocktaking", days(4), PERSON)
    return replace(STANDARDS, mutes=[mute])


def test_a_mute_holds_until_its_last_day_and_then_the_sides_are_asked() -> None:
    story = Story(opened(), standards=muted(kinds=("credit",), area_ids=("CN",)))
    assert story.on(MONDAY) == [AlertMuted(**about(), mute_id=MUTE, reason="Stocktaking", until=days(4))]
    assert story.on(days(4)) == []
    gone, routed = story.on(days(5))
    assert gone == AlertUnmuted(**about(), mute_id=MUTE)
    assert isinstance(routed, AlertRouted) and routed.acknowledge_by == days(7)


@pytest.mark.parametrize(
    "matcher", [{"kinds": ("silence",)}, {"area_ids": ("WEST",)}, {"levels": ("watch",)}, {"salesperson_ids": ("E-13",)}]
)
def test_a_mute_holds_nothing_that_does_not_fit_every_field(matcher: dict[str, Any]) -> None:
    (routed,) = Story(opened(), standards=muted(customer_ids=(CUSTOMER,), **matcher)).on(MONDAY)
    assert isinstance(routed, AlertRouted)


def test_a_mute_that_is_set_later_holds_what_would_be_told_higher_up() -> None:
    story = Story(opened())
    story.on(MONDAY)
    story.standards = muted(rule_ids=("overdue_debt",))
    assert story.on(days(1)) == []
    (held,) = story.on(days(2))
    assert isinstance(held, AlertMuted)


@pytest.mark.parametrize(
    "ended",
    [AlertRecovered(**about(), reasons=(), true_on=MONDAY), AlertClosed(**about(), outcome="TRUE", cause="X", closed_by=PERSON)],
)
def test_a_stopped_debt_lets_the_silence_of_the_same_customer_wait_until_it_is_over(ended: AlertEvent) -> None:
    story = Story(opened("act", 2, "silence"))
    story.on(MONDAY)
    story.tell(opened("stop"))
    routed, held = story.on(days(1))
    assert isinstance(routed, AlertRouted) and routed.alert_id == UUID(int=1)
    assert held == AlertInhibited(**about(2, "silence"), by_alert_id=UUID(int=1), because="SAME_CUSTOMER")
    assert [due.step for due in dues(story.the(2))] == []
    story.tell(ended)
    freed, again = story.on(days(2))
    assert freed == AlertUninhibited(**about(2, "silence"), by_alert_id=UUID(int=1))
    assert isinstance(again, AlertRouted)


def test_a_lower_debt_inhibits_nothing_and_what_another_service_inhibits_stays() -> None:
    story = Story(opened("act"), opened("act", 2, "silence"))
    assert [type(one) for one in story.on(MONDAY)] == [AlertRouted, AlertRouted]
    story.tell(AlertInhibited(**about(2, "silence"), by_alert_id=UUID(int=9), because="COMMON_CAUSE"))
    assert [one.alert_id.int for one in story.on(days(40))] == [1, 1, 1]
    story.tell(AlertUninhibited(**about(2, "silence"), by_alert_id=UUID(int=9)))
    assert [type(one) for one in story.on(days(40))] == [AlertRouted]


@pytest.mark.requirement("S1.23")
def test_only_the_lowest_level_closes_itself_and_not_while_trade_is_held() -> None:
    recovered = AlertRecovered(**about(), reasons=(), true_on=MONDAY)
    story = Story(opened("watch"))
    story.on(MONDAY)
    story.tell(recovered)
    assert story.on(days(1)) == [
        AlertClosed(**about(), outcome="RECOVERED", cause=BY_ITSELF, closed_by=THE_DATA, at_stake=OWES.exposure)
    ]
    story.tell(AlertReopened(**about(), finding=finding("watch")))
    assert [type(one) for one in story.on(days(2))] == [AlertRouted]
    story.tell(MeasureDecided(**about(), measure="HOLD", decided_by=PERSON, measure_id=MEASURE), recovered)
    assert story.on(days(3)) == []
    higher = Story(opened("act"))
    higher.on(MONDAY)
    higher.tell(recovered)
    assert higher.on(days(1)) == []
    (late,) = higher.on(days(4))
    assert isinstance(late, AlertEscalated) and late.step == "CAUSE"


def test_an_alert_names_the_one_that_it_continues() -> None:
    customer = replace(SERVED, earlier={UUID(int=1): UUID(int=8)})
    (routed,) = Story(opened(), customer=customer).on(MONDAY)
    assert isinstance(routed, AlertRouted) and routed.continues_alert_id == UUID(int=8)
