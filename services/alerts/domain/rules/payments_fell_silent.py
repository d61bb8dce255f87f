"""A customer that paid in a rhythm of its own no longer pays, while something is due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.conditions import Condition, at_least
from services.alerts.domain.figures import amount_text
from services.alerts.domain.rhythm import Purchases, median_gap
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.silence_line import conditions, earliest_day, own_lines, silence, solve
from services.alerts.domain.silence_reasons import PAYMENTS_WORDS, silence_reasons
from services.alerts.domain.undisputed import ZERO, Debt, currencies, debts_of, nothing_overdue
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "payments_fell_silent"
CHANNEL = "payments"
EARLIEST_DAYS = 14
EARLIEST_UNITS = 2
PAYMENTS = 4
EVIDENCE = 20
ONE_DAY = timedelta(days=1)


def payments_fell_silent(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch at P(no payment in the next two units) >= 0.6, act at >= 0.8, and only while something undisputed is overdue.

    A unit is the median gap between its days of payment, at least 14 days. Four such days make a rhythm; nothing is said
    before two gaps of silence.
    """
    payments = customer.payments
    if payments is None or payments.count < PAYMENTS:
        return ()
    parameters = terms.parameters[RULE_ID]
    earliest, unit = _units(payments, parameters)
    first_on = earliest_day(payments, earliest)
    began = payments.began
    debts, overdue, found = list[Debt](), list[Debt](), None
    if on >= first_on:
        debts = _debts(customer, today)
        overdue = [debt for debt in debts if debt.item.due_on < on]
        if overdue:
            found = silence(own_lines(payments, terms, parameters, unit, earliest, customer.agreed), on)

    def changes_on() -> date | None:
        if on < first_on:
            return first_on
        if found is not None:
            return found.changes_on()
        return debts[0].item.due_on + ONE_DAY if debts else None

    def evidence() -> tuple[UUID, ...]:
        return (began, *(debt.event_id for debt in overdue[:EVIDENCE]))

    return (
        Sign(
            channel=CHANNEL,
            began=began,
            level=None if found is None else found.level,
            true_on=None if found is None or found.due_on is None else max(found.due_on, overdue[0].item.due_on + ONE_DAY),
            over=on >= first_on and not overdue,
            changes_on=changes_on,
            reasons=lambda: _reasons(customer, payments, terms, unit, on, overdue),
            evidence=evidence,
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Four days of payment, something overdue, and for each level the days of silence from which it holds."""
    payments = customer.payments
    count = 0 if payments is None else payments.count
    enough = at_least(
        CHANNEL, "watch", "PAYMENT_DAYS", f"{count} days of payment; a rhythm of its own needs {PAYMENTS}.", count, PAYMENTS
    )
    if payments is None or not enough.holds:
        return (enough,)
    parameters = terms.parameters[RULE_ID]
    earliest, unit = _units(payments, parameters)
    items = sum(debt.item.due_on < on for debt in _debts(customer, today))
    due = at_least(CHANNEL, "watch", "OVERDUE_ITEMS", f"{items} undisputed items are overdue.", items, 1)
    found = solve(own_lines(payments, terms, parameters, unit, earliest, customer.agreed), date.max)
    return (enough, due, *conditions(CHANNEL, payments, found, earliest_day(payments, earliest), on))


def _units(payments: Purchases, parameters: Parameters) -> tuple[float, float]:
    """The earliest silence that may be told of, and the unit, in days."""
    gap = median_gap(payments) or 0.0
    return max(EARLIEST_DAYS, EARLIEST_UNITS * gap), max(parameters.number("unit_days"), gap)


def _debts(customer: WatchedCustomer, today: date) -> list[Debt]:
    """What is open and undisputed in all currencies, oldest due first."""
    found = [debt for currency in currencies(customer) for debt in debts_of(customer, currency, today)[0]]
    return sorted(found, key=lambda debt: (debt.item.due_on, debt.event_id))


def _reasons(
    customer: WatchedCustomer, payments: Purchases, terms: Terms, unit: float, on: date, overdue: list[Debt]
) -> tuple[Reason, ...]:
    forward = terms.parameters[RULE_ID].number("forward_units") * unit
    chosen, found = {debt.event_id for debt in overdue}, []
    for currency in currencies(customer):
        late = [debt for debt in debts_of(customer, currency, on)[0] if debt.event_id in chosen]
        if late:
            amount = sum((debt.undisputed for debt in late), ZERO)
            found.append(
                Reason(
                    code="OVERDUE_MEANWHILE",
                    sentence=f"{amount_text(amount, currency)} are overdue, the oldest since {late[0].item.due_on}.",
                    figures={
                        "overdue_amount": str(amount),
                        "currency": currency,
                        "overdue_items": len(late),
                        "oldest_due_on": late[0].item.due_on.isoformat(),
                    },
                )
            )
    return (*silence_reasons(PAYMENTS_WORDS, payments, terms, forward, on, customer.agreed), *found)


def _ended(customer: WatchedCustomer, on: date) -> Reason:
    if any(debt.item.due_on < on for debt in _debts(customer, on)) and customer.payments is not None:
        paid_on = customer.payments.last_on.isoformat()
        return Reason(code="PAID_AGAIN", sentence=f"Paid again on {paid_on}.", figures={"last_payment_on": paid_on})
    return nothing_overdue(customer, on)


PAYMENTS_FELL_SILENT = Rule(
    id=RULE_ID,
    kind="silence",
    title="No longer pays in its own rhythm while something is due",
    waits_for=("payments",),
    defaults={
        "watch": Decimal("0.6"),
        "act": Decimal("0.8"),
        "unit_days": Decimal(14),
        "forward_units": Decimal(2),
        "grace_days": Decimal(30),
    },
    judge=payments_fell_silent,
    one_beginning=True,
    ended=_ended,
    why_not=why_not,
)
