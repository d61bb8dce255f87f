"""Going live, deliveries of batch sources, and new versions of rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.contracts.alerts import AlertOpened
from tests.unit.alerts.telling import folded, sayings, told
from tests.unit.alerts.trade import BAKER, SHOP, Trade

SILENT, DEBT = "silent_beyond_own_rhythm", "overdue_debt"
FIRST = date(2025, 1, 6)
LAST = FIRST + timedelta(days=14 * 19)
WATCHED = LAST + timedelta(days=42)
ACTED = LAST + timedelta(days=55)


def regular() -> Trade:
    trade = Trade()
    trade.sold_every(14, FIRST, 20)
    return trade


def test_nothing_fires_before_going_live() -> None:
    trade = regular()
    trade.invoiced(FIRST, "n1", FIRST + timedelta(days=30))
    assert told(trade, ACTED + timedelta(days=500)) == []


@pytest.mark.parametrize(
    ("after", "levels"),
    [(0, ["watch", "act"]), (30, ["act"]), (31, ["act"]), (43, ["act"]), (44, [])],
    ids=["the same day", "both within grace", "only the second", "its last day", "none"],
)
def test_a_silence_due_longer_ago_than_the_grace_is_passed_by(after: int, levels: list[str]) -> None:
    """Watch fell due 42 days after the last purchase and act 55; the grace is 30 days."""
    trade = regular()
    trade.went_live(WATCHED + timedelta(days=after))
    assert [level for _, _, level, _ in told(trade, ACTED + timedelta(days=300), SILENT)] == levels


def test_the_grace_counts_from_the_recording_of_a_fact_that_came_later() -> None:
    trade = Trade()
    trade.went_live(FIRST)
    for i in range(20):
        trade.sold(FIRST + timedelta(days=14 * i), at=ACTED + timedelta(days=31))
    assert told(trade, ACTED + timedelta(days=300), SILENT) == []


def test_debts_open_at_going_live_whatever_their_age_and_as_one_group() -> None:
    trade = Trade()
    for customer in (SHOP, BAKER):
        trade.invoiced(date(2024, 1, 1), f"n{customer}", date(2024, 1, 31), customer=customer)
    trade.went_live(date(2025, 6, 1))
    opened = [one.event for one in sayings(trade, date(2025, 6, 1)) if isinstance(one.event, AlertOpened)]
    assert [(event.finding.level, event.finding.true_on) for event in opened] == [("stop", date(2024, 3, 31))] * 2
    assert {event.customer_id for event in opened} == {SHOP, BAKER}
    assert len({event.group_id for event in opened}) == 1 and opened[0].group_id is not None


def test_going_live_twice_is_going_live_once() -> None:
    trade = regular()
    trade.went_live(FIRST)
    trade.went_live(LAST)
    assert len(told(trade, ACTED)) == 2


def test_a_silence_waits_until_the_customer_s_own_source_has_delivered_the_day_before() -> None:
    trade = regular()
    trade.opened(LAST)
    trade.went_live(LAST)
    trade.delivered(WATCHED + timedelta(days=2), through=WATCHED - timedelta(days=2))
    assert told(trade, WATCHED + timedelta(days=3)) == []
    trade.delivered(WATCHED + timedelta(days=4), through=WATCHED - timedelta(days=1))
    assert [day for *_, day in told(trade, WATCHED + timedelta(days=4))] == [WATCHED]
    assert [one.at.date() for one in sayings(trade, WATCHED + timedelta(days=4))] == [WATCHED + timedelta(days=4)]


def test_a_source_that_has_delivered_nothing_has_nobody_judged_for_silence_until_it_does() -> None:
    trade = Trade()
    trade.opened(FIRST)
    trade.went_live(FIRST)
    trade.sold_every(14, FIRST, 20)
    row = folded(trade, ACTED + timedelta(days=5)).rows[SHOP]
    # No rule has solved for a day on which the silence would be warned of; the delivery is what is waited for.
    assert row.waiting and row.next_due_at is None
    trade.delivered(ACTED + timedelta(days=6), through=ACTED + timedelta(days=5))
    assert [(level, day) for _, _, level, day in told(trade, ACTED + timedelta(days=6), SILENT)] == [("act", ACTED)]


def test_the_delivery_that_brings_the_purchase_leaves_no_false_alarm() -> None:
    trade = regular()
    trade.opened(LAST)
    trade.went_live(LAST)
    trade.sold(WATCHED - timedelta(days=3), at=WATCHED + timedelta(days=4))
    trade.delivered(WATCHED + timedelta(days=4), through=WATCHED + timedelta(days=3))
    assert told(trade, WATCHED + timedelta(days=10)) == []


def test_a_source_that_has_ended_is_complete_for_ever_and_others_do_not_count() -> None:
    trade = regular()
    trade.opened(LAST)
    trade.opened(LAST, source="branch")
    trade.went_live(LAST)
    trade.ended(LAST + timedelta(days=1))
    assert [day for *_, day in told(trade, WATCHED)] == [WATCHED]


def test_a_debt_waits_for_every_declared_payment_source() -> None:
    trade = Trade()
    trade.invoiced(FIRST, "n1", FIRST + timedelta(days=30))
    trade.opened(FIRST, "payments", "bank")
    trade.went_live(FIRST)
    due = FIRST + timedelta(days=37)
    trade.delivered(due + timedelta(days=1), due - timedelta(days=2), "payments", "bank")
    assert told(trade, due + timedelta(days=5), DEBT) == []
    trade.delivered(due + timedelta(days=6), due - timedelta(days=1), "payments", "bank")
    assert told(trade, due + timedelta(days=6), DEBT) == [("Opened", DEBT, "watch", due)]


def test_an_incomplete_source_recovers_nothing_and_holds_back_no_recovery() -> None:
    trade = Trade()
    trade.invoiced(FIRST, "n1", FIRST + timedelta(days=30))
    trade.went_live(FIRST)
    due = FIRST + timedelta(days=37)
    trade.opened(due + timedelta(days=1), "payments", "bank")
    assert [what for what, *_ in told(trade, due + timedelta(days=60), DEBT)] == ["Opened"]
    trade.paid(due + timedelta(days=3), number="n1")
    assert [what for what, *_ in told(trade, due + timedelta(days=60), DEBT)] == ["Opened", "Recovered"]


def test_a_new_rule_version_judges_everyone_anew_and_adopts_open_alerts() -> None:
    trade = regular()
    trade.went_live(LAST)
    trade.sold_every(14, FIRST, 20, BAKER)
    published = LAST + timedelta(days=30)
    trade.published(published, SILENT, 2, watch="0.2")
    found = told(trade, published, SILENT)
    assert [what for what, *_ in found] == ["Opened", "Opened"]
    opened = [one.event for one in sayings(trade, published) if isinstance(one.event, AlertOpened)]
    assert {event.finding.rule_version for event in opened} == {2}
    assert len({event.group_id for event in opened}) == 1
    later = told(trade, ACTED, SILENT)
    assert [what for what, *_ in later] == ["Opened", "Opened", "Worsened", "Worsened"]
