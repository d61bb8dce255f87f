"""Additive logistic regression, without a numeric library: log odds = level + the sum of weights times terms."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt

RIDGE = 10.0
"""Weight of the prior on each term, in units of the term's own standard deviation; the level is free."""
ROUNDS = 12


def logistic(rows: Sequence[tuple[float, ...]], answers: Sequence[int]) -> list[float]:
    """Level and weights by Newton's method, with a normal prior on each weight. The answers are 1 and 0, both of them among them."""
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
