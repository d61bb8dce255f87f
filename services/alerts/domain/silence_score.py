"""How likely a customer is to stay away: models of purchase days, and the day on which their mean crosses a line.

MBG/CNBD-k: purchases in an Erlang-k rhythm whose rate differs between customers (gamma), and after every purchase,
the first included, some customers leave (beta). Platzer & Reutterer 2016; Reutterer, Platzer & Schroeder 2021.
Log-gap with dropout: the logarithm of the next gap is Student-t after the customer's own gaps and a common prior, and
a share a / (a + b + x) does not come back. Where a company has learnt them, the odds of coming back in a week are a
third voice (`return_odds`), and what is stated of customers with a rhythm is moved by what came true (`recalibration`).
All are asked for P(no purchase until h | none until e), which is calibrated, and not for P(has left), which is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from math import ceil, exp, log, log1p, sqrt
from typing import NamedTuple

from services.alerts.domain.return_odds import Odds, Own, none_within
from services.alerts.domain.student import normal_inverse_gamma, survival_of

FARTHEST_DAYS = 3 * 365
"""No silence is looked for beyond this many days: by then the customer is on the dormant list."""


class Calibration(NamedTuple):
    """log odds as stated = level + slope * log odds of the models' mean."""

    level: float
    slope: float


@dataclass(frozen=True, slots=True)
class Population:
    """Parameters of both models. `k`, `r`, `alpha`, `a`, `b` of MBG/CNBD-k per week; `mu0` (log days), `kappa` (gaps),
    `nu` (degrees of freedom) and `sd` (log days) of the log-gap prior, `gap_a`, `gap_b` of its dropout.

    The defaults serve until an installation has learnt its own: a typical gap of three weeks, known no better than by
    a factor of two and a half.
    """

    k: float = 2.0
    r: float = 1.3
    alpha: float = 2.8
    a: float = 0.43
    b: float = 0.79
    mu0: float = 3.05
    kappa: float = 1.0
    nu: float = 4.0
    sd: float = 0.7
    gap_a: float = 0.43
    gap_b: float = 1.5
    odds: Odds | None = None
    calibration: Calibration | None = None

    @property
    def typical_gap(self) -> float:
        """Median gap in days of a customer of whom nothing is known yet."""
        return exp(self.mu0)

    @property
    def looks_at_gaps(self) -> bool:
        """Whether a customer's gaps one by one are asked for: that there are two at least, and what they are."""
        return self.odds is not None or self.calibration is not None


ODDS = "odds_"
ODDS_NAMES = tuple(ODDS + name for name in Odds._fields)
LEVEL, SLOPE = CALIBRATION_NAMES = ("calibration_level", "calibration_slope")
POSITIVE_NAMES = tuple(field.name for field in fields(Population) if field.name not in ("odds", "calibration"))


def population_from(parameters: Mapping[str, Decimal]) -> Population:
    """The population with these parameters, defaults for the rest. Raises ValueError for a name or a value that is none."""
    unknown = parameters.keys() - {*POSITIVE_NAMES, *ODDS_NAMES, *CALIBRATION_NAMES}
    if unknown:
        raise ValueError(f"no parameter of the population: {', '.join(sorted(unknown))}")
    values = {name: float(value) for name, value in parameters.items() if name in POSITIVE_NAMES}
    if any(not 0.0 < value < 1e6 for value in values.values()):
        raise ValueError("every parameter of the population is a positive number")
    if not 1.0 <= values.get("k", 2.0) <= 12.0 or values.get("k", 2.0) % 1:
        raise ValueError("k is a whole number from 1 to 12")
    return Population(**values, odds=_odds_from(parameters), calibration=_calibration_from(parameters))


def _odds_from(parameters: Mapping[str, Decimal]) -> Odds | None:
    given = [float(parameters[name]) for name in ODDS_NAMES if name in parameters]
    if not given:
        return None
    if len(given) < len(ODDS_NAMES) or any(not -100.0 < value < 100.0 for value in given):
        raise ValueError("the parameters of the odds are numbers, all or none of them")
    return Odds(*given)


def _calibration_from(parameters: Mapping[str, Decimal]) -> Calibration | None:
    given = [float(parameters[name]) for name in CALIBRATION_NAMES if name in parameters]
    if not given:
        return None
    if len(given) < len(CALIBRATION_NAMES) or any(not -100.0 < value < 100.0 for value in given) or not 0.0 < given[1] < 10.0:
        raise ValueError("a calibration is a level and a slope between 0 and 10, both or none of them")
    return Calibration(*given)


def parameters_of(population: Population) -> dict[str, Decimal]:
    """The population as it travels in an event, to ten digits; `population_from` reads it."""
    numbers = {name: getattr(population, name) for name in POSITIVE_NAMES}
    if population.odds is not None:
        numbers |= dict(zip(ODDS_NAMES, population.odds, strict=True))
    if population.calibration is not None:
        numbers |= dict(zip(CALIBRATION_NAMES, population.calibration, strict=True))
    return {name: Decimal(f"{value:.10g}") for name, value in numbers.items()}


class Rhythm(NamedTuple):
    """What the models need of one customer: `x` repeat purchase days, `tx` days from first to last purchase,
    count, sum and sum of squares of the logarithms of the gaps (discounted), and the customer's own gaps where there are two
    and the population looks at them."""

    x: int
    tx: int
    n: float
    s1: float
    s2: float
    own: Own | None = None


def stays_away(rhythm: Rhythm, population: Population, forward_days: float) -> Callable[[float], float]:
    """The function e -> P(no purchase in the next `forward_days` days | none for `e` days), mean of the models."""
    none_until = _none_until(rhythm, population)

    def both(e: float) -> float:
        erlang, gaps = none_until(e + forward_days)
        erlang_now, gaps_now = none_until(e)
        return erlang / erlang_now + gaps / gaps_now

    if rhythm.own is None:
        return lambda e: 0.5 * both(e)
    if population.odds is None:
        return _calibrated(lambda e: 0.5 * both(e), population.calibration)
    none_ahead = none_within(rhythm.own, population.odds, forward_days)
    return _calibrated(lambda e: (both(e) + none_ahead(e)) / 3.0, population.calibration)


def _calibrated(mean: Callable[[float], float], calibration: Calibration | None) -> Callable[[float], float]:
    if calibration is None:
        return mean
    level, slope = calibration

    def stated(e: float) -> float:
        chance = min(max(mean(e), 1e-9), 1.0 - 1e-9)
        return 1.0 / (1.0 + exp(-level - slope * log(chance / (1.0 - chance))))

    return stated


def _none_until(rhythm: Rhythm, p: Population) -> Callable[[float], tuple[float, float]]:
    """The function days -> P(no purchase in these days) of both models, each up to a factor. In one, since it is asked by the thousand."""
    # (A(g) + D) / D of the MBG/CNBD-k likelihood with s = x + 1: all gamma functions but a rising factorial cancel.
    until_last = p.alpha + rhythm.tx / 7.0
    shape = p.r + p.k * rhythm.x
    rising = [(shape + j - 1.0) / j for j in range(1, int(p.k))]
    alive = (p.b + rhythm.x) / p.a

    location, variance, freedom = normal_inverse_gamma(
        rhythm.n, rhythm.s1, rhythm.s2, location=p.mu0, weight=p.kappa, freedom=p.nu, spread=p.sd
    )
    scale = sqrt(variance * (p.kappa + rhythm.n + 1.0) / (p.kappa + rhythm.n))
    gone = p.gap_a / (p.gap_a + p.gap_b + rhythm.x)
    stays, survives = 1.0 - gone, survival_of(freedom)

    def none_until(days: float) -> tuple[float, float]:
        weeks = days / 7.0
        share = weeks / (until_last + weeks)
        total = term = 1.0
        for factor in rising:
            term *= factor * share
            total += term
        # The logarithm of what the share leaves, accurate also where the weeks are few.
        erlang = alive * total * exp(-shape * log1p(weeks / until_last)) + 1.0
        return erlang, gone + stays * (survives((log(days) - location) / scale) if days > 0 else 1.0)

    return none_until


def first_day_at(
    probability: Callable[[float], float], threshold: float, earliest: float, unit: float, asked: int = FARTHEST_DAYS
) -> int | None:
    """The number of silent days, at least `earliest`, from which the probability is `threshold` or more; None: never.

    Where it lies behind `asked` days, some number of days behind these and not behind it may be the answer: solving is dear,
    and most customers have bought again by then. The probability rises with the days of silence.
    """
    first = low = max(ceil(earliest), 1)
    high, here = first_look(first, unit), None
    while (there := probability(high)) < threshold:
        if high >= FARTHEST_DAYS:
            return None
        if high > asked:
            return high
        low, high, here = high, min(2 * high, FARTHEST_DAYS), there
    if here is None:
        here = probability(first)
        if here >= threshold:
            return first
    return first_day_between(probability, threshold, (low, here), (high, there))


def first_day_between(
    probability: Callable[[float], float], threshold: float, below: tuple[int, float], at: tuple[int, float]
) -> int:
    """The first number of days at the threshold, between one below it and one at or above it, each with its probability."""
    (low, here), (high, there) = below, at
    halve = False
    while high - low > 1:
        # Over the logarithm of the days the curve is nearly straight; halving where it was not keeps the steps few.
        width, middle = high - low, (low + high) // 2
        if not halve:
            middle = round(low * (high / low) ** ((threshold - here) / (there - here)))
            middle = min(max(middle, low + 1), high - 1)
        value = probability(middle)
        if value >= threshold:
            high, there = middle, value
        else:
            low, here = middle, value
        halve = not halve and 2 * (high - low) > width > 4
    return high


def first_look(first: int, unit: float) -> int:
    """The day on which a line is looked for first, where none lies before the day `first`."""
    # One in ten customers gets as far, and the lowest line mostly lies behind it.
    return min(first + int(1.5 * max(first, unit)), FARTHEST_DAYS)
