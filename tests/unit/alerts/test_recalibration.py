"""What was stated is moved by what came true, and only as far as that is known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.domain.recalibration import _weeks, calibrated
from services.alerts.domain.return_odds import own
from services.alerts.domain.silence_score import (
    Calibration,
    Population,
    Rhythm,
    first_day_at,
    parameters_of,
    population_from,
    stays_away,
)

UNTIL = 1000
POPULATION = Population()
REGULAR = Rhythm(6, 105, 4.7, 4.7 * log(17), 4.7 * (log(17) ** 2 + 0.2), own([7, 14, 28, 7, 35, 14], days=105, count=6))


def histories(leaving: float, customers: int = 300) -> list[tuple[list[int], int]]:
    """Customers who buy every two to four weeks; after each purchase a share of them leaves."""
    random = Random(11)
    found = []
    for _ in range(customers):
        days = [UNTIL - random.randrange(200, 400)]
        while random.random() >= leaving and days[-1] < UNTIL - 10:
            days.append(days[-1] + random.randrange(10, 30))
        found.append(([day for day in days if day <= UNTIL], UNTIL))
    return found


def test_what_is_stated_moves_to_what_came_true() -> None:
    known = histories(0.3)
    calibration = calibrated(known, POPULATION)
    assert calibration is not None

    def away(population: Population) -> float:
        weeks = [week for days, until in known if len(days) > 2 for week in _weeks(days, until, population)]
        return abs(sum(stated - answer for stated, answer in weeks)) / len(weeks)

    assert away(replace(POPULATION, calibration=calibration)) < away(POPULATION) / 3


def test_a_week_whose_outcome_is_not_known_yet_teaches_nothing() -> None:
    # Two units of 14 days have to follow the week.
    days = [UNTIL - 100, UNTIL - 90, UNTIL - 80]
    assert len(_weeks(days, UNTIL - 80 + 10 + 27, POPULATION)) == 0
    assert [answer for _, answer in _weeks(days, UNTIL - 80 + 10 + 28, POPULATION)] == [True]
    assert [answer for _, answer in _weeks([*days, UNTIL - 80 + 11], UNTIL - 80 + 10 + 28, POPULATION)][-1] is False


def test_too_few_weeks_teach_nothing() -> None:
    assert calibrated(histories(0.3, customers=20), POPULATION) is None
    assert calibrated([([700, 710, 720, 730], UNTIL)] * 300, POPULATION) is None


@given(st.floats(-2, 2), st.floats(0.3, 3))
def test_the_order_of_customers_and_days_stays(level: float, slope: float) -> None:
    before, after = (
        stays_away(REGULAR, one, 28) for one in (POPULATION, replace(POPULATION, calibration=Calibration(level, slope)))
    )
    days = range(7, 200, 9)
    assert [before(e) < before(e + 9) for e in days] == [after(e) < after(e + 9) for e in days]
    assert all(0.0 < after(e) < 1.0 for e in days)


def test_nothing_moved_is_what_the_models_say_and_new_customers_are_left_alone() -> None:
    still, moved = (replace(POPULATION, calibration=one) for one in (Calibration(0.0, 1.0), Calibration(1.0, 2.0)))
    assert stays_away(REGULAR, still, 28)(40) == pytest.approx(stays_away(REGULAR, POPULATION, 28)(40), rel=1e-12)
    new = Rhythm(1, 12, 1.0, log(12), log(12) ** 2)
    assert stays_away(new, moved, 28)(40) == stays_away(new, POPULATION, 28)(40)
    line, earlier = (first_day_at(stays_away(REGULAR, one, 28), 0.6, 7, 14) for one in (POPULATION, moved))
    assert line is not None and earlier is not None and earlier < line


def test_a_calibration_travels_with_the_population() -> None:
    population = replace(POPULATION, calibration=Calibration(-0.25, 1.5))
    assert population_from(parameters_of(population)) == population
    for wrong in ({"calibration_level": Decimal(0)}, {"calibration_level": Decimal(0), "calibration_slope": Decimal(-1)}):
        with pytest.raises(ValueError, match="calibration"):
            population_from(wrong)
