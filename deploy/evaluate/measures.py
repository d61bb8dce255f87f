"""Measures of a ranking and of stated probabilities, and intervals by resampling customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

RESAMPLES = 200

Pair = tuple[float, bool]
"""A score and whether what it warns of came true."""


def auc(pairs: Sequence[Pair]) -> float:
    """Chance that a true one ranks before a false one, ties counting half."""
    positive = sum(answer for _, answer in pairs)
    negative = len(pairs) - positive
    if not positive or not negative:
        return float("nan")
    ranks, at = 0.0, 0
    ordered = sorted(pairs)
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end][0] == ordered[at][0]:
            end += 1
        ranks += sum(answer for _, answer in ordered[at:end]) * (at + end + 1) / 2
        at = end
    return (ranks - positive * (positive + 1) / 2) / (positive * negative)


def average_precision(pairs: Sequence[Pair]) -> float:
    """Mean precision over the true ones, those of one score taken together."""
    positive = sum(answer for _, answer in pairs)
    if not positive:
        return float("nan")
    ordered = sorted(pairs, key=lambda pair: -pair[0])
    total, true, at = 0.0, 0, 0
    while at < len(ordered):
        end, found = at, 0
        while end < len(ordered) and ordered[end][0] == ordered[at][0]:
            found += ordered[end][1]
            end += 1
        true += found
        total += found * true / end
        at = end
    return total / positive


def calibration_error(pairs: Sequence[Pair], bins: int = 10) -> float:
    """Mean distance between what was stated and what came true, in tenths of the probability."""
    groups: list[list[Pair]] = [[] for _ in range(bins)]
    for pair in pairs:
        groups[min(int(pair[0] * bins), bins - 1)].append(pair)
    away = sum(abs(sum(p for p, _ in group) - sum(answer for _, answer in group)) for group in groups)
    return away / len(pairs)


def interval(by_customer: Mapping[str, Sequence[Pair]], measure: Callable[[Sequence[Pair]], float]) -> tuple[float, float]:
    """The middle 90 % of the measure when customers are drawn anew, with replacement."""
    random, names = Random(5), sorted(by_customer)
    found = []
    for _ in range(RESAMPLES):
        drawn = [pair for name in random.choices(names, k=len(names)) for pair in by_customer[name]]
        found.append(measure(drawn))
    return middle_90(found)


def middle_90(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(value for value in values if value == value)
    return ordered[len(ordered) // 20], ordered[-1 - len(ordered) // 20]
