"""How likely a customer is to pay late: a level, where `payment_habit` looks for a change.

The next days late are Student-t after the customer's own settlements and what is usual in the company.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from services.alerts.domain.payment_habit import PRIOR_DAYS_LATE, PRIOR_FREEDOM, PRIOR_INVOICES, PRIOR_SPREAD, Habit
from services.alerts.domain.student import normal_inverse_gamma, survival

FEWEST_PAYERS = 20
FEWEST_SETTLEMENTS = 200


@dataclass(frozen=True, slots=True)
class Payers:
    """What is usual in a company: days late of its customers, what that is worth in invoices of one's own, degrees of
    freedom and spread in days. The defaults serve until a company has learnt its own."""

    usual: float = PRIOR_DAYS_LATE
    weight: float = PRIOR_INVOICES
    freedom: float = PRIOR_FREEDOM
    spread: float = PRIOR_SPREAD


def payers_of(habits: Iterable[Habit]) -> Payers:
    """Usual days late and the spread within a customer, from the habits of all; the defaults where too little is known."""
    known = [habit for habit in habits if habit.n > 0]
    if len(known) < FEWEST_PAYERS or sum(habit.n for habit in known) < FEWEST_SETTLEMENTS:
        return Payers()
    usual = sum(habit.total / habit.n for habit in known) / len(known)
    within = sum(max(habit.squares - habit.total * habit.total / habit.n, 0.0) for habit in known)
    freedom = sum(habit.n - 1 for habit in known)
    return Payers(usual=usual, spread=max(sqrt(within / freedom), 1.0) if freedom else PRIOR_SPREAD)


def probability_late(habit: Habit, payers: Payers, days: int = 0) -> float:
    """P(the next invoice is settled more than `days` days after it is due)."""
    location, variance, freedom = normal_inverse_gamma(
        habit.n,
        habit.total,
        habit.squares,
        location=payers.usual,
        weight=payers.weight,
        freedom=payers.freedom,
        spread=payers.spread,
    )
    scale = sqrt(variance * (payers.weight + habit.n + 1.0) / (payers.weight + habit.n))
    return survival((days + 0.5 - location) / scale, freedom)
