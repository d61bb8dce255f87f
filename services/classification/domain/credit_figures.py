"""How a customer stands on credit at the end of a day: what grades are made of, from ledger, claims, terms, reports and warnings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from shared.contracts.claims import Claims, days_disputed
from shared.contracts.money import Money
from shared.contracts.open_items import Account, Settlement, disputed, open_items, settlements
from shared.contracts.transactions import InvoiceRef

ZERO = Decimal(0)
Report = Literal["GOOD", "FAIR", "POOR"]


@dataclass(frozen=True, slots=True)
class Owed:
    """One currency at the end of the day. `open` and `overdue` leave out what is disputed; `exposure` also what credit is left.

    `days_late`: mean, weighted by amount, of what was settled in the period, days of a dispute left out; None where nothing was.
    """

    currency: str
    open: Decimal = ZERO
    overdue: Decimal = ZERO
    oldest_due_on: date | None = None
    exposure: Decimal = ZERO
    settled: int = 0
    days_late: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditFigures:
    """`known_on`: the first day of the ledger that is kept. `true_warnings` about credit ended in the period. `report` is the
    latest of an agency, made on `reported_on`."""

    day: date
    owed: Sequence[Owed]
    known_on: date | None
    limit: Money | None = None
    true_warnings: int = 0
    report: Report | None = None
    reported_on: date | None = None


Card = tuple[Account, Claims]
"""What one card of a customer has in the ledger, and what is claimed about it."""


def owed_on(cards: Sequence[Card], day: date, period_days: int) -> list[Owed]:
    """By currency, over all cards of the customer; each card's credit stays with its own invoices."""
    found: dict[str, Owed] = {}
    for account, claims in cards:
        disputes = disputed(account, claims, day)
        for currency, standing in open_items(account, day).items():
            parts = disputes.get(currency, {})
            undisputed = [(item, item.open - parts.get(item, ZERO)) for item in standing.items]
            late = [(item.due_on, amount) for item, amount in undisputed if item.due_on < day and amount > 0]
            total = sum((amount for _, amount in undisputed), ZERO)
            one = Owed(
                currency=currency,
                open=total,
                overdue=sum((amount for _, amount in late), ZERO),
                oldest_due_on=min((due for due, _ in late), default=None),
                exposure=max(total - standing.unallocated, ZERO),
            )
            found[currency] = one if currency not in found else _sum(found[currency], one)
    habits = _habits(cards, day, period_days)
    return [_with_habit(one, habits.get(currency)) for currency, one in sorted(found.items())]


def _sum(a: Owed, b: Owed) -> Owed:
    days = [day for day in (a.oldest_due_on, b.oldest_due_on) if day is not None]
    return Owed(a.currency, a.open + b.open, a.overdue + b.overdue, min(days, default=None), a.exposure + b.exposure)


@dataclass(slots=True)
class _Habit:
    settled: int = 0
    amount: Decimal = ZERO
    weighted: Decimal = ZERO


def _habits(cards: Sequence[Card], day: date, period_days: int) -> dict[str, _Habit]:
    found: dict[str, _Habit] = {}
    for account, claims in cards:
        for one in settlements(account, day):
            if 0 <= (day - one.settled_on).days < period_days:
                habit = found.setdefault(one.currency, _Habit())
                habit.settled += 1
                habit.amount += one.amount
                habit.weighted += one.amount * _days_late(one, claims)
    return found


def _days_late(one: Settlement, claims: Claims) -> int:
    # A dispute stops the lateness, unless it was decided against the customer.
    paid_on = one.due_on + timedelta(days=one.days_late)
    return one.days_late - days_disputed(claims, InvoiceRef(one.source, one.number), one.due_on, paid_on)


def _with_habit(one: Owed, habit: _Habit | None) -> Owed:
    if habit is None:
        return one
    late = habit.weighted / habit.amount if habit.amount else None
    return Owed(one.currency, one.open, one.overdue, one.oldest_due_on, one.exposure, habit.settled, late)


def known_on(cards: Sequence[Card]) -> date | None:
    """The first day of the ledgers that is kept; None where there is nothing in them."""
    days = [
        account.window_from if account.older else account.facts[0].on for account, _ in cards if account.older or account.facts
    ]
    return min(days, default=None)
