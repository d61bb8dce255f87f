"""Where a customer stands on a day, warned of or not: the scores on which the rules draw their lines."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from services.alerts.domain.late_payment import Payers, probability_late
from services.alerts.domain.payment_habit import worsening
from services.alerts.domain.rhythm import median_gap, rhythm
from services.alerts.domain.rules import silent_beyond_own_rhythm
from services.alerts.domain.signs import Terms
from services.alerts.domain.silence_score import stays_away
from services.alerts.domain.undisputed import debts_of
from services.alerts.domain.watched_customer import WatchedCustomer


class Score(NamedTuple):
    """`score` ranks; `probability` is what it means: that the customer stays away, that the next invoice is paid late."""

    score: float
    probability: float


def silence_on(customer: WatchedCustomer, terms: Terms, day: date) -> Score | None:
    """At the end of a day; None before the customer has a rhythm."""
    purchases = customer.purchases
    if purchases is None or purchases.count < silent_beyond_own_rhythm.ORDERS:
        return None
    parameters = terms.parameters[silent_beyond_own_rhythm.RULE_ID]
    unit = max(parameters.number("unit_days"), median_gap(purchases) or 0.0)
    silent = max(day.toordinal() - purchases.last, 0)
    own = rhythm(purchases, terms.population)
    chance = stays_away(own, terms.population, parameters.number("forward_units") * unit)(silent)
    return Score(chance, chance)


def worsening_on(customer: WatchedCustomer, currency: str, payers: Payers, day: date) -> Score | None:
    """At the end of a day; None before the first settlement."""
    habit = customer.habits.get(currency)
    if habit is None or habit.n == 0:
        return None
    debts, _ = debts_of(customer, currency, day)
    overdue = [(day - debt.item.due_on).days for debt in debts if debt.item.due_on < day]
    return Score(worsening(habit, overdue).score, probability_late(habit, payers))
