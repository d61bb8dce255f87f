"""Points of credit: what speaks against a customer, added up. Each term is a number of this customer and a reason by itself.

The points are set by hand in round numbers; nothing was fitted to data.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.alerts.domain.figures import amount_text, decimal_text, percent
from services.alerts.domain.late_payment import Payers, probability_late
from services.alerts.domain.payment_habit import STARTS_AFTER, Habit, usual_days_late, worsening
from services.alerts.domain.rhythm import median_gap, rhythm
from services.alerts.domain.silence_line import remembered
from services.alerts.domain.silence_score import Population, first_day_at, stays_away
from services.alerts.domain.undisputed import ZERO, Debt
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason
from shared.contracts.claims import decided_against

Steps = tuple[tuple[float, int], ...]
"""Points from a value on, rising."""

WORSENING: Steps = ((0.8, 6), (1.6, 10), (3.2, 14))
LATE_BY_DAYS = 10
LATE: Steps = ((0.3, 3), (0.6, 6))
OVERDUE: Steps = ((0.25, 4), (0.5, 8), (0.75, 11))
LIMIT: Steps = ((0.9, 5), (1.0, 9))
CLAIMS_LOST: Steps = ((1, 2), (2, 4))
STAYS_AWAY: Steps = ((0.6, 4), (0.8, 6))
FORWARD_UNITS = 2
UNIT_DAYS = 14.0
EARLIEST_DAYS = 7.0


class Term(NamedTuple):
    """Points that one sign adds, and the reason with its numbers."""

    points: int
    reason: Callable[[], Reason]


def points_for(steps: Steps, value: float) -> int:
    return next((points for step, points in reversed(steps) if value >= step), 0)


def next_step(steps: Steps, value: float) -> float | None:
    """The lowest step above the value."""
    return next((step for step, _ in steps if value < step), None)


def worsening_term(habit: Habit, debts: list[Debt], currency: str, on: date) -> Term | None:
    """Getting worse, in the customer's own standard deviations; None before five settlements."""
    if habit.n < STARTS_AFTER:
        return None
    score = worsening_score(habit, debts, on)
    return Term(points_for(WORSENING, score), lambda: _worsening_reason(score, currency, on))


def late_term(habit: Habit) -> Term | None:
    """The level: how likely an invoice is to be more than ten days late; None before the first settlement."""
    if habit.n == 0:
        return None
    chance = probability_late(habit, Payers(), LATE_BY_DAYS)
    return Term(points_for(LATE, chance), lambda: _late_reason(chance, habit.n))


def worsening_score(habit: Habit, debts: list[Debt], on: date) -> float:
    overdue = [(on - debt.item.due_on).days for debt in debts if debt.item.due_on < on]
    return worsening(habit, overdue, usual_days_late(habit)).score


def overdue_term(debts: list[Debt], currency: str, on: date) -> Term:
    """The share of the undisputed balance that is past its due date."""
    total = sum((debt.undisputed for debt in debts), ZERO)
    overdue = sum((debt.undisputed for debt in debts if debt.item.due_on < on), ZERO)
    share = overdue / total if total > 0 else ZERO

    def reason() -> Reason:
        return Reason(
            code="OVERDUE_SHARE",
            sentence=f"{percent(float(share))} of what is owed is overdue ({amount_text(overdue, currency)} of {amount_text(total, currency)}).",
            figures={
                "overdue_amount": str(overdue),
                "owed": str(total),
                "overdue_share": f"{share:.4f}",
                "currency": currency,
                "as_of": on.isoformat(),
            },
        )

    return Term(points_for(OVERDUE, float(share)), reason)


def limit_term(customer: WatchedCustomer, debts: list[Debt], currency: str) -> Term | None:
    """How far the agreed limit is used; None where none was agreed in this currency."""
    limit = customer.limit
    if limit is None or limit.currency != currency or limit.amount <= 0:
        return None
    used = sum((debt.undisputed for debt in debts), ZERO)
    share = used / limit.amount

    def reason() -> Reason:
        return Reason(
            code="LIMIT_USED",
            sentence=f"{percent(float(share))} of the limit of {amount_text(limit.amount, currency)} is used.",
            figures={"owed": str(used), "credit_limit": str(limit.amount), "used_share": f"{share:.4f}", "currency": currency},
        )

    return Term(points_for(LIMIT, float(share)), reason)


def claims_term(customer: WatchedCustomer, on: date) -> Term:
    """Claims that were decided against the customer within a year; open and founded ones never count."""
    lost = decided_against(customer.claims, on) if customer.claims.claims else 0

    def reason() -> Reason:
        many = f"{lost} claim was" if lost == 1 else f"{lost} claims were"
        return Reason(
            code="CLAIMS_LOST", sentence=f"{many} decided against the customer within a year.", figures={"claims_lost": lost}
        )

    return Term(points_for(CLAIMS_LOST, lost), reason)


def purchases_term(customer: WatchedCustomer, population: Population, on: date) -> Term | None:
    """The chance that the customer stays away; None before it has a rhythm."""
    purchases = customer.purchases
    if purchases is None or purchases.count < 3 or on.toordinal() - purchases.last < EARLIEST_DAYS:
        return None
    forward = _forward(customer)
    chance = stays_away(rhythm(purchases, population), population, forward)(on.toordinal() - purchases.last)

    def reason() -> Reason:
        return Reason(
            code="STAYS_AWAY",
            sentence=f"Chance of no order within the next {round(forward)} days: {percent(chance)}.",
            figures={
                "forward_days": round(forward),
                "probability": decimal_text(chance, 4),
                "last_purchase_on": purchases.last_on.isoformat(),
            },
        )

    return Term(points_for(STAYS_AWAY, chance), reason)


def stays_away_on(customer: WatchedCustomer, population: Population, on: date) -> date | None:
    """The next day on which silence adds points if nothing is bought."""
    purchases = customer.purchases
    if purchases is None or purchases.count < 3:
        return None
    earliest, forward = max(EARLIEST_DAYS, median_gap(purchases) or 0.0), _forward(customer)
    away = remembered(stays_away(rhythm(purchases, population), population, forward))
    for chance, _ in STAYS_AWAY:
        days = first_day_at(away, chance, earliest, forward / 2)
        if days is not None and purchases.last_on + timedelta(days=days) > on:
            return purchases.last_on + timedelta(days=days)
    return None


def _forward(customer: WatchedCustomer) -> float:
    gap = 0.0 if customer.purchases is None else median_gap(customer.purchases) or 0.0
    return FORWARD_UNITS * max(UNIT_DAYS, gap)


def _worsening_reason(score: float, currency: str, on: date) -> Reason:
    return Reason(
        code="WORSENING_SCORE",
        sentence=f"Pays later than is usual for itself: score of worsening {decimal_text(score, 2)}.",
        figures={"score": decimal_text(score, 4), "currency": currency, "as_of": on.isoformat()},
    )


def _late_reason(chance: float, settlements: int) -> Reason:
    return Reason(
        code="CHANCE_OF_LATE_PAYMENT",
        sentence=f"Chance that an invoice is paid more than {LATE_BY_DAYS} days late: {percent(chance)} (after {settlements} settlements).",
        figures={"days_late": LATE_BY_DAYS, "probability": decimal_text(chance, 4), "settlements": settlements},
    )


def total(terms: list[Term]) -> Decimal:
    return Decimal(sum(term.points for term in terms))
