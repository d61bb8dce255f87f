"""How likely a silent customer is to buy within the next week: an additive logistic model of the company's own past.

log odds of a purchase in a week = level + slope * log(days of silence) + what the customer's own gaps add, each term a
number of this customer. It is learnt from weeks of silence whose end was known, open silences included up to the last
day known (discrete-time hazard: Cox 1972, section 6; Allison 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, fsum, log, sqrt
from statistics import median
from typing import NamedTuple

from services.alerts.domain.logistic import logistic

WEEK = 7.0
FEWEST_GAPS = 2
REMEMBERED_GAPS = 15
MOST_ROWS = 20_000
FEWEST_RETURNS = 200
_POINTS = ((-sqrt(0.6), 5.0 / 9.0), (0.0, 8.0 / 9.0), (sqrt(0.6), 5.0 / 9.0))


class Own(NamedTuple):
    """What is known of a customer's gaps (days), two at least: all of them, the middle, mean and last ones."""

    gaps: int
    middle: float
    mean: float
    last_three: float
    last: float
    spread: float


class Odds(NamedTuple):
    """`level` and a weight for each term; days as natural logarithms, `spread` of the logarithms as it is."""

    level: float
    silence: float
    gaps: float
    middle: float
    mean: float
    last_three: float
    last: float
    spread: float


def own(gaps: Sequence[int], days: int, count: int) -> Own:
    """Of the latest gaps, at most 15 of which count, of `count` gaps over `days` in all."""
    latest = gaps[-REMEMBERED_GAPS:]
    return own_of(latest, [log(gap) for gap in latest], days, count)


def own_of(latest: Sequence[int], logs: Sequence[float], days: int, count: int) -> Own:
    """The same where the logarithms of these gaps are known."""
    usual = fsum(logs) / len(logs)
    spread = sqrt(fsum([(one - usual) ** 2 for one in logs]) / len(logs))
    return Own(count, float(median(latest)), days / count, sum(latest[-3:]) / len(latest[-3:]), float(latest[-1]), spread)


def none_within(known: Own, odds: Odds, forward: float) -> Callable[[float], float]:
    """The function days of silence -> P(no purchase in the next `forward` days), by three points of Gauss & Legendre."""
    level = odds.level + sum(weight * term for weight, term in zip(odds[2:], _terms(known), strict=True))
    points = [(0.5 * (1.0 + at) * forward, 0.5 * weight * forward / WEEK) for at, weight in _POINTS]

    def none(silent: float) -> float:
        total = 0.0
        for ahead, weight in points:
            # log of 1 - chance of a purchase in a week, as far as this piece is one.
            total -= weight * _softplus(level + odds.silence * log(max(silent + ahead, 1.0)))
        return exp(total)

    return none


def learnt(histories: Sequence[tuple[Sequence[int], int]]) -> Odds | None:
    """From purchase days (ordinals, in order) and the last day of watching of each customer; None: too few returns."""
    rows: list[tuple[float, ...]] = []
    answers: list[int] = []
    regulars = [one for one in histories if len(one[0]) > FEWEST_GAPS]
    weeks = sum(until - days[FEWEST_GAPS] for days, until in regulars) // int(WEEK)
    for days, until in regulars[:: weeks // (3 * MOST_ROWS) + 1]:
        _weeks(days, until, rows, answers)
    if len(rows) > MOST_ROWS:
        chosen = [i * len(rows) // MOST_ROWS for i in range(MOST_ROWS)]
        rows, answers = [rows[i] for i in chosen], [answers[i] for i in chosen]
    if sum(answers) < FEWEST_RETURNS or sum(answers) == len(answers):
        return None
    return Odds(*logistic(rows, answers))


def _terms(known: Own) -> tuple[float, ...]:
    return (log(known.gaps), log(known.middle), log(known.mean), log(known.last_three), log(known.last), known.spread)


def _weeks(days: Sequence[int], until: int, rows: list[tuple[float, ...]], answers: list[int]) -> None:
    gaps = [later - earlier for earlier, later in pairwise(days)]
    for at in range(FEWEST_GAPS, len(days)):
        terms = _terms(own(gaps[:at], days[at] - days[0], at))
        ends = gaps[at] if at < len(gaps) else None
        week = 0
        while days[at] + (week + 1) * WEEK <= until:
            bought = ends is not None and ends <= (week + 1) * WEEK
            rows.append((log((week + 0.5) * WEEK), *terms))
            answers.append(1 if bought else 0)
            if bought:
                break
            week += 1


def _softplus(value: float) -> float:
    return value if value > 30.0 else log(1.0 + exp(value))
