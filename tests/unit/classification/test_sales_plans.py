"""Plans: refused by name, spread to the cent, proposed from what was sold, held against what came; and the formula behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classification.domain.months import months_to
from services.classification.domain.refusals import EntryRefused
from services.classification.domain.sales_formula import Side, average, change
from services.classification.domain.sales_plan import (
    NONE,
    Formula,
    PlanDoesNotAddUp,
    PlanOutOfRange,
    PlanSales,
    decide,
    folded,
    held,
    spread,
)
from services.classification.domain.sales_proposal import last_whole_month, proposed
from shared.contracts.plans import SalesPlanned

EVEN = tuple([Decimal("100.00")] * 12)
PLAN = PlanSales(2027, "CNY", "east", EVEN, Formula(8, 4, Decimal("100.00")), "FORMULA", uuid4())
DECEMBER = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (replace(PLAN, months=EVEN[:11]), PlanOutOfRange),
        (replace(PLAN, months=(Decimal("-0.01"), *EVEN[1:])), PlanOutOfRange),
        (replace(PLAN, months=(Decimal("0.001"), *EVEN[1:])), PlanOutOfRange),
        (replace(PLAN, months=tuple([Decimal(0)] * 12), formula=None), PlanOutOfRange),
        (replace(PLAN, formula=Formula(-1, 13, Decimal(100))), PlanOutOfRange),
        (replace(PLAN, formula=Formula(8, 4, Decimal(0))), PlanOutOfRange),
        (replace(PLAN, formula=Formula(8, 4, Decimal("100.01"))), PlanDoesNotAddUp),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(command: PlanSales, refusal: type[EntryRefused]) -> None:
    with pytest.raises(refusal):
        decide(NONE, command)


def test_the_last_plan_of_an_area_and_currency_stands() -> None:
    known = folded(decide(NONE, PLAN))
    assert decide(known, PLAN) == []
    more = decide(known, replace(PLAN, months=(Decimal("101.00"), *EVEN[1:]), formula=None, method="STATED"))
    company = decide(known, replace(PLAN, area_id=None))
    known = folded([*known.values(), *more, *company])
    assert {area: one.months[0] for (_, area), one in known.items()} == {"east": Decimal("101.00"), None: Decimal("100.00")}


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=12, max_size=12))
def test_parts_of_a_year_add_up_and_are_never_far_from_their_share(cents: int, weights: Sequence[int]) -> None:
    total = Decimal(cents) / 100
    parts = spread(total, [Decimal(one) for one in weights], "CNY")
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        share = Decimal(weight) / whole if whole else Decimal(1) / 12
        assert abs(part - total * share) <= Decimal("0.011")


def test_a_running_month_is_due_by_its_days() -> None:
    (plan,) = decide(NONE, PLAN)
    assert isinstance(plan, SalesPlanned)
    months = held(plan, {1: Decimal("150.00"), 2: Decimal("25.00")}, date(2027, 2, 7))
    assert [one.due for one in months[:3]] == [Decimal("100.00"), Decimal("25.00"), Decimal("0.00")]
    assert (months[-1].due_so_far, months[-1].net_so_far) == (Decimal("125.00"), Decimal("175.00"))
    assert held(plan, {}, date(2026, 12, 31))[-1].due_so_far == 0
    assert held(plan, {}, date(2027, 12, 31))[-1].due_so_far == 1200


def sold(first: date, *years: int) -> dict[date, Decimal]:
    """So much in each month of each year, twice as much in its tenth month."""
    start = first.year * 12 + first.month - 1
    months = months_to(date((start + len(years) * 12 - 1) // 12, (start - 1) % 12 + 1, 1), len(years) * 12)
    return {month: Decimal(years[n // 12] * (2 if month.month == 10 else 1)) for n, month in enumerate(months)}


def test_a_proposal_follows_growth_and_season() -> None:
    net = sold(date(2025, 1, 1), 1000, 1100)
    found = proposed(net, date(2025, 1, 9), DECEMBER, "CNY")
    assert (found.base, found.growth, found.months_known, found.remarks) == (Decimal(14300), Decimal("0.1000"), 24, [])
    assert sum(found.months) == Decimal("15730.00")
    assert found.months[9] == Decimal("2420.00")
    assert found.months[0] == Decimal("1210.00")


@pytest.mark.parametrize(
    ("first_on", "years", "growth", "remarks"),
    [
        (date(2024, 1, 1), (500, 1000, 2000), "0.30", ["GROWTH_LIMITED"]),
        (date(2024, 1, 1), (500, 1000, 500), "-0.30", ["GROWTH_LIMITED"]),
        (date(2024, 1, 1), (500, 1000, 1300), "0.3000", []),
        (date(2026, 1, 1), (1000,), "0", ["NO_YEAR_BEFORE"]),
    ],
)
def test_growth_is_followed_so_far_and_from_two_years_on(
    first_on: date, years: tuple[int, ...], growth: str, remarks: list[str]
) -> None:
    found = proposed(sold(first_on, *years), first_on, DECEMBER, "CNY")
    assert (found.growth, found.remarks) == (Decimal(growth), remarks)


def test_a_short_history_gives_even_months_and_none_gives_nothing() -> None:
    short = proposed({DECEMBER: Decimal(300), date(2026, 11, 1): Decimal(100)}, date(2026, 11, 20), DECEMBER, "CNY")
    assert (short.base, short.remarks, set(short.months)) == (Decimal(2400), ["LESS_THAN_A_YEAR"], {Decimal("200.00")})
    nothing = proposed({}, None, DECEMBER, "CNY")
    assert (nothing.months, nothing.remarks) == ([], ["NO_SALES"])


def test_a_plan_rests_on_whole_months_before_its_year() -> None:
    assert last_whole_month(2027, date(2026, 11, 22)) == date(2026, 10, 1)
    assert last_whole_month(2026, date(2026, 11, 22)) == date(2025, 12, 1)


def side(kept: int, new: int, kept_net: str, new_net: str, others: str = "0") -> Side:
    return Side(kept, new, Decimal(kept_net), Decimal(new_net), Decimal(others))


@pytest.mark.parametrize(
    ("before", "now", "by_number", "by_average", "by_others"),
    [
        (side(10, 0, "1000.00", "0"), side(9, 3, "1200.00", "120.00", "-5.00"), "200.00", "120.00", "-5.00"),
        (side(0, 0, "0", "0"), side(0, 2, "0", "50.00"), "50.00", "0.00", "0"),
        (side(3, 0, "100.00", "0"), side(0, 0, "0", "0"), "-100.00", "0.00", "0"),
        (side(3, 0, "100.00", "0"), side(4, 0, "100.00", "0"), "33.33", "-33.33", "0"),
    ],
)
def test_number_and_average_explain_the_whole_difference(
    before: Side, now: Side, by_number: str, by_average: str, by_others: str
) -> None:
    found = change(before, now, 2)
    assert (found.by_number, found.by_average, found.by_others) == (Decimal(by_number), Decimal(by_average), Decimal(by_others))
    assert found.by_number + found.by_average + found.by_others == found.net == now.net - before.net


def test_nobody_has_no_average() -> None:
    assert average(Decimal(0), 0, 2) is None
    assert average(Decimal(100), 3, 2) == Decimal("33.33")
