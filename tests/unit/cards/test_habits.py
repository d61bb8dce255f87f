"""Which periods can be answered, and what is usual with a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from services.cards.domain.habits import Middle, habits, middle, purchasing, terms_kept, usual_gap
from services.cards.domain.period import Period, PeriodNotKept, PeriodRefused, PeriodReversed, period_of, sums_in
from services.cards.domain.spans import added, joined
from shared.contracts.money import Money
from shared.contracts.open_items import Settlement
from shared.contracts.transactions import SaleLine, SaleRecorded
from tests.unit.cards.telling import CUSTOMER

TODAY = date(2026, 6, 30)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("first", "last", "kinds"),
    [
        (ago(1), ago(1), ("d",)),
        (ago(61), TODAY, ("d",)),
        (date(2026, 4, 1), date(2026, 4, 30), ("m",)),
        (date(2024, 6, 1), TODAY, ("m",)),
        (date(2024, 1, 1), date(2024, 12, 31), ("m", "y")),
        (date(2019, 1, 1), TODAY, ("m", "y")),
    ],
)
def test_periods_that_can_be_answered(first: date, last: date, kinds: tuple[str, ...]) -> None:
    assert period_of(first, last, TODAY) == Period(first, last, kinds)


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (TODAY, ago(1), PeriodReversed),
        (ago(62), ago(62), PeriodNotKept),
        (date(2026, 4, 1), date(2026, 4, 29), PeriodNotKept),
        (date(2024, 5, 1), TODAY, PeriodNotKept),
        (date(2023, 1, 1), date(2023, 6, 30), PeriodNotKept),
    ],
)
def test_periods_that_cannot(first: date, last: date, refusal: type[PeriodRefused]) -> None:
    with pytest.raises(refusal):
        period_of(first, last, TODAY)


def test_every_answerable_period_counts_each_sale_once() -> None:
    books = {}
    for days in range(0, 2400, 3):
        books, _ = added(books, "CNY", ago(days), (1, 1, 0))

    def sales(first: date, last: date) -> int:
        found = sums_in(books["CNY"], period_of(first, last, TODAY))
        return 0 if found is None else found[1]

    def counted(first: date, last: date) -> int:
        return sum(first <= ago(days) <= last for days in range(0, 2400, 3))

    for first, last in [
        (ago(61), TODAY),
        (ago(9), ago(3)),
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2024, 6, 1), date(2025, 5, 31)),
        (date(2021, 1, 1), date(2021, 12, 31)),
        (date(2020, 1, 1), TODAY),
    ]:
        assert sales(first, last) == counted(first, last)
    assert joined([books, books])["CNY"].years == [n * (2 if at % 4 in (1, 2) else 1) for at, n in enumerate(books["CNY"].years)]


def sale(on: date, net: str, lines: Sequence[tuple[str, str]] = (), currency: str = "CNY") -> SaleRecorded:
    return SaleRecorded(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=str(uuid4()),
        sold_on=on,
        net=Money(Decimal(net), currency),
        lines=tuple(SaleLine(article=article, quantity=Decimal(n), net=Decimal(1)) for article, n in lines),
    )


def test_habits_are_those_of_the_purchase_days() -> None:
    monday = date(2026, 3, 2)
    days = [monday + timedelta(weeks=n) for n in range(10)]
    sales = [sale(day, "60.00", [("A-1", "5")]) for day in days] + [
        sale(day, "40.00", [("A-1", "1"), ("B", "2")]) for day in days
    ]
    sales += [sale(days[3] + timedelta(days=2), "900.00", [("C", "1")])]
    found = habits(sales)
    assert (found.purchase_days, found.since, found.weekday) == (11, monday, 0)
    assert found.gap == Middle(Decimal(7), Decimal(7), Decimal(7))
    assert found.weekdays == (10, 0, 1, 0, 0, 0, 0)
    assert found.part_of_month is None
    assert found.sizes == {"CNY": Middle(Decimal("100.00"), Decimal("100.00"), Decimal("100.00"))}
    assert [(one.article, one.days, one.quantity.median) for one in found.articles] == [("A-1", 10, 6), ("B", 10, 2)]


def test_three_purchases_are_no_habit() -> None:
    found = habits([sale(ago(n), "1.00") for n in (30, 20, 10)])
    assert (found.purchase_days, found.gap, found.articles, found.weekday) == (3, None, (), None)
    assert habits([]).purchase_days == 0


def test_what_lies_more_than_a_year_back_counts_only_for_who_buys_seldom() -> None:
    often = [sale(ago(n * 10), "1.00") for n in range(80)]
    assert habits(often).purchase_days == 37
    seldom = [sale(ago(n * 100), "1.00") for n in range(20)]
    assert (habits(seldom).purchase_days, habits(seldom).since) == (12, ago(1100))


def test_the_middle_is_made_of_figures_that_occur() -> None:
    assert middle([Decimal(n) for n in (9, 1, 5, 3, 7)]) == Middle(Decimal(5), Decimal(3), Decimal(7))
    assert middle([Decimal(4)]) == Middle(Decimal(4), Decimal(4), Decimal(4))
    assert usual_gap([1, 4, 9]) == 3
    assert usual_gap([1, 4]) is None


@pytest.mark.parametrize(
    ("first", "silent", "gap", "expected"),
    [
        (None, None, None, "NEVER_BOUGHT"),
        (500, 90, None, "BUYING"),
        (500, 91, None, "DORMANT"),
        (500, 91, 45, "DORMANT"),
        (500, 91, 46, "BUYING"),
        (90, 5, 7, "NEW"),
        (91, 5, 7, "BUYING"),
    ],
)
def test_not_one_number_of_days_for_all(first: int | None, silent: int | None, gap: int | None, expected: str) -> None:
    first_on, last_on = None if first is None else ago(first), None if silent is None else ago(silent)
    assert purchasing(first_on, last_on, gap, TODAY) == expected


def test_terms_kept_are_those_of_the_last_year_weighted_by_amount() -> None:
    def settled(days: int, amount: int, late: int, currency: str = "CNY") -> Settlement:
        return Settlement("erp", str(days), currency, Decimal(amount), ago(days + 30), ago(days + late), ago(days), late)

    kept = terms_kept([settled(400, 999, 90), settled(30, 300, 10), settled(20, 100, -2), settled(1, 5, 0, "JPY")], TODAY)
    assert [(one.currency, one.settled, one.on_time, one.days_late) for one in kept] == [("CNY", 2, 1, 7), ("JPY", 1, 1, 0)]
