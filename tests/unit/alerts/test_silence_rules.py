"""Silence: on which day, at which level, and when not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.alerts.domain.rhythm import rhythm
from services.alerts.domain.silence_score import Population, stays_away
from shared.contracts.alerts import AlertOpened, Finding
from tests.unit.alerts.telling import folded, moments, sayings, told
from tests.unit.alerts.trade import BAKER, SHOP, Trade

LIVE = date(2025, 1, 2)
SILENT, NEW = "silent_beyond_own_rhythm", "new_customer_quiet"


def live() -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    return trade


def test_a_regular_is_watched_and_then_acted_on() -> None:
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    found = told(trade, last + timedelta(days=200))
    assert [(what, level) for what, _, level, _ in found] == [("Opened", "watch"), ("Worsened", "act")]
    assert [(day - last).days for *_, day in found] == [42, 55]
    assert told(trade, last + timedelta(days=41)) == []
    assert len(told(trade, last + timedelta(days=42))) == 1
    assert len(told(trade, last + timedelta(days=54))) == 1


def test_the_levels_are_those_of_the_probability() -> None:
    """The third unit of silence comes first here; at the second level the chance has just passed 80 %."""
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    purchases = folded(trade, last).rows[SHOP].customer.purchases
    assert purchases is not None
    chance = stays_away(rhythm(purchases, Population()), Population(), 28)
    assert chance(54) < 0.8 <= chance(55)


def test_three_units_of_silence_are_watched_only_until_the_own_population_is_known() -> None:
    trade = live()
    trade.published(LIVE, SILENT, 2, floor_units="0")
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    assert (told(trade, last + timedelta(days=200))[0][3] - last).days == 44


def test_a_timer_is_due_at_the_beginning_of_the_company_s_day() -> None:
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    midnight_in_shanghai = datetime(2025, 11, 9, 16, tzinfo=UTC)
    assert moments(trade, last + timedelta(days=42)) == [midnight_in_shanghai]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo"])
def test_days_are_calendar_days_where_clocks_are_changed(zone: str) -> None:
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    found = told(trade, last + timedelta(days=60), zone=ZoneInfo(zone))
    assert [(day - last).days for *_, day in found] == [42, 55]


def test_a_purchase_ends_the_spell_and_the_next_one_is_another_alert() -> None:
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    trade.sold(last + timedelta(days=50))
    found = told(trade, last + timedelta(days=250))
    assert [what for what, *_ in found] == ["Opened", "Recovered", "Opened", "Worsened"]
    opened = [one.event.alert_id for one in sayings(trade, last + timedelta(days=250)) if isinstance(one.event, AlertOpened)]
    assert len(set(opened)) == 2


def test_a_late_sale_of_a_day_before_the_last_ends_nothing() -> None:
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    trade.sold(last - timedelta(days=5), at=last + timedelta(days=50))
    assert [what for what, *_ in told(trade, last + timedelta(days=54))] == ["Opened"]


def test_an_occasion_that_is_due_already_fires_with_the_fact_that_makes_it_so() -> None:
    trade = live()
    last = trade.sold_every(14, date(2025, 1, 6), 20)
    trade.sold_every(14, date(2025, 1, 6), 19, BAKER)
    trade.sold(last, BAKER, at=last + timedelta(days=48))
    late = [one for one in sayings(trade, last + timedelta(days=48)) if one.event.customer_id == BAKER]
    finding = late[-1].event.finding  # type: ignore[attr-defined]
    assert late[-1].at.date() == last + timedelta(days=48)
    assert (finding.level, finding.true_on) == ("watch", last + timedelta(days=42))


def test_a_customer_with_one_order_is_missed_by_a_rule_of_its_own() -> None:
    trade = live()
    trade.sold(date(2025, 3, 1))
    found = told(trade, date(2026, 3, 1))
    assert [(what, rule, level) for what, rule, level, _ in found] == [("Opened", NEW, "watch"), ("Worsened", NEW, "act")]
    assert 21 < (found[0][3] - date(2025, 3, 1)).days < 60


def test_the_third_order_changes_to_the_rule_of_regulars() -> None:
    trade = live()
    trade.sold_every(20, date(2025, 3, 1), 3)
    assert {rule for _, rule, *_ in told(trade, date(2026, 3, 1))} == {SILENT}
    trade = live()
    trade.sold_every(20, date(2025, 3, 1), 2)
    assert {rule for _, rule, *_ in told(trade, date(2026, 3, 1))} == {NEW}


def test_who_never_bought_is_not_silent() -> None:
    trade = live()
    trade.registered(date(2025, 1, 5), "Lotus Trading")
    trade.returned(date(2025, 1, 9))
    assert told(trade, date(2027, 1, 1)) == []


def seasonal(years: int) -> Trade:
    """Buys every 10 days from March to May and from September to November."""
    trade = live()
    for year in range(2025, 2025 + years):
        for first in (date(year, 3, 1), date(year, 9, 1)):
            trade.sold_every(10, first, 9)
    return trade


@pytest.mark.parametrize("years", [2, 3])
def test_a_known_pause_is_no_silence(years: int) -> None:
    """Two years of history: the pauses of the first are known in the second and after it."""
    trade = seasonal(years)
    season_ends = date(2024 + years, 11, 20)
    found = told(trade, season_ends + timedelta(days=101), SILENT)
    assert found, "in the first year nobody can know"
    assert all(day < date(2026, 3, 1) for what, _, _, day in found if what != "Recovered")


def test_a_pause_longer_than_the_known_one_is_a_silence() -> None:
    trade = seasonal(2)
    found = [entry for entry in told(trade, date(2027, 6, 1), SILENT) if entry[3] >= date(2026, 3, 2)]
    assert [(what, level) for what, _, level, _ in found] == [("Opened", "watch"), ("Worsened", "act")]
    # The pause ended on 1 March the year before; one unit of 14 days is waited for.
    assert found[0][3] == date(2027, 3, 15)


def test_reasons_are_sentences_with_the_numbers_of_this_customer() -> None:
    trade = live()
    last = trade.sold_every(20, date(2025, 1, 6), 12)
    opened = sayings(trade, last + timedelta(days=120))[0].event
    assert isinstance(opened, AlertOpened)
    finding: Finding = opened.finding
    by_code = {reason.code: reason for reason in finding.reasons}
    assert by_code["OWN_RHYTHM"].sentence == "Buys every 20 days (median of 11 gaps, middle half 20 to 20)."
    silent = (finding.true_on - last).days
    assert by_code["SILENT_DAYS"].figures["silent_days"] == silent
    purchases = folded(trade, last).rows[SHOP].customer.purchases
    assert purchases is not None
    chance = stays_away(rhythm(purchases, Population()), Population(), 40)(silent)
    assert float(by_code["CHANCE_OF_NO_ORDER"].figures["probability"]) == pytest.approx(chance, abs=5e-5)
    assert by_code["AT_STAKE"].figures == {"monthly_sales": "150.00", "currency": "CNY", "months": 8}
    assert finding.evidence == (opened.began_event_id,)
