"""Complaints: more of them than usual, and of the same thing again; each line from both sides."""

from __future__ import annotations

from datetime import date, timedelta
from math import log10
from uuid import uuid5

import pytest

from services.alerts.domain.grievances import improbability
from services.alerts.domain.rules import complaint_burst, complaint_cause_repeated
from shared.contracts.alerts import AlertOpened, AlertRecovered
from shared.contracts.complaint_facts import CaseReceived
from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import NAMES, SHOP, Trade, noon

LIVE = date(2025, 1, 1)
DAY = date(2025, 6, 10)
BURST, CAUSE = complaint_burst.RULE_ID, complaint_cause_repeated.RULE_ID


def live() -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    return trade


def complained(trade: Trade, on: date, article: str | None = None) -> None:
    name = uuid5(NAMES, f"complaint {len(trade.items)}")
    received = ComplaintReceived(
        complaint_id=name, customer_id=SHOP, kind="QUALITY", channel="LETTER", received_on=on, article=article
    )
    trade.record(received, noon(on))


@pytest.mark.parametrize(
    ("days", "levels"),
    [((0, 10), []), ((0, 10, 29), ["watch"]), ((0, 10, 30), []), ((0, 10, 20, 29), ["watch", "act"])],
)
def test_three_complaints_in_thirty_days_are_more_than_usual_and_four_far_more(days: tuple[int, ...], levels: list[str]) -> None:
    trade = live()
    for i, ago in enumerate(days):
        complained(trade, DAY + timedelta(days=ago), f"A-{i}")
    assert [level for _, _, level, _ in told(trade, DAY + timedelta(days=40), BURST)] == levels


@pytest.mark.parametrize(("a_month", "warned"), [(1, True), (2, False)])
def test_who_complains_often_complains_as_usual(a_month: int, warned: bool) -> None:
    trade = live()
    for month in range(16):
        for i in range(a_month):
            complained(trade, LIVE + timedelta(days=30 * month + 14 * i), f"{month}-{i}")
    end = LIVE + timedelta(days=30 * 17)
    before = told(trade, end, BURST)
    for i in range(5):
        complained(trade, end + timedelta(days=i), f"B-{i}")
    assert before == [] or a_month == 2
    assert (told(trade, end + timedelta(days=5), BURST) != before) is warned


def test_the_usual_rate_of_the_company_is_published() -> None:
    trade = live()
    trade.published(LIVE, BURST, 2, usual_a_year="24")
    for i in range(3):
        complained(trade, DAY + timedelta(days=i), f"A-{i}")
    assert told(trade, DAY + timedelta(days=3), BURST) == []


def test_a_burst_is_one_alert_with_its_figures_and_calm_when_it_has_passed() -> None:
    trade = live()
    for i in range(4):
        complained(trade, DAY + timedelta(days=i), f"A-{i}")
    assert [what for what, _, _, _ in told(trade, DAY + timedelta(days=60), BURST)] == ["Opened", "Worsened"]
    found = told(trade, DAY + timedelta(days=61), BURST)
    assert [what for what, _, _, _ in found] == ["Opened", "Worsened", "Recovered"]
    opened = next(one.event for one in sayings(trade, DAY + timedelta(days=4)) if isinstance(one.event, AlertOpened))
    assert opened.kind == "complaints"
    figures = opened.finding.reasons[0].figures
    assert (figures["complaints"], figures["within_days"], figures["complaints_before"]) == (3, 30, 0)
    assert len(opened.finding.evidence) == 3


@pytest.mark.parametrize(
    ("days", "levels"),
    [((0, 40), []), ((0, 40, 89), ["watch"]), ((0, 40, 90), []), ((0, 20, 40, 60, 80), ["watch", "act"])],
)
def test_the_same_cause_three_times_in_ninety_days(days: tuple[int, ...], levels: list[str]) -> None:
    trade = live()
    for ago in days:
        complained(trade, DAY + timedelta(days=ago), "HINGE-65")
    assert [level for _, _, level, _ in told(trade, DAY + timedelta(days=95), CAUSE)] == levels


def test_causes_are_alerts_of_their_own() -> None:
    trade = live()
    for article in ("HINGE-65", "LAMP-20", None):
        for i in range(2 if article == "LAMP-20" else 3):
            complained(trade, DAY + timedelta(days=i), article)
    opened = [one.event for one in sayings(trade, DAY + timedelta(days=3)) if isinstance(one.event, AlertOpened)]
    assert sorted(event.channel for event in opened if event.finding.rule_id == CAUSE) == ["QUALITY", "QUALITY HINGE-65"]


def test_a_withdrawn_complaint_counts_nowhere() -> None:
    trade = live()
    for i in range(3):
        complained(trade, DAY + timedelta(days=i), "HINGE-65")
        if i == 1:
            name = uuid5(NAMES, f"complaint {len(trade.items) - 1}")
            trade.record(ComplaintWithdrawn(complaint_id=name, customer_id=SHOP, withdrawn_on=DAY), noon(DAY + timedelta(days=1)))
    assert told(trade, DAY + timedelta(days=3), CAUSE) == []
    assert told(trade, DAY + timedelta(days=3), BURST) == []


@pytest.mark.parametrize(
    ("count", "expected", "probability"),
    [(1, 1.0, 0.63212), (3, 0.5, 0.014388), (3, 0.082, 8.6476e-5), (12, 0.1, 1.9031e-21)],
)
def test_improbability_is_the_tail_of_poisson(count: int, expected: float, probability: float) -> None:
    assert improbability(count, expected) == pytest.approx(-log10(probability), rel=1e-3)


def test_none_is_as_probable_as_can_be() -> None:
    assert improbability(0, 0.5) == 0.0


def test_where_no_complaint_is_usual_three_are_told_in_numbers() -> None:
    trade = live()
    trade.published(LIVE, BURST, 2, usual_a_year="0")
    for i in range(3):
        complained(trade, DAY + timedelta(days=i), f"A-{i}")
    assert [level for _, _, level, _ in told(trade, DAY + timedelta(days=3), BURST)] == ["act"]


def test_complaints_that_were_all_withdrawn_end_the_warning_with_a_reason_of_its_own() -> None:
    trade = live()
    for i in range(3):
        complained(trade, DAY + timedelta(days=i), f"A-{i}")
    names = [uuid5(NAMES, f"complaint {i}") for i in range(1, 4)]
    for name in names:
        trade.record(ComplaintWithdrawn(complaint_id=name, customer_id=SHOP, withdrawn_on=DAY), noon(DAY + timedelta(days=4)))
    ends = [one.event for one in sayings(trade, DAY + timedelta(days=5)) if isinstance(one.event, AlertRecovered)]
    assert [reason.code for end in ends for reason in end.reasons if end.kind == "complaints"].count("NOTHING_TO_JUDGE") == 1
    assert "NOTHING_OVERDUE" not in {reason.code for end in ends for reason in end.reasons}


def test_questions_and_opinions_are_in_no_burst() -> None:
    trade = live()
    for days in range(5):
        on = DAY + timedelta(days=days)
        case = CaseReceived(
            case_id=uuid5(NAMES, f"case {days}"), customer_id=SHOP, kind="OPINION", channel="QUESTIONNAIRE", received_on=on
        )
        trade.record(case, noon(on))
    assert told(trade, DAY + timedelta(days=40), BURST) == []
