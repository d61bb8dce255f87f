"""Average stock and turnover from counts; no figure where a count, a unit or a price is missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.classification.domain.stock import Count, Turnover, Unit, borders, nearest, turnover
from shared.contracts.products import Pack

MARCH, MARCH_END = date(2026, 3, 1), date(2026, 3, 31)
PIECES = Unit("PIECE", [Pack("BOX", Decimal(10))], Decimal("2.50"))


def count(on: date, quantity: int = 100, unit: str = "PIECE") -> Count:
    return Count(on, Decimal(quantity), unit)


START, END = count(date(2026, 2, 28), 100), count(date(2026, 3, 31), 60)


def figure(
    *counts: Count, sold: str = "200", unit: Unit | None = PIECES, by_amount: bool = False, last: date = MARCH_END
) -> Turnover:
    return turnover(list(counts), MARCH, last, 7, Decimal(sold), unit, by_amount=by_amount)


def test_sales_over_the_mean_of_start_and_end() -> None:
    found = figure(START, END)
    assert (found.average, found.turnover, found.reason) == (Decimal(80), Decimal("2.5"), None)


def test_by_amount_both_are_in_money() -> None:
    found = figure(START, END, sold="500.00", by_amount=True)
    assert (found.value, found.turnover) == (Decimal(200), Decimal("2.5"))


def test_a_pack_is_counted_in_its_own_unit() -> None:
    assert figure(count(date(2026, 3, 1), 10, "BOX"), END).average == Decimal(80)


def test_several_months_have_the_mean_of_their_averages() -> None:
    found = figure(START, END, count(date(2026, 4, 30), 140), last=date(2026, 4, 30))
    assert found.average == (Decimal(80) + Decimal(100)) / 2


@pytest.mark.parametrize(
    ("counts", "unit", "by_amount", "reason"),
    [
        ([START], PIECES, False, "COUNT_MISSING"),
        ([END], PIECES, False, "COUNT_MISSING"),
        ([], PIECES, False, "COUNT_MISSING"),
        ([START, END], None, False, "ARTICLE_NOT_DESCRIBED"),
        ([START, count(date(2026, 3, 31), 6, "PALLET")], PIECES, False, "UNITS_DIFFER"),
        ([START, END], Unit("PIECE", [], None), True, "UNIT_PRICE_UNKNOWN"),
        ([count(date(2026, 2, 28), 0), count(date(2026, 3, 31), 0)], PIECES, False, "NO_STOCK"),
    ],
)
def test_no_figure_and_why(counts: list[Count], unit: Unit | None, by_amount: bool, reason: str) -> None:
    found = figure(*counts, unit=unit, by_amount=by_amount)
    assert (found.turnover, found.reason) == (None, reason)


def test_the_nearest_count_within_the_days_stands_for_a_border() -> None:
    days = [date(2026, 2, 21), date(2026, 2, 25), date(2026, 3, 3)]
    assert nearest(map(count, days), MARCH, 7) == count(date(2026, 2, 25))
    assert nearest(map(count, days[:1]), MARCH, 7) == count(days[0])
    assert nearest([count(date(2026, 2, 20))], MARCH, 7) is None
    assert nearest([count(date(2026, 3, 7))], MARCH, 7) == count(date(2026, 3, 7))
    assert nearest([count(date(2026, 3, 8))], MARCH, 7) is None


def test_borders_of_a_period() -> None:
    assert borders(date(2025, 12, 1), date(2026, 1, 31)) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
