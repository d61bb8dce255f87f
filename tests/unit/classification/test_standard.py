"""Publishing a standard: versions, bounds, periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.classification.domain.standard import (
    BoundsOutOfOrder,
    PeriodOutOfRange,
    PublishStandard,
    decide,
    first_day,
    standard_of,
)
from services.classification.domain.value_class import Standard
from shared.contracts.classification import StandardPublished

FIRST = StandardPublished(name="value-class", version=1, a_below=Decimal("0.7"), b_below=Decimal("0.9"), period_days=180)


def publish(a: str, b: str, days: int = 365) -> PublishStandard:
    return PublishStandard(Decimal(a), Decimal(b), days)


def test_without_one_the_built_in_standard_holds() -> None:
    assert standard_of([]) == Standard(0, Decimal("0.80"), Decimal("0.95"), 365)
    assert standard_of([FIRST]) == Standard(1, Decimal("0.7"), Decimal("0.9"), 180)


def test_each_standard_is_the_next_version() -> None:
    assert decide(Standard(), publish("0.7", "0.9", 180)) == [FIRST]
    assert decide(standard_of([FIRST]), publish("0.7", "0.9", 90))[0].version == 2


def test_the_same_again_is_no_news_but_the_built_in_one_can_be_published() -> None:
    assert decide(standard_of([FIRST]), publish("0.7", "0.9", 180)) == []
    assert decide(Standard(), publish("0.80", "0.95"))[0].version == 1


@pytest.mark.parametrize(("a", "b"), [("0", "0.9"), ("0.9", "0.9"), ("0.9", "0.8"), ("0.8", "1.000001")])
def test_bounds_out_of_order_are_refused(a: str, b: str) -> None:
    with pytest.raises(BoundsOutOfOrder):
        decide(Standard(), publish(a, b))


@pytest.mark.parametrize("days", [0, -1, 732])
def test_periods_out_of_range_are_refused(days: int) -> None:
    with pytest.raises(PeriodOutOfRange):
        decide(Standard(), publish("0.8", "1", days))


def test_a_period_ends_on_its_last_day() -> None:
    assert first_day(Standard(), date(2026, 12, 31)) == date(2026, 1, 1)
