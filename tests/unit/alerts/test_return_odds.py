"""The odds of coming back within a week: planted odds are found again, and the chance follows from them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import exp, log
from random import Random

import pytest

from services.alerts.domain.return_odds import Odds, Own, learnt, none_within, own
from services.alerts.domain.silence_score import Population, Rhythm, parameters_of, population_from, stays_away

ODDS = Odds(level=0.4, silence=-0.8, gaps=0.3, middle=-0.2, mean=-0.1, last_three=-0.3, last=-0.1, spread=-0.4)
KNOWN = Own(gaps=6, middle=12.0, mean=14.0, last_three=15.0, last=20.0, spread=0.5)


def test_own_gaps_in_numbers() -> None:
    found = own([10, 20, 40], days=70, count=3)
    assert (found.gaps, found.middle, found.last) == (3, 20.0, 40.0)
    assert found.mean == pytest.approx(70 / 3)
    assert found.last_three == pytest.approx(70 / 3)
    assert found.spread == pytest.approx(log(2) * (2 / 3) ** 0.5)
    assert own(list(range(1, 31)), days=465, count=30).middle == 23.0


def test_the_chance_is_that_of_week_after_week() -> None:
    level = 0.4 + 0.3 * log(6) - 0.2 * log(12) - 0.1 * log(14) - 0.3 * log(15) - 0.1 * log(20) - 0.4 * 0.5

    def none(day: float) -> float:
        return 1 / (1 + exp(level - 0.8 * log(day)))

    by_day = 1.0
    for i in range(2800):
        by_day *= none(21 + (i + 0.5) / 100) ** (0.01 / 7)
    assert none_within(KNOWN, ODDS, 28)(21) == pytest.approx(by_day, rel=2e-3)
    assert none_within(KNOWN, ODDS, 28)(60) > none_within(KNOWN, ODDS, 28)(21) > none_within(KNOWN, ODDS, 56)(21)


def histories(customers: int, odds: float, long_gone: float) -> list[tuple[list[int], int]]:
    """Each week somebody comes with the same odds, once the long gone have been left out."""
    random = Random(3)
    found = []
    for _ in range(customers):
        days, day = [0], 0
        while day < 350 and random.random() > long_gone:
            while day < 350 and random.random() > odds:
                day += 7
            day += 7
            if day <= 350:
                days.append(day)
        found.append((days, 350))
    return found


def test_planted_odds_are_found_again() -> None:
    always = learnt(histories(150, 0.4, 0.0))
    assert always is not None
    known = own([7, 14, 28, 7, 35, 14], days=105, count=6)
    assert none_within(known, always, 7)(3.5) == pytest.approx(0.6, abs=0.05)
    leaving = learnt(histories(150, 0.4, 0.1))
    assert leaving is not None
    # Where customers leave, the longer one has been away the less likely it comes.
    assert leaving.silence < always.silence - 0.3
    assert none_within(known, leaving, 7)(70) > none_within(known, always, 7)(70) + 0.1


def test_too_few_returns_teach_nothing() -> None:
    assert learnt(histories(3, 0.4, 0.0)) is None


def test_learnt_odds_are_a_third_voice() -> None:
    rhythm = Rhythm(6, 84, 4.0, 4.0 * log(13), 4.0 * (log(13) ** 2 + 0.2))
    two, three = Population(), replace(Population(), odds=ODDS)
    without = stays_away(rhythm, two, 28)(30)
    assert stays_away(rhythm._replace(own=KNOWN), two, 28)(30) == without
    assert stays_away(rhythm, three, 28)(30) == without
    expected = (2 * without + none_within(KNOWN, ODDS, 28)(30)) / 3
    assert stays_away(rhythm._replace(own=KNOWN), three, 28)(30) == pytest.approx(expected, rel=1e-12)


def test_the_odds_travel_with_the_population() -> None:
    population = replace(Population(), odds=ODDS)
    assert population_from(parameters_of(population)) == population
    assert population_from(parameters_of(Population())) == Population()
    some = {name: value for name, value in parameters_of(population).items() if name != "odds_last"}
    for wrong in (some, {**parameters_of(population), "odds_last": Decimal("NaN")}):
        with pytest.raises(ValueError, match="odds"):
            population_from(wrong)
