"""The customer pays later than is usual for itself: trend, not level."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.figures import decimal_text
from services.alerts.domain.payment_habit import STARTS_AFTER, Habit, Worsening, first_day_at, usual_days_late, worsening
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.undisputed import Debt, debts_of, dispute_reason
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "payments_getting_worse"
FARTHEST_DAYS = 400
EVIDENCE = 20
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


def payments_getting_worse(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch at a score of 1.6, act at 3.2; needs five settlements. Open overdue items count from the day they are late.

    The score is in standard deviations of the customer's own days late; a customer that was always late is not worse.
    """
    parameters = terms.parameters[RULE_ID]
    found = []
    for currency, habit in sorted(customer.habits.items()):
        if habit.n >= STARTS_AFTER:
            debts, disputed = debts_of(customer, currency, today)
            found.append(_sign(customer, currency, habit, debts, disputed, parameters, on))
    return tuple(found)


def _sign(
    customer: WatchedCustomer, currency: str, habit: Habit, debts: list[Debt], disputed: Decimal, parameters: Parameters, on: date
) -> Sign:
    usual = usual_days_late(habit)

    def at(day: date) -> Worsening:
        return worsening(habit, [(day - debt.item.due_on).days for debt in debts if debt.item.due_on < day], usual)

    present = at(on)
    level = next((level for level in reversed(_RULE_LEVELS) if present.score >= parameters.number(level)), None)
    overdue = [debt for debt in debts if debt.item.due_on < on]

    def changes_on() -> date | None:
        above = _RULE_LEVELS[0 if level is None else _RULE_LEVELS.index(level) + 1 :]
        if not above or not debts:
            return None
        if not overdue:
            # The score stands still until something is late; most is paid before, so it is solved for then.
            return debts[0].item.due_on + timedelta(days=1)
        days = first_day_at(lambda ahead: at(on + timedelta(days=ahead)).score, parameters.number(above[0]), FARTHEST_DAYS)
        return None if days is None else on + timedelta(days=days)

    def reasons() -> tuple[Reason, ...]:
        return (*_reasons(habit, present, overdue, currency, on), *dispute_reason(disputed, currency))

    def evidence() -> tuple[UUID, ...]:
        return (*(debt.event_id for debt in overdue[:EVIDENCE]), customer.moved_by[currency])

    return Sign(
        channel=currency,
        began=overdue[0].event_id if overdue else customer.moved_by[currency],
        level=level,
        true_on=None if level is None else _true_since(lambda day: at(day).score, parameters.number(level), overdue, on),
        over=False,
        changes_on=changes_on,
        reasons=reasons,
        evidence=evidence,
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """By currency: five settlements, and the score of each level."""
    parameters = terms.parameters[RULE_ID]
    found: list[Condition] = []
    for currency, habit in sorted(customer.habits.items()):
        sentence = f"{habit.n} invoices settled; a habit needs {STARTS_AFTER}."
        found.append(at_least(currency, "watch", "SETTLEMENTS", sentence, habit.n, STARTS_AFTER))
        if habit.n >= STARTS_AFTER:
            debts, _ = debts_of(customer, currency, today)
            present = worsening(habit, [(on - debt.item.due_on).days for debt in debts if debt.item.due_on < on])
            sentence = f"Now {_late(present.average)} in the moving average, usually {_late(present.usual)}."
            for level in _RULE_LEVELS:
                found.append(at_least(currency, level, "WORSENING_SCORE", sentence, present.score, parameters.number(level)))
    return tuple(found) or (at_least(ALL, "watch", "SETTLEMENTS", "No invoice was settled yet.", 0, STARTS_AFTER),)


def _true_since(score: Callable[[date], float], line: float, overdue: list[Debt], on: date) -> date:
    # The score rises while nothing is paid: the first day since the oldest open item fell due on which it reached the line.
    if not overdue or score(overdue[0].item.due_on) >= line:
        return on
    low, high = overdue[0].item.due_on, on
    while (high - low).days > 1:
        middle = low + (high - low) // 2
        if score(middle) >= line:
            high = middle
        else:
            low = middle
    return high


def _reasons(habit: Habit, present: Worsening, overdue: list[Debt], currency: str, on: date) -> tuple[Reason, ...]:
    found = [
        Reason(
            code="PAYS_LATER_THAN_USUAL",
            sentence=(
                f"Usually pays {_late(present.usual)} (mean of {habit.n} invoices, spread {decimal_text(present.spread, 1)} days);"
                f" now {_late(present.average)} in the moving average, open items included."
            ),
            figures={
                "usual_days_late": decimal_text(present.usual, 2),
                "spread_days": decimal_text(present.spread, 2),
                "average_days_late": decimal_text(present.average, 2),
                "settlements": habit.n,
                "currency": currency,
            },
        ),
        Reason(
            code="WORSENING_SCORE",
            sentence=f"Score of worsening {decimal_text(present.score, 2)} (cumulated excess {decimal_text(present.excess, 2)}).",
            figures={
                "score": decimal_text(present.score, 4),
                "cumulated_excess": decimal_text(present.excess, 4),
                "as_of": on.isoformat(),
            },
        ),
    ]
    if overdue:
        longest = (on - overdue[0].item.due_on).days
        count = len(overdue)
        sentence = f"{count} open item{'s' if count > 1 else ''} past due, the longest by {longest} days."
        figures: dict[str, str | int] = {"overdue_items": count, "longest_overdue_days": longest}
        found.append(Reason(code="OPEN_ITEMS_OVERDUE", sentence=sentence, figures=figures))
    return tuple(found)


def _late(days: float) -> str:
    if abs(days) < 0.05:
        return "on time"
    return f"{decimal_text(abs(days), 1)} days {'late' if days > 0 else 'early'}"


PAYMENTS_GETTING_WORSE = Rule(
    id=RULE_ID,
    kind="credit",
    title="Pays later than is usual for itself",
    waits_for=("payments",),
    defaults={"watch": Decimal("1.6"), "act": Decimal("3.2"), "calm_days": Decimal(30)},
    judge=payments_getting_worse,
    why_not=why_not,
)
