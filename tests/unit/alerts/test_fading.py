"""Fading before silence: orders rarer or smaller, fewer articles; each line from both sides."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.alerts.domain.article_range import listed, narrowed
from services.alerts.domain.order_sizes import Sizes, ordered
from services.alerts.domain.rules import orders_fading, range_of_articles_narrowing
from services.alerts.domain.turnover import month_of
from shared.contracts.alerts import AlertOpened
from shared.contracts.transactions import SaleLine, SaleRecorded
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import SHOP, Trade, cny, noon

LIVE = date(2025, 1, 1)
FIRST = date(2025, 1, 8)
FADING, RANGE = orders_fading.RULE_ID, range_of_articles_narrowing.RULE_ID
GAPS = (8, 10, 12, 9, 11, 10, 8, 12, 10, 9, 11, 10)


def buying(gaps: tuple[int, ...], amounts: tuple[str, ...] = ()) -> tuple[Trade, date]:
    """Orders at these intervals; the last ones of these amounts, the others around a hundred."""
    trade = Trade()
    trade.went_live(LIVE)
    day = FIRST
    usual = [("100.00", "110.00", "90.00")[i % 3] for i in range(len(gaps) + 1 - len(amounts))]
    for gap, amount in zip((0, *gaps), (*usual, *amounts), strict=True):
        day += timedelta(days=gap)
        trade.sold(day, amount=amount)
    return trade, day


def fades(gaps: tuple[int, ...], amounts: tuple[str, ...] = ()) -> list[str | None]:
    trade, last = buying(gaps, amounts)
    return [level for _, _, level, _ in told(trade, last + timedelta(days=1), FADING)]


@pytest.mark.parametrize(
    ("last_gaps", "levels"),
    [
        ((14, 14, 14, 14, 14), []),
        ((15, 15, 15, 15, 10), []),
        ((15, 15, 15, 15, 15), ["watch"]),
        ((30, 30, 30, 30, 30), ["watch", "act"]),
        ((60, 10, 10, 10, 10), []),
    ],
)
def test_orders_at_longer_intervals_and_one_long_pause_that_is_none(last_gaps: tuple[int, ...], levels: list[str]) -> None:
    assert fades((*GAPS, *last_gaps)) == levels


@pytest.mark.parametrize(
    ("amounts", "levels"),
    [
        (("71.00",) * 5, []),
        (("67.00",) * 5, ["watch"]),
        (("40.00",) * 5, ["watch", "act"]),
        (("5.00", "100.00", "100.00", "100.00", "100.00"), []),
    ],
)
def test_smaller_orders_and_one_small_order_that_is_no_trend(amounts: tuple[str, ...], levels: list[str]) -> None:
    assert fades((*GAPS, *GAPS), amounts) == levels


@pytest.mark.parametrize(("orders", "warned"), [(11, False), (12, True)])
def test_what_is_usual_is_known_from_twelve_orders(orders: int, warned: bool) -> None:
    assert bool(fades((*GAPS[: orders - 6], 60, 60, 60, 60, 60))) is warned


def test_an_order_of_today_is_not_whole_until_tomorrow() -> None:
    trade, last = buying((*GAPS, *GAPS), ("67.00",) * 5)
    assert [(day, level) for _, _, level, day in told(trade, last, FADING)] == []
    assert [(day, level) for _, _, level, day in told(trade, last + timedelta(days=1), FADING)] == [(last, "watch")]


def test_who_buys_as_before_again_is_calm_after_thirty_days() -> None:
    trade, last = buying((*GAPS, *GAPS), ("67.00",) * 5)
    for i in range(1, 8):
        trade.sold(last + timedelta(days=10 * i))
    found = [(what, day) for what, _, _, day in told(trade, last + timedelta(days=90), FADING)]
    assert [what for what, _ in found] == ["Opened", "Recovered"]
    assert (found[1][1] - found[0][1]).days > 30


def test_a_fading_from_long_before_going_live_is_passed_by() -> None:
    trade, last = buying((*GAPS, 30, 30, 30, 30, 30))
    trade.items = trade.items[1:]
    trade.went_live(last + timedelta(days=31))
    assert told(trade, last + timedelta(days=32), FADING) == []


def test_reasons_name_what_is_usual_and_what_is_now() -> None:
    trade, last = buying((*GAPS, *GAPS), ("67.00",) * 5)
    opened = next(one.event for one in sayings(trade, last + timedelta(days=1)) if isinstance(one.event, AlertOpened))
    reasons = {reason.code: reason.figures for reason in opened.finding.reasons}
    assert (reasons["ORDERS_SMALLER"]["recent_order"], reasons["ORDERS_SMALLER"]["currency"]) == ("67.00", "CNY")
    assert 95 < float(str(reasons["ORDERS_SMALLER"]["usual_order"])) < 105
    assert opened.kind == "silence"


def test_sizes_do_not_depend_on_the_order_of_late_facts() -> None:
    sales = [(FIRST + timedelta(days=i), Decimal(10 + i)) for i in range(7)] + [(FIRST, Decimal(5))]
    expected: Sizes | None = None
    for seed in range(5):
        chance, mixed, sizes = random.Random(seed), list(sales), Sizes()
        chance.shuffle(mixed)
        for day, amount in mixed:
            sizes = ordered(sizes, day, amount)
        assert expected in (None, sizes)
        expected = sizes
    assert expected is not None
    assert expected.latest[0] == (FIRST.toordinal(), Decimal(15))


def ranging(recent: int, usual: int = 10, months: int = 9) -> tuple[Trade, date]:
    """Every week some of `usual` articles, in turn; in the last three of these months only the first `recent` of them."""
    trade = Trade()
    trade.went_live(LIVE)
    end = date(2025 + months // 12, months % 12 + 1, 1)
    narrow_from = date(2025 + (months - 3) // 12, (months - 3) % 12 + 1, 1)
    day, turn = date(2025, 1, 2), 0
    while day < end:
        count = recent if day >= narrow_from else usual
        lines = tuple(SaleLine(article=f"A-{(turn + i) % count}", quantity=Decimal(1), net=Decimal(25)) for i in range(4))
        fact = SaleRecorded(
            customer_id=SHOP, source="erp", source_event_id=trade.name("s"), sold_on=day, net=cny(100), lines=lines
        )
        trade.record(fact, noon(day))
        day, turn = day + timedelta(days=7), turn + 4
    return trade, end


@pytest.mark.parametrize(
    ("recent", "usual", "levels"),
    [(24, 30, []), (15, 30, ["watch"]), (8, 30, ["watch", "act"]), (1, 5, [])],
)
def test_fewer_articles_than_usual(recent: int, usual: int, levels: list[str]) -> None:
    trade, end = ranging(recent, usual)
    found = told(trade, end, RANGE)
    assert [level for _, _, level, _ in found][-1:] == levels[-1:]
    assert all(day.day == 1 for _, _, _, day in found)


def test_half_a_year_before_is_needed() -> None:
    trade, end = ranging(3, 20, months=8)
    assert told(trade, end, RANGE) == []


def test_a_pause_is_no_narrowing_and_silence_ends_it() -> None:
    trade, end = ranging(5, 20)
    last = told(trade, end, RANGE)[-1]
    assert last[2] == "act"
    silent = told(trade, end + timedelta(days=150), RANGE)
    assert silent[-1][0] == "Recovered"
    paused, end = ranging(20, 20, months=8)
    paused.sold(end + timedelta(days=50))
    assert told(paused, end + timedelta(days=62), RANGE) == []


def test_the_estimate_of_articles_and_facts_that_come_twice() -> None:
    months = listed((), FIRST, [f"A-{i}" for i in range(12)])
    assert listed(months, FIRST + timedelta(days=3), ["A-3"]) == months
    assert listed(months, FIRST, []) == months
    later = listed(months, date(2026, 5, 1), ["B"])
    assert [month.number for month in later] == [month_of(date(2026, 5, 1))]
    assert narrowed(months, months[0].number) is None
