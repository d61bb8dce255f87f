"""Complaints that are not handled in time: warned of while something is overdue, and over when nothing is."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest

from services.alerts.domain.rules import complaint_deadline_missed
from shared.contracts.alerts import AlertOpened
from shared.contracts.complaint_steps import ComplaintDeadlineCaughtUp, ComplaintDeadlineMissed, ProcedureStep
from shared.contracts.complaints import ClaimSettled, ComplaintClosed, ComplaintWithdrawn
from shared.contracts.event import Event
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import NAMES, SHOP, Trade, noon

DAY = date(2025, 6, 10)
RULE = complaint_deadline_missed.RULE_ID
ONE, OTHER = uuid5(NAMES, "one"), uuid5(NAMES, "other")


def missed(trade: Trade, complaint: UUID, step: ProcedureStep, on: date, round: int = 1) -> None:
    fact = ComplaintDeadlineMissed(
        complaint_id=complaint,
        customer_id=SHOP,
        step=step,
        round=round,
        due_at=noon(on) - timedelta(hours=1),
        severity="HIGH",
        procedure_version=1,
        hours_version=0,
        department="QUALITY_CONTROL",
    )
    trade.record(fact, noon(on))


def live() -> Trade:
    trade = Trade()
    trade.went_live(date(2025, 1, 1))
    return trade


def caught_up(step: ProcedureStep, round: int = 1) -> Event:
    return ComplaintDeadlineCaughtUp(complaint_id=ONE, customer_id=SHOP, step=step, round=round, because="TAKEN")


def test_a_missed_deadline_is_warned_of_with_its_step_and_each_complaint_apart() -> None:
    trade = live()
    missed(trade, ONE, "ACKNOWLEDGED", DAY)
    missed(trade, ONE, "ASSESSED", DAY + timedelta(days=1))
    missed(trade, OTHER, "CLOSED", DAY)
    opened = [one.event for one in sayings(trade, DAY + timedelta(days=3)) if isinstance(one.event, AlertOpened)]
    assert sorted(event.channel for event in opened) == sorted([str(ONE), str(OTHER)])
    first = next(event for event in opened if event.channel == str(ONE))
    assert (first.kind, first.finding.level, first.finding.true_on) == ("complaints", "act", DAY)
    figures = first.finding.reasons[0].figures
    assert (figures["step"], figures["department"], figures["severity"]) == ("ACKNOWLEDGED", "QUALITY_CONTROL", "HIGH")


@pytest.mark.parametrize(
    "end",
    [
        caught_up("ACKNOWLEDGED"),
        ComplaintClosed(complaint_id=ONE, customer_id=SHOP, closed_on=DAY),
        ComplaintWithdrawn(complaint_id=ONE, customer_id=SHOP, withdrawn_on=DAY),
    ],
)
def test_it_is_over_when_the_step_was_taken_or_the_complaint_has_ended(end: Event) -> None:
    trade = live()
    missed(trade, ONE, "ACKNOWLEDGED", DAY)
    trade.record(end, noon(DAY + timedelta(days=1)))
    found = [what for what, _, _, _ in told(trade, DAY + timedelta(days=2), RULE)]
    assert found == ["Opened", "Recovered"]


@pytest.mark.parametrize(
    "end",
    [
        ComplaintClosed(complaint_id=ONE, customer_id=SHOP, closed_on=DAY),
        ComplaintWithdrawn(complaint_id=ONE, customer_id=SHOP, withdrawn_on=DAY),
    ],
)
def test_what_is_told_as_missed_while_the_complaint_is_ended_warns_of_nothing(end: Event) -> None:
    trade = live()
    trade.record(end, noon(DAY))
    missed(trade, ONE, "ACKNOWLEDGED", DAY + timedelta(days=1))
    missed(trade, OTHER, "ACKNOWLEDGED", DAY + timedelta(days=1))
    opened = [one.event for one in sayings(trade, DAY + timedelta(days=3)) if isinstance(one.event, AlertOpened)]
    assert [event.channel for event in opened] == [str(OTHER)]


def test_a_settled_claim_leaves_the_complaint_open() -> None:
    trade = live()
    trade.record(ClaimSettled(complaint_id=ONE, customer_id=SHOP, settled_on=DAY), noon(DAY))
    missed(trade, ONE, "CLOSED", DAY + timedelta(days=1))
    assert [what for what, _, _, _ in told(trade, DAY + timedelta(days=2), RULE)] == ["Opened"]


@pytest.mark.parametrize("end", [caught_up("ASSESSED"), caught_up("ACKNOWLEDGED", round=2)])
def test_another_step_or_round_ends_nothing(end: Event) -> None:
    trade = live()
    missed(trade, ONE, "ACKNOWLEDGED", DAY)
    trade.record(end, noon(DAY + timedelta(days=1)))
    assert [what for what, _, _, _ in told(trade, DAY + timedelta(days=2), RULE)] == ["Opened"]


def test_how_many_steps_are_too_many_is_published() -> None:
    trade = live()
    trade.published(date(2025, 1, 1), RULE, 2, act="2")
    missed(trade, ONE, "ACKNOWLEDGED", DAY)
    assert told(trade, DAY + timedelta(days=2), RULE) == []
    missed(trade, ONE, "ASSESSED", DAY + timedelta(days=3))
    assert [level for _, _, level, _ in told(trade, DAY + timedelta(days=4), RULE)] == ["act"]
