"""How likely a silent customer is to buy within the next week: an additive logistic model of the company's own past.

log odds of a purchase in a week = level + slope * log(days of silence) + what the customer's own gaps add, each term a
number of this customer. It is learnt from weeks of silence whose end was known, open silences included up to the last
day known (discrete-time hazard: Cox 1972, section 6; Allison 1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, log, sqrt
from statistics import median
from typing import NamedTuple

WEEK = 7.0
FEWEST_GAPS = 2
REMEMBERED_GAPS = 15
MOST_ROWS = 20_000
FEWEST_RETURNS = 200
RIDGE = 10.0
"""Weight of the prior on each term, in units of the term's own standard deviation; the level is free."""
ROUNDS = 12


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
    logs = [log(gap) for gap in latest]
    usual = sum(logs) / len(logs)
    spread = sqrt(sum((one - usual) ** 2 for one in logs) / len(logs))
    return Own(count, float(median(latest)), days / count, sum(latest[-3:]) / len(latest[-3:]), float(latest[-1]), spread)


def none_in(known: Own, odds: Odds, silent: float, forward: float) -> float:
    """P(no purchase in the next `forward` days | none for `silent` days)."""
    level = odds.level + sum(weight * term for weight, term in zip(odds[2:], _terms(known), strict=True))
    pieces = 8
    width = forward / pieces
    total = 0.0
    for i in range(pieces):
        middle = max(silent + (i + 0.5) * width, 1.0)
        # log of 1 - chance of a purchase in a week, as far as this piece is one.
        total -= _softplus(level + odds.silence * log(middle)) * width / WEEK
    return exp(total)


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
    return Odds(*_logistic(rows, answers))


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


def _logistic(rows: Sequence[tuple[float, ...]], answers: Sequence[int]) -> list[float]:
    """Level and weights by Newton's method, with a normal prior on each weight."""
    many, width = len(rows), len(rows[0])
    means = [sum(row[j] for row in rows) / many for j in range(width)]
    spreads = [sqrt(sum((row[j] - means[j]) ** 2 for row in rows) / many) or 1.0 for j in range(width)]
    scaled = [(1.0, *((row[j] - means[j]) / spreads[j] for j in range(width))) for row in rows]
    weights = [log(sum(answers) / (many - sum(answers))), *([0.0] * width)]
    for _ in range(ROUNDS):
        step = _newton(scaled, answers, weights)
        weights = [weight + one for weight, one in zip(weights, step, strict=True)]
        if max(abs(one) for one in step) < 1e-8:
            break
    found = [weight / spread for weight, spread in zip(weights[1:], spreads, strict=True)]
    return [weights[0] - sum(weight * mean for weight, mean in zip(found, means, strict=True)), *found]


def _newton(rows: Sequence[tuple[float, ...]], answers: Sequence[int], weights: Sequence[float]) -> list[float]:
    size = len(weights)
    slope = [0.0] + [-RIDGE * weight for weight in weights[1:]]
    bend = [[RIDGE if i == j and i else 0.0 for j in range(size)] for i in range(size)]
    for row, answer in zip(rows, answers, strict=True):
        chance = 1.0 / (1.0 + exp(-max(min(sum(w * v for w, v in zip(weights, row, strict=True)), 30.0), -30.0)))
        away, heavy = answer - chance, chance * (1.0 - chance)
        for i in range(size):
            value = row[i]
            slope[i] += away * value
            value *= heavy
            line = bend[i]
            for j in range(i + 1):
                line[j] += value * row[j]
    return _solved(bend, slope)


def _solved(lower: list[list[float]], right: Sequence[float]) -> list[float]:
    """Cholesky: the matrix is given by its lower half and is positive definite."""
    size = len(right)
    half = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = lower[i][j] - sum(half[i][k] * half[j][k] for k in range(j))
            half[i][j] = sqrt(rest) if i == j else rest / half[j][j]
    middle: list[float] = []
    for i in range(size):
        middle.append((right[i] - sum(half[i][k] * middle[k] for k in range(i))) / half[i][i])
    found = [0.0] * size
    for i in reversed(range(size)):
        found[i] = (middle[i] - sum(half[k][i] * found[k] for k in range(i + 1, size))) / half[i][i]
    return found
