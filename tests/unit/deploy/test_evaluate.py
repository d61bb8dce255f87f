"""The measures of the evaluation, on cases small enough to reckon by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from deploy.backtest.files import Bill
from deploy.evaluate import silence
from deploy.evaluate.measures import auc, average_precision, calibration_error, interval
from deploy.evaluate.planted import Run, Stream, oldest_open, reached, runs, streams
from deploy.evaluate.silence import NEVER, Spell, counted, earlier_than, spells, weekly
from services.alerts.domain.silence_score import Population

PAIRS = [(0.9, True), (0.8, False), (0.7, True), (0.1, False)]


def test_rankings_by_hand() -> None:
    assert auc(PAIRS) == 0.75
    assert auc([(0.5, True), (0.5, False)]) == 0.5
    assert average_precision(PAIRS) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([(0.5, True), (0.5, False)]) == 0.5


def test_calibration_by_hand() -> None:
    assert calibration_error([(0.65, True)] * 2 + [(0.65, False)] * 2) == pytest.approx(0.15)
    assert calibration_error([(1.0, True), (0.0, False)]) == 0


def test_an_interval_lies_around_the_measure() -> None:
    low, high = interval({str(i): [(i / 20, i % 3 > 0), (1 - i / 20, True)] for i in range(20)}, average_precision)
    assert low < high


def spell(gap: int, chances: tuple[float, ...], first: int = 14) -> Spell:
    at = range(first, first + len(chances))
    return Spell("A", 1000, 14.0, 1000 + gap, at, chances)


def test_spells_have_a_rhythm_and_a_known_outcome() -> None:
    days = [700, 720, 740, 760, 790, 1500]
    found = spells({"A": days, "B": [700, 720]}, Population(), learn_until=745, end=1000)
    assert [(one.start, one.unit, one.back) for one in found] == [(760, 20.0, 790), (790, 20.0, 1500)]
    assert list(found[0].at) == list(range(20, 30))
    assert list(found[1].at) == list(range(20, 121))
    assert [one.lost for one in found] == [False, True]
    # One day of data less, and what became of the second is not known.
    assert spells({"A": days}, Population(), learn_until=745, end=999) == found[:1]


def test_one_alert_a_spell_on_the_first_day_at_the_line() -> None:
    lost = spell(NEVER, (0.2, 0.7, 0.5, 0.9))
    low, high, never = counted(lost, "live", [0.6, 0.8, 0.95])
    assert (low.right, low.false, low.delay) == (1, 0, 15 / 14)
    assert (high.right, high.delay) == (1, 17 / 14)
    assert (never.right, never.found, never.lost, never.delay) == (0, 0, 1, 120 / 14)
    returned = counted(spell(18, (0.2, 0.7, 0.5, 0.9)), "live", [0.6])[0]
    assert (returned.right, returned.false, returned.lost) == (0, 1, 0)


def test_the_weekly_rows_say_whether_an_alert_would_be_right() -> None:
    rows = weekly([spell(44, (0.1,) * 30)], "days", learn_until=1000)["A"]
    # Back after 44 days, so 28 days stay from the 15th on: day 14 is right, days 21, 28 and so on are not.
    assert rows == [(14, True), (21, False), (28, False), (35, False), (42, False)]


def test_a_score_that_knows_the_outcome_is_earlier_than_a_fixed_rule() -> None:
    found = [spell(NEVER, (0.9,) * 107)._replace(customer=f"l{i}") for i in range(5)]
    found += [spell(100, (0.1,) * 86)._replace(customer=f"r{i}") for i in range(5)]
    saved = earlier_than(found, 90)
    assert (saved.fixed.false, saved.live.false) == (5, 0)
    assert saved.saved == pytest.approx(1 - 14 / 90)


def stream(customer: int, many: int = 30) -> list[Bill]:
    first = date(2024, 1, 1) + timedelta(days=customer)
    found = []
    for i in range(many):
        on = first + timedelta(days=10 * i)
        due = on + timedelta(days=30)
        found.append(Bill(f"{customer}-{i}", on, due, due + timedelta(days=(i + customer) % 3), Decimal(100)))
    return found


def test_what_is_planted_begins_on_the_onset_and_not_before() -> None:
    original = {str(i): stream(i) for i in range(4)}
    found = streams(original, seed=1)
    assert len(found) == 4 * 5
    assert found == streams(original, seed=1) != streams(original, seed=2)
    for one in found:
        bills = {bill.number: bill for bill in original[one.bills[0].number.split("-")[0]]}
        for bill in one.bills:
            changed = bill != bills[bill.number]
            assert changed == (one.onset is not None and bill.issued_on >= one.onset)


def test_the_line_allows_one_false_alarm_in_ten_customer_years() -> None:
    day = date(2024, 1, 1)
    weeks = [(day + timedelta(days=7 * i), 1.0) for i in range(53)]
    calm = [Run(weeks, None) for _ in range(20)]
    loud = [Run([(on, 2.0) for on, _ in weeks], None)]
    worse = [Run([(on, 3.0 if i > 10 else 1.0) for i, (on, _) in enumerate(weeks)], weeks[9][0])]
    found = reached(calm + loud + worse)
    assert found.line == 2.0
    assert found.false_a_year <= 0.10
    assert (found.median_delay, found.within_120) == (14, 1.0)


def test_the_oldest_open_item_is_seen_on_the_week_it_is_open() -> None:
    late = [bill._replace(settled_on=bill.due_on + timedelta(days=20)) for bill in stream(0)]
    weekly_scores = runs([Stream(late, None)], oldest_open, date(2024, 12, 1))[0].weeks
    assert max(score for _, score in weekly_scores) in range(14, 21)


def test_a_disputed_invoice_stops_being_late_where_disputes_are_told() -> None:
    late = [bill._replace(settled_on=bill.due_on + timedelta(days=20)) for bill in stream(0)]
    disputed = [bill._replace(disputed=i > 10) for i, bill in enumerate(late)]
    counted = runs([Stream(disputed, None)], oldest_open, date(2024, 12, 1))
    told = runs([Stream(disputed, None)], oldest_open, date(2024, 12, 1), disputes_told=True)
    assert counted == runs([Stream(late, None)], oldest_open, date(2024, 12, 1))
    assert {score for day, score in told[0].weeks if day > disputed[11].due_on + timedelta(days=7)} == {0.0}


def test_learnt_anew_each_month_a_day_is_scored_by_what_was_known_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def learnt(_: object, until: int) -> Population:
        return Population(alpha=2.0 if until < date(2001, 2, 28).toordinal() else 9.0)

    monkeypatch.setattr(silence, "learnt_from", learnt)
    first = date(2001, 2, 5).toordinal()
    days = {"A": [first - 60, first - 40, first - 20, first]}
    learn_until, end = first - 1, first + 300
    (found,) = silence.refitted_monthly(days, learn_until, end)
    (before,) = spells(days, Population(alpha=2.0), learn_until, end)
    (after,) = spells(days, Population(alpha=9.0), learn_until, end)
    border = date(2001, 3, 1).toordinal() - first
    at = list(found.at).index(border)
    assert found.chance == before.chance[:at] + after.chance[at:]
    assert before.chance[at] != after.chance[at]
