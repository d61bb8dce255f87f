"""Why a rule says nothing: conditions that agree with what it does, and what holds it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.alerts.domain.conditions import ALL, Condition
from services.alerts.domain.control import Control, terms_of
from services.alerts.domain.rules import ALL_RULES, RULES_BY_ID
from services.alerts.domain.signs import LEVELS
from services.alerts.domain.why_not import Given, WhyNot, why_not, without_grace
from services.alerts.engine.step import step
from shared.contracts.agreements import ClosurePlanned
from shared.contracts.alerts import Level
from tests.unit.alerts.telling import folded, told
from tests.unit.alerts.test_engine_order import a_year_of_trade
from tests.unit.alerts.test_fading import GAPS, buying, ranging
from tests.unit.alerts.trade import SHOP, Trade, noon

ZONE = ZoneInfo("Asia/Shanghai")
LIVE = date(2025, 1, 1)
DUE = date(2025, 3, 31)


def live() -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    return trade


def answers(trade: Trade, on: date, rule: str) -> list[WhyNot]:
    stepped = folded(trade, on)
    row = stepped.rows[SHOP]
    return why_not(RULES_BY_ID[rule], row.customer, terms_of(stepped.control, ZONE), on)


def codes(answer: WhyNot) -> list[str]:
    return [reason.code for reason in answer.held_back]


def by_conditions(asked: Sequence[Condition]) -> Level | None:
    """The highest level of which, and of all below it, every condition holds."""
    reached: Level | None = None
    for level in LEVELS:
        own = [one for one in asked if one.level == level]
        if not all(one.holds for one in own):
            break
        reached = level if own else reached
    return reached


@pytest.mark.parametrize("seed", range(4))
def test_a_level_is_reached_exactly_where_all_its_conditions_hold(seed: int) -> None:
    """INVARIANT: broken by a condition that judge does not make, and by one that why_not does not tell."""
    items = a_year_of_trade(seed)
    compared = 0
    for end in range(40, len(items), len(items) // 12):
        last = items[end - 1].record.recorded_at
        stepped = step({}, Control(), items[:end], last, ZONE)
        for row, ahead, rule in product(stepped.rows.values(), (0, 3, 20, 60, 200), ALL_RULES):
            day = last.astimezone(ZONE).date() + timedelta(days=ahead)
            terms = replace(terms_of(stepped.control, ZONE), live_on=LIVE)
            given = without_grace(Given(row.customer, terms, day, day))
            said = {sign.channel: sign.level for sign in rule.judge(*given)}
            conditions = rule.why_not(*given)
            assert conditions
            for channel in {*said, *(one.channel for one in conditions)}:
                asked = [one for one in conditions if one.channel in (channel, ALL)]
                assert by_conditions(asked) == said.get(channel), (rule.id, channel, day, asked)
                compared += said.get(channel) is not None
    assert compared > 100


@pytest.mark.parametrize(("days", "missing"), [(6, 1), (7, None)])
def test_a_debt_that_is_not_old_enough_and_the_day_on_which_it_will_be(days: int, missing: int | None) -> None:
    trade = live()
    trade.invoiced(date(2025, 3, 1), "n1", DUE)
    (answer,) = answers(trade, DUE + timedelta(days=days), "overdue_debt")
    by_level = {one.level: one for one in answer.conditions if one.code == "DAYS_OVERDUE"}
    assert by_level["watch"].missing == missing
    assert by_level["act"].missing == 30 - days
    assert answer.changes_on == DUE + timedelta(days=7 if missing else 30)
    assert (answer.level, answer.spell is None) == ((None, True) if missing else ("watch", False))
    assert codes(answer) == []


def test_a_disputed_debt_is_held_back_by_the_dispute() -> None:
    trade = live()
    trade.invoiced(date(2025, 3, 1), "n1", DUE)
    trade.claimed(date(2025, 3, 20), "100.00", ("n1",))
    (answer,) = answers(trade, DUE + timedelta(days=40), "overdue_debt")
    assert (answer.level, answer.held_level, codes(answer)) == (None, "act", ["DISPUTED"])
    assert answer.held_back[0].figures == {"disputed_amount": "100.00", "currency": "CNY"}


def test_what_is_disputed_beside_a_debt_that_is_told_holds_nothing_back() -> None:
    trade = live()
    trade.invoiced(date(2025, 3, 1), "n1", DUE)
    trade.claimed(date(2025, 3, 20), "30.00", ("n1",))
    (answer,) = answers(trade, DUE + timedelta(days=40), "overdue_debt")
    assert (answer.level, codes(answer)) == ("act", [])


def test_a_silence_waits_for_the_delivery_of_its_own_source() -> None:
    trade = live()
    trade.opened(LIVE, "sales", "erp")
    last = trade.sold_every(10, date(2025, 2, 1), 10)
    trade.delivered(last + timedelta(days=1), last)
    (answer,) = answers(trade, last + timedelta(days=90), "silent_beyond_own_rhythm")
    assert (answer.level, codes(answer)) == (None, ["SOURCE_INCOMPLETE"])
    assert answer.held_back[0].figures == {"source": "erp", "fact_kind": "sales", "complete_through": last.isoformat()}
    assert answer.held_level is not None
    assert answer.changes_on is None


def test_two_things_that_each_hold_back_are_both_told() -> None:
    trade = live()
    trade.opened(LIVE, "payments", "bank")
    trade.invoiced(date(2025, 3, 1), "n1", DUE)
    trade.delivered(DUE, DUE - timedelta(days=1), "payments", "bank")
    trade.claimed(date(2025, 3, 20), "100.00", ("n1",))
    (answer,) = answers(trade, DUE + timedelta(days=8), "overdue_debt")
    assert (answer.level, answer.held_level, codes(answer)) == (None, "watch", ["SOURCE_INCOMPLETE", "DISPUTED"])


def test_a_season_seen_before_holds_a_silence_back_until_it_is_over() -> None:
    trade = live()
    trade.sold_every(10, date(2025, 1, 6), 14)
    trade.sold_every(10, date(2025, 9, 20), 24)
    last = date(2025, 9, 20) + timedelta(days=230)
    on = last + timedelta(days=80)
    (answer,) = answers(trade, on, "silent_beyond_own_rhythm")
    assert (answer.level, codes(answer)) == (None, ["KNOWN_PAUSE"])
    assert answer.changes_on is not None
    assert answer.changes_on > on
    opened = told(trade, answer.changes_on, "silent_beyond_own_rhythm")
    assert [day for what, _, _, day in opened if what == "Opened"][-1] == answer.changes_on


def test_a_silence_from_long_before_going_live_is_passed_by() -> None:
    trade = Trade()
    last = trade.sold_every(10, date(2025, 1, 6), 10)
    trade.went_live(last + timedelta(days=200))
    (answer,) = answers(trade, last + timedelta(days=201), "silent_beyond_own_rhythm")
    assert (answer.level, answer.held_level, codes(answer)) == (None, "act", ["PASSED_BY"])


def test_a_customer_of_whom_nothing_is_known_is_told_what_is_needed_first() -> None:
    trade = live()
    trade.registered(LIVE, "New Shop")
    missing = {rule.id: [one.code for one in answers(trade, LIVE, rule.id)[0].conditions if not one.holds] for rule in ALL_RULES}
    assert missing["silent_beyond_own_rhythm"] == ["PURCHASE_DAYS"]
    assert missing["credit_limit_nearly_used"] == ["LIMIT_AGREED"]
    assert all(missing.values())


@pytest.mark.parametrize("rule", ["silent_beyond_own_rhythm", "new_customer_quiet"])
def test_the_day_on_which_it_changes_is_the_day_on_which_the_engine_speaks(rule: str) -> None:
    trade = live()
    last = trade.sold_every(12, date(2025, 2, 1), 9 if rule == "silent_beyond_own_rhythm" else 2)
    (answer,) = answers(trade, last + timedelta(days=3), rule)
    assert answer.changes_on is not None
    assert told(trade, answer.changes_on - timedelta(days=1), rule) == []
    assert [(level, day) for _, _, level, day in told(trade, answer.changes_on, rule)] == [("watch", answer.changes_on)]


def test_orders_that_are_rarer_because_of_closures_are_held_back_by_what_was_agreed() -> None:
    last_gaps = (30, 30, 30, 30, 30)
    trade, last = buying((*GAPS, *last_gaps))
    assert [one.level for one in answers(trade, last + timedelta(days=1), "orders_fading")] == ["act"]
    for number in range(len(last_gaps)):
        first = last - timedelta(days=30 * (number + 1)) + timedelta(days=2)
        closure = ClosurePlanned(
            customer_id=SHOP, closure_id=UUID(int=number), first_on=first, last_on=first + timedelta(days=20)
        )
        trade.record(closure, noon(first))
    [answer] = answers(trade, last + timedelta(days=1), "orders_fading")
    assert (answer.level, answer.held_level, codes(answer)) == (None, "act", ["AGREED"])


def test_a_narrower_range_is_held_back_by_a_pause_of_these_months() -> None:
    trade, end = ranging(5, 20)
    assert [one.level for one in answers(trade, end, "range_of_articles_narrowing")] == ["act"]
    away = (noon(end - timedelta(days=70)), noon(end - timedelta(days=15)))
    trade.items = [item for item in trade.items if not away[0] < item.record.occurred_at < away[1]]
    [answer] = answers(trade, end, "range_of_articles_narrowing")
    assert (answer.level, answer.held_level, codes(answer)) == (None, "act", ["PAUSED"])
