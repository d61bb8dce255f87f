"""Which strategy a portfolio bears: each condition from both sides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.classification.domain.mark_standards import (
    LEVELS,
    MARKS,
    PORTFOLIO,
    LevelsOutOfRange,
    MarksOutOfRange,
    PortfolioOutOfRange,
    decide_levels,
    decide_marks,
    decide_portfolio,
)
from services.classification.domain.portfolio import Concentration, Segment, best_segment, strategies
from shared.contracts.customer_grades import (
    MarkStandardPublished,
    PortfolioStandardPublished,
    ServiceLevel,
    ServiceLevelsPublished,
)


def spread(gini: str, customers: int = 10) -> Concentration:
    return Concentration(customers, Decimal(1000), Decimal(gini), Decimal("0.2"), Decimal(10))


def segment(value: str, share: str, times: str) -> Segment:
    return Segment("shop_kind", value, 3, Decimal(500), Decimal(share), Decimal(times))


@pytest.mark.parametrize(
    ("gini", "held"),
    [
        ("0", "CONCENTRATED"),
        ("0.20", "CONCENTRATED"),
        ("0.201", None),
        ("0.599", None),
        ("0.60", "INDIVIDUAL"),
        ("0.9", "INDIVIDUAL"),
    ],
)
def test_alike_or_apart_is_measured_by_the_gini_coefficient(gini: str, held: str | None) -> None:
    found = [one.name for one in strategies(spread(gini), None, PORTFOLIO) if one.holds]
    assert found == ([] if held is None else [held])


@pytest.mark.parametrize("customers", [0, 1])
def test_one_customer_bears_no_strategy(customers: int) -> None:
    assert not any(one.holds for one in strategies(spread("0", customers), None, PORTFOLIO))


@pytest.mark.parametrize(("share", "times", "held"), [("0.25", "1.50", True), ("0.249", "1.6", False), ("0.4", "1.49", False)])
def test_a_segment_that_brings_more_bears_the_differentiated_one(share: str, times: str, held: bool) -> None:
    one = segment("RETAIL", share, times)
    found = {each.name: each for each in strategies(spread("0.4"), one, PORTFOLIO)}["DIFFERENTIATED"]
    assert found.holds is held
    assert "RETAIL" in found.measured


def test_the_segment_named_is_the_largest_of_those_that_hold_and_else_the_nearest() -> None:
    large, small, weak = segment("L", "0.5", "1.6"), segment("S", "0.3", "3"), segment("W", "0.1", "1.2")
    assert best_segment([small, large, weak], PORTFOLIO) == large
    assert best_segment([weak, segment("N", "0.7", "0.9")], PORTFOLIO) == weak
    assert best_segment([segment("N", "0.7", "0.9")], PORTFOLIO) is None


@pytest.mark.parametrize("wrong", [{"alike_gini": "0.6"}, {"apart_gini": "1.1"}, {"segment_share": "0"}, {"segment_times": "1"}])
def test_portfolio_standards_out_of_range_are_refused(wrong: dict[str, str]) -> None:
    fields: dict[str, Any] = {name: Decimal(value) for name, value in wrong.items()}
    with pytest.raises(PortfolioOutOfRange):
        decide_portfolio(PORTFOLIO, PortfolioStandardPublished(version=0, **fields))


@pytest.mark.parametrize(
    "wrong", [{"period_days": 0}, {"new_days": 732}, {"main_days": -1}, {"scattered_days": 0}, {"main_times": Decimal(1)}]
)
def test_mark_standards_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MarksOutOfRange):
        decide_marks(MARKS, MarkStandardPublished(version=0, **wrong))


def test_service_levels_name_a_class_once_and_contacts_are_no_rarer_than_visits() -> None:
    level = ServiceLevel(value_class="A", visit_days=7, contact_days=7)
    assert decide_levels(LEVELS, ServiceLevelsPublished(version=0, levels=(level,)))
    for wrong in ((), (level, level), (ServiceLevel(value_class="A", visit_days=7, contact_days=8),)):
        with pytest.raises(LevelsOutOfRange):
            decide_levels(LEVELS, ServiceLevelsPublished(version=0, levels=wrong))
