"""How a customer stands in money: what an alert is about, and what a measure is judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from services.alerts.domain.turnover import month_of, sums
from services.alerts.domain.undisputed import currencies, debts_of
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import AlertKind, CustomerFigures
from shared.contracts.money import Money
from shared.contracts.open_items import items_of

ZERO = Decimal(0)
MONTHS = 12


def figures_of(customer: WatchedCustomer, today: date) -> CustomerFigures:
    """Open items, what is overdue and undisputed, and a year's sales, by currency; nothing where nothing is."""
    exposure: dict[str, Decimal] = {}
    overdue: dict[str, Decimal] = {}
    for currency in currencies(customer):
        exposure[currency] = sum((item.open for item in items_of(customer.account, today, currency)), ZERO)
        debts, _ = debts_of(customer, currency, today)
        overdue[currency] = sum((debt.undisputed for debt in debts if debt.item.due_on < today), ZERO)
    month = month_of(today)
    sold = {currency: sums(months, month - MONTHS + 1, month)[0] for currency, months in customer.turnover.items()}
    return CustomerFigures(
        as_of=today,
        exposure=_money(exposure),
        overdue=_money(overdue),
        sold=_money(sold),
        last_purchase_on=None if customer.purchases is None else customer.purchases.last_on,
    )


def at_stake(kind: AlertKind, figures: CustomerFigures | None) -> tuple[Money, ...]:
    """Of a debt what is open; of everything else what the customer buys in a year."""
    if figures is None:
        return ()
    return figures.exposure if kind == "credit" else figures.sold


def larger(one: Sequence[Money], other: Sequence[Money]) -> tuple[Money, ...]:
    """Of each currency the larger amount."""
    found: dict[str, Decimal] = {money.currency: money.amount for money in one}
    for money in other:
        found[money.currency] = max(money.amount, found.get(money.currency, money.amount))
    return _money(found)


def amount_in(amounts: Sequence[Money], currency: str) -> Decimal:
    return sum((money.amount for money in amounts if money.currency == currency), ZERO)


def _money(amounts: Mapping[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for currency, amount in sorted(amounts.items()) if amount)
