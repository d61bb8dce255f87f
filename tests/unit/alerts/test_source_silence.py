"""A feeding system is silent when a pause this long does not fit its own weekdays."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.alerts.domain.company_rules import SOURCE_SILENT
from services.alerts.domain.signs import Parameters
from services.alerts.domain.source_silence import Feeding, Quiet, judged
from shared.contracts.alerts import AlertOpened
from shared.contracts.company_alerts import SourceFellSilent, SourceSpokeAgain
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import Trade, noon

DEFAULTS = Parameters(1, SOURCE_SILENT.defaults)
FRIDAY = date(2026, 3, 13)
DAY = timedelta(days=1)


def workdays(last: date = FRIDAY, weeks: int = 12) -> list[date]:
    days = [last - timedelta(days=n) for n in range(weeks * 7)]
    return [day for day in days if day.weekday() < 5]


def feeding(days: list[date], late: int = 0, others: int = 0) -> Feeding:
    return Feeding("shop", "sales", {day: day + timedelta(days=late) for day in days}, others)


def first_quiet(one: Feeding, parameters: Parameters = DEFAULTS) -> date | None:
    through = max(one.spoken)
    days = (through + timedelta(days=n) for n in range(200))
    return next((day for day in days if judged(one, parameters, day) is not None), None)


def quiet(one: Feeding, on: date) -> Quiet:
    found = judged(one, DEFAULTS, on)
    assert found is not None
    return found


def test_a_source_of_every_workday_is_missed_on_the_third_workday_and_not_over_the_weekend() -> None:
    # Friday is the last day; Monday to Wednesday bring nothing, which is known on Thursday morning.
    assert first_quiet(feeding(workdays())) == date(2026, 3, 19)
    assert judged(feeding(workdays()), DEFAULTS, date(2026, 3, 18)) is None
    found = quiet(feeding(workdays()), date(2026, 3, 19))
    assert (found.through, found.due_on) == (FRIDAY, date(2026, 3, 19))
    figures = {reason.code: reason.figures for reason in found.reasons}
    assert figures["LAST_DELIVERED"]["silent_days"] == 5
    assert figures["OWN_RHYTHM"] == {"spoken_days": 40, "rhythm_days": 56, "missed_days": 3}


def test_a_source_of_every_day_is_missed_sooner_and_one_of_every_week_later() -> None:
    every_day = [FRIDAY - timedelta(days=n) for n in range(84)]
    assert first_quiet(feeding(every_day)) == FRIDAY + 4 * DAY
    # The rhythm of eight weeks has eight Fridays: with a lower bound two of them may be missed, not three.
    fridays = [FRIDAY - timedelta(weeks=n) for n in range(20)]
    weekly = Parameters(1, {**SOURCE_SILENT.defaults, "least_days": Decimal(8), "prompt_days": Decimal(8)})
    missed = first_quiet(feeding(fridays), weekly)
    assert missed is not None and timedelta(weeks=2) < missed - FRIDAY <= timedelta(weeks=3, days=1)


def test_usual_lateness_is_waited_for() -> None:
    assert first_quiet(feeding(workdays(), late=2)) == date(2026, 3, 21)


def test_a_rhythm_needs_days_and_loaded_history_needs_others_that_go_on() -> None:
    months_later = FRIDAY + timedelta(days=90)
    assert judged(feeding(workdays()[:19]), DEFAULTS, months_later) is None
    assert judged(feeding(workdays()[:20]), DEFAULTS, months_later) is not None
    loaded = {day: FRIDAY + timedelta(days=40) for day in workdays()}
    assert judged(Feeding("shop", "sales", loaded, 2), DEFAULTS, months_later) is None
    assert judged(Feeding("shop", "sales", loaded, 3), DEFAULTS, months_later) is not None


def test_the_pause_of_last_year_is_waited_for() -> None:
    then = FRIDAY - timedelta(days=364)
    days = workdays(weeks=70)
    closed = [day for day in days if not then < day < then + timedelta(days=14)]
    assert len(closed) < len(days)
    assert first_quiet(feeding(days)) == date(2026, 3, 19)
    assert first_quiet(feeding(closed)) == FRIDAY + timedelta(days=14)


def test_nothing_is_expected_on_the_holidays_of_the_company() -> None:
    # Monday to Wednesday are holidays: Thursday, Friday and Monday are missed, which is known on Tuesday.
    holidays = frozenset(FRIDAY + timedelta(days=n) for n in (3, 4, 5))
    assert first_quiet(feeding(workdays())._replace(holidays=holidays)) == date(2026, 3, 24)


@pytest.mark.parametrize("chance", ["0.01", "0.001", "0.0001"])
def test_the_line_is_the_chance_that_was_published(chance: str) -> None:
    missed = {"0.01": date(2026, 3, 18), "0.001": date(2026, 3, 19), "0.0001": date(2026, 3, 20)}
    assert (
        first_quiet(feeding(workdays()), Parameters(2, {**SOURCE_SILENT.defaults, "chance": Decimal(chance)})) == missed[chance]
    )


FIRST = date(2026, 1, 5)


def regular() -> tuple[Trade, date]:
    """A customer of every ten days, and the day on which its silence is seen."""
    trade = Trade()
    trade.went_live(FIRST)
    last = trade.sold_every(10, FIRST, 12)
    (seen,) = [day for what, _, level, day in told(trade, last + timedelta(days=60)) if (what, level) == ("Opened", "watch")]
    return trade, seen


def test_a_customer_s_silence_waits_while_its_source_is_silent_and_comes_when_it_speaks_again() -> None:
    trade, seen = regular()
    trade.record(SourceFellSilent(source="erp", fact_kind="sales", through=seen - 3 * DAY), noon(seen - DAY))
    assert told(trade, seen + timedelta(days=4)) == []
    again = seen + timedelta(days=5)
    trade.record(SourceSpokeAgain(source="erp", fact_kind="sales"), noon(again))
    (opened,) = [one for one in sayings(trade, again) if isinstance(one.event, AlertOpened)]
    assert (opened.at.date(), opened.event.finding.true_on) == (again, seen)


def test_what_the_source_held_back_leaves_no_false_alarm() -> None:
    trade, seen = regular()
    trade.record(SourceFellSilent(source="erp", fact_kind="sales", through=seen - 3 * DAY), noon(seen - DAY))
    trade.sold(seen - 2 * DAY, at=seen + 9 * DAY)
    trade.record(SourceSpokeAgain(source="erp", fact_kind="sales"), noon(seen + 10 * DAY))
    assert told(trade, seen + timedelta(days=10)) == []


def test_the_silence_of_another_source_or_kind_holds_nothing_back() -> None:
    trade, seen = regular()
    trade.record(SourceFellSilent(source="shop", fact_kind="sales", through=seen - 3 * DAY), noon(seen - DAY))
    trade.record(SourceFellSilent(source="erp", fact_kind="payments", through=seen - 3 * DAY), noon(seen - DAY))
    assert [day for what, *_, day in told(trade, seen)] == [seen]


def test_a_source_that_says_itself_how_complete_it_is_is_believed() -> None:
    trade, seen = regular()
    trade.record(SourceFellSilent(source="erp", fact_kind="sales", through=seen - 3 * DAY), noon(seen - DAY))
    trade.ended(seen + DAY)
    assert [day for what, *_, day in told(trade, seen + DAY)] == [seen]
