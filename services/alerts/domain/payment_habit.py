"""How a customer pays: days late of what was settled, and a score that says whether it is getting worse.

Days late = settled - due; early is negative. For an open invoice, today - due is what is known so far, and it counts at
once: waiting for the money to arrive before the score moves is the main mistake to avoid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import NamedTuple

import msgspec

from services.alerts.domain.student import normal_inverse_gamma

WEIGHT = 0.3
ALLOWANCE = 0.5
CLIP = 3.0
CUSUM_SHARE = 0.25
STARTS_AFTER = 5
PRIOR_DAYS_LATE = 0.0
PRIOR_INVOICES = 0.5
PRIOR_FREEDOM = 4.0
PRIOR_SPREAD = 10.0


class Habit(msgspec.Struct, frozen=True, array_like=True):
    """Count, sum and sum of squares of signed days late of all settlements; moving average and cumulated excess."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    average: float = PRIOR_DAYS_LATE
    excess: float = 0.0


class Worsening(NamedTuple):
    """The score and what it is made of: usual days late and their spread, the present average, the cumulated excess."""

    score: float
    usual: float
    spread: float
    average: float
    excess: float


def settled(habit: Habit, days_late: int) -> Habit:
    """One settlement more: average and excess move by how far it lies from what was usual before it."""
    usual, spread = usual_days_late(habit)
    average = days_late if habit.n == 0 else habit.average + WEIGHT * (days_late - habit.average)
    excess = habit.excess
    if habit.n >= STARTS_AFTER:
        excess = max(0.0, excess + min(max((days_late - usual) / spread, -CLIP), CLIP) - ALLOWANCE)
    return Habit(habit.n + 1, habit.total + days_late, habit.squares + days_late * days_late, float(average), excess)


def worsening(habit: Habit, days_overdue: Sequence[int], usual_and_spread: tuple[float, float] | None = None) -> Worsening:
    """(average incl. open - usual) / spread + 0.25 * cumulated excess incl. open; the open ones smallest first.

    `usual_and_spread` may be given where it is known already.
    """
    usual, spread = usual_and_spread or usual_days_late(habit)
    average, excess = habit.average, habit.excess
    for days in sorted(days_overdue):
        average += WEIGHT * max(days - average, 0.0)
        excess += max(0.0, min((days - usual) / spread, CLIP) - ALLOWANCE)
    return Worsening((average - usual) / spread + CUSUM_SHARE * excess, usual, spread, average, excess)


def first_day_at(score: Callable[[int], float], line: float, farthest: int) -> int | None:
    """The number of days from now on which the score reaches the line if nothing is paid; None: not within `farthest`.

    The score never falls while nothing is paid, so the day is found by bisection.
    """
    low, high = 0, 8
    while score(high) < line:
        if high >= farthest:
            return None
        low, high = high, min(2 * high, farthest)
    while high - low > 1:
        middle = (low + high) // 2
        if score(middle) >= line:
            high = middle
        else:
            low = middle
    return high


def usual_days_late(habit: Habit) -> tuple[float, float]:
    """The customer's own mean of days late and their spread, a common prior included."""
    location, variance, _ = normal_inverse_gamma(
        habit.n,
        habit.total,
        habit.squares,
        location=PRIOR_DAYS_LATE,
        weight=PRIOR_INVOICES,
        freedom=PRIOR_FREEDOM,
        spread=PRIOR_SPREAD,
    )
    return location, sqrt(variance)
