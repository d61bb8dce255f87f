"""Several signs against a customer's credit that add up, though none may be enough by itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from services.alerts.domain import credit_points
from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.credit_points import LATE, STAYS_AWAY, WORSENING, Term
from services.alerts.domain.payment_habit import STARTS_AFTER, Habit, first_day_at
from services.alerts.domain.signs import LEVELS, Rule, Sign, Terms
from services.alerts.domain.undisputed import Debt, debts_of, dispute_reason
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "credit_signs_add_up"
FARTHEST_DAYS = 400
EVIDENCE = 20
LATE_AT_MOST = LATE[-1][1]
SILENCE_AT_MOST = STAYS_AWAY[-1][1]


def credit_signs_add_up(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch, act and stop at 16, 24 and 32 points of `domain/credit_points.py`, by currency, from three signs or more: what
    one or two say, the rules of their own say.

    The undisputed part counts only. Silence is looked at where it could make the difference.
    """
    found = []
    for currency in sorted(customer.moved_by):
        debts, disputed = debts_of(customer, currency, today)
        if debts:
            found.append(_sign(customer, terms, currency, debts, disputed, today, on))
    return tuple(found)


def _sign(
    customer: WatchedCustomer, terms: Terms, currency: str, debts: list[Debt], disputed: Decimal, today: date, on: date
) -> Sign:
    parameters = terms.parameters[RULE_ID]
    added = _terms(customer, terms, currency, debts, on)
    points = credit_points.total(added)
    enough = _signs(added) >= parameters.whole("signs")
    level = next((level for level in reversed(LEVELS) if enough and points >= parameters.values[level]), None)
    began = customer.moved_by[currency]

    def changes_on() -> date | None:
        habit = customer.habits.get(currency, Habit())
        days = [debt.item.due_on + timedelta(days=1) for debt in debts if debt.item.due_on >= on][:1]
        if any(debt.item.due_on < on for debt in debts):
            days += _worse_on(habit, debts, on)
        if points + SILENCE_AT_MOST >= parameters.values["watch"]:
            away = credit_points.stays_away_on(customer, terms.population, on)
            days += [] if away is None else [away]
        return min(days, default=None)

    def reasons() -> tuple[Reason, ...]:
        return (*_reasons(added, points), *dispute_reason(disputed, currency))

    def evidence() -> tuple[UUID, ...]:
        return (*(debt.event_id for debt in debts[:EVIDENCE]), began)

    return Sign(
        channel=currency,
        began=debts[0].event_id,
        level=level,
        true_on=None if level is None else on,
        over=False,
        changes_on=changes_on,
        reasons=reasons,
        evidence=evidence,
    )


def _terms(customer: WatchedCustomer, terms: Terms, currency: str, debts: list[Debt], on: date) -> list[Term]:
    habit, needed = customer.habits.get(currency, Habit()), terms.parameters[RULE_ID].values["watch"]
    found = [credit_points.overdue_term(debts, currency, on), credit_points.claims_term(customer, on)]
    for term in (credit_points.worsening_term(habit, debts, currency, on), credit_points.limit_term(customer, debts, currency)):
        found += [] if term is None else [term]
    # The dear ones come last, and only where they could make the difference.
    if credit_points.total(found) + LATE_AT_MOST + SILENCE_AT_MOST >= needed:
        late = credit_points.late_term(habit)
        found += [] if late is None else [late]
        if credit_points.total(found) + SILENCE_AT_MOST >= needed:
            away = credit_points.purchases_term(customer, terms.population, on)
            found += [] if away is None else [away]
    return found


def _signs(added: list[Term]) -> int:
    return sum(term.points > 0 for term in added)


def _worse_on(habit: Habit, debts: list[Debt], on: date) -> list[date]:
    """The day on which the score of worsening takes its next step if nothing is paid."""
    if habit.n < STARTS_AFTER:
        return []
    step = credit_points.next_step(WORSENING, credit_points.worsening_score(habit, debts, on))
    if step is None:
        return []
    days = first_day_at(
        lambda ahead: credit_points.worsening_score(habit, debts, on + timedelta(days=ahead)), step, FARTHEST_DAYS
    )
    return [] if days is None else [on + timedelta(days=days)]


def _reasons(added: list[Term], points: Decimal) -> tuple[Reason, ...]:
    signs = sorted((term for term in added if term.points), key=lambda term: -term.points)
    whole = Reason(
        code="CREDIT_POINTS",
        sentence=f"{points} points, signs: {len(signs)}.",
        figures={"points": int(points), "signs": len(signs)},
    )
    return (whole, *(_with_points(term) for term in signs))


def _with_points(term: Term) -> Reason:
    reason = term.reason()
    sentence = f"{term.points} points: {reason.sentence}"
    return msgspec.structs.replace(reason, sentence=sentence, figures={**reason.figures, "points": term.points})


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Something owed, and for each level the signs and the points."""
    parameters = terms.parameters[RULE_ID]
    found = []
    for currency in sorted(customer.moved_by):
        debts, _ = debts_of(customer, currency, today)
        if debts:
            added = _terms(customer, terms, currency, debts, on)
            points = credit_points.total(added)
            sentence = " ".join(reason.sentence for reason in _reasons(added, points))
            for level in LEVELS:
                found += [
                    at_least(currency, level, "SIGNS", sentence, _signs(added), parameters.whole("signs")),
                    at_least(currency, level, "CREDIT_POINTS", sentence, points, parameters.values[level]),
                ]
    return tuple(found) or (at_least(ALL, "watch", "SOMETHING_OWED", "Nothing undisputed is owed.", 0, 1),)


CREDIT_SIGNS_ADD_UP = Rule(
    id=RULE_ID,
    kind="credit",
    title="Several signs against the customer's credit add up",
    waits_for=("payments",),
    defaults={"watch": Decimal(16), "act": Decimal(24), "stop": Decimal(32), "signs": Decimal(3), "calm_days": Decimal(30)},
    judge=credit_signs_add_up,
    why_not=why_not,
)
