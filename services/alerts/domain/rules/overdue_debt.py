"""Money is overdue: its amount and its age."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.figures import amount_text, days_text
from services.alerts.domain.signs import LEVELS, Parameters, Rule, Sign, Terms
from services.alerts.domain.undisputed import ZERO, Debt, currencies, debts_of, dispute_reason, nothing_overdue
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "overdue_debt"
EVIDENCE = 20
LEAST = Decimal("0.01")


def overdue_debt(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """A level holds when `minimum_amount` or more of the undisputed part is overdue by the level's days.

    The spell lasts until nothing undisputed is overdue; it began with the oldest overdue invoice.
    """
    parameters = terms.parameters[RULE_ID]
    return tuple(
        _sign(currency, debts, disputed, parameters, on)
        for currency in currencies(customer)
        for debts, disputed in [debts_of(customer, currency, today)]
        if debts
    )


def _sign(currency: str, debts: list[Debt], disputed: Decimal, parameters: Parameters, on: date) -> Sign:
    minimum = parameters.values["minimum_amount"]
    begins = _due_day(debts, minimum)
    steps = [] if begins is None else [(level, begins + timedelta(days=parameters.whole(f"{level}_days"))) for level in LEVELS]
    reached = [(level, day) for level, day in steps if day <= on]
    overdue = [debt for debt in debts if debt.item.due_on < on]

    def changes_on() -> date | None:
        return min((day for _, day in steps if day > on), default=None)

    def reasons() -> tuple[Reason, ...]:
        return (*_reasons(overdue, currency, on), *dispute_reason(disputed, currency))

    def evidence() -> tuple[UUID, ...]:
        return tuple(debt.event_id for debt in overdue[:EVIDENCE])

    return Sign(
        channel=currency,
        began=debts[0].event_id,
        level=reached[-1][0] if reached else None,
        true_on=reached[-1][1] if reached else None,
        over=not overdue,
        changes_on=changes_on,
        reasons=reasons,
        evidence=evidence,
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """By currency: enough that nobody disputes is open, and for each level for how many days it has been due."""
    parameters = terms.parameters[RULE_ID]
    minimum = parameters.values["minimum_amount"]
    found: list[Condition] = []
    for currency in currencies(customer):
        debts, _ = debts_of(customer, currency, today)
        amount = sum((debt.undisputed for debt in debts), ZERO)
        begins = _due_day(debts, minimum)
        sentence = f"{amount_text(amount, currency)} is open and not disputed."
        if begins is None:
            # Where nothing at all is open, the least that would be is asked for.
            found.append(at_least(currency, "watch", "OPEN_AMOUNT", sentence, amount, max(minimum, LEAST)))
            continue
        found.append(at_least(currency, "watch", "OPEN_AMOUNT", sentence, amount, minimum))
        for level in LEVELS:
            age, line = (on - begins).days, parameters.whole(f"{level}_days")
            sentence = f"What counts was due on {begins}; {level} is reached {days_text(line)} after."
            found.append(at_least(currency, level, "DAYS_OVERDUE", sentence, age, line))
    return tuple(found) or (at_least(ALL, "watch", "OPEN_AMOUNT", "Nothing was ever invoiced.", ZERO, max(minimum, LEAST)),)


def _due_day(debts: list[Debt], minimum: Decimal) -> date | None:
    # The due day by which the undisputed amounts, oldest due first, have grown to the minimum.
    total = ZERO
    for debt in debts:
        total += debt.undisputed
        if total >= minimum:
            return debt.item.due_on
    return None


def _reasons(overdue: list[Debt], currency: str, on: date) -> tuple[Reason, ...]:
    amount = sum((debt.undisputed for debt in overdue), ZERO)
    oldest = overdue[0].item
    age = (on - oldest.due_on).days
    name = f"{oldest.source}/{oldest.number}" if not oldest.opening else "the opening balance"
    many = f"{len(overdue)} invoice" + ("s" if len(overdue) > 1 else "")
    return (
        Reason(
            code="OVERDUE_AMOUNT",
            sentence=f"{amount_text(amount, currency)} of {many} is overdue.",
            figures={"overdue_amount": str(amount), "currency": currency, "invoices": len(overdue), "as_of": on.isoformat()},
        ),
        Reason(
            code="OVERDUE_AGE",
            sentence=f"The oldest, {name}, was due on {oldest.due_on}, {days_text(age)} ago.",
            figures={"oldest_due_on": oldest.due_on.isoformat(), "days_overdue": age, "invoice": name},
        ),
    )


OVERDUE_DEBT = Rule(
    id=RULE_ID,
    kind="credit",
    title="Money is overdue",
    waits_for=("payments",),
    defaults={
        "minimum_amount": Decimal(0),
        "watch_days": Decimal(7),
        "act_days": Decimal(30),
        "stop_days": Decimal(60),
    },
    judge=overdue_debt,
    ended=nothing_overdue,
    why_not=why_not,
)
