"""Sales of three whole months against the three before, and which share of what fell due was collected."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.alerts.domain.turnover import Month, first_day, month_of, sums
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.open_items import disputed, items_of

MONTHS = 3
ONE_DAY = timedelta(days=1)


class Compared(NamedTuple):
    """The last three whole months and the three before; `growth` None where the two cannot be compared."""

    sold: Decimal
    sold_before: Decimal
    collected: Decimal
    collected_before: Decimal
    growth: Decimal | None


def first_month(on: date) -> int:
    """The first of the six whole months that are compared."""
    return month_of(on) - 2 * MONTHS


def compared_months(months: tuple[Month, ...], on: date) -> Compared:
    last = month_of(on) - 1
    sold, collected = sums(months, last - MONTHS + 1, last)
    sold_before, collected_before = sums(months, first_month(on), last - MONTHS)
    return Compared(sold, sold_before, collected, collected_before, growth_of(sold, sold_before, collected_before))


def growth_of(sold: Decimal, sold_before: Decimal, collected_before: Decimal) -> Decimal | None:
    """None where there is nothing to compare with."""
    return sold / sold_before - 1 if sold > 0 and sold_before > 0 and collected_before > 0 else None


def fell_due_of(
    customer: WatchedCustomer, currency: str, compared: Compared, today: date, on: date
) -> tuple[Decimal, Decimal, Decimal]:
    """What fell due in the last three months, in the three before, and what of it is in dispute."""
    last = month_of(on) - 1
    before, between, after = (_not_due(customer, currency, month) for month in (first_month(on) - 1, last - MONTHS, last))
    in_dispute = _in_dispute(customer, currency, today, last)
    return compared.sold + between - after, compared.sold_before + before - between, in_dispute


def collected_share(collected: Decimal, fell_due: Decimal) -> Decimal:
    """At most all; where nothing fell due nothing is missing."""
    return min(collected / fell_due, Decimal(1)) if fell_due > 0 else Decimal(1)


def _not_due(customer: WatchedCustomer, currency: str, month: int) -> Decimal:
    """What was open at the end of a month and not due by then."""
    end = first_day(month + 1) - ONE_DAY
    return sum((item.open for item in items_of(customer.account, end, currency) if item.due_on > end), Decimal(0))


def _in_dispute(customer: WatchedCustomer, currency: str, today: date, month: int) -> Decimal:
    """What is disputed now of that which fell due by the end of a month."""
    if not customer.claims.claims:
        return Decimal(0)
    parts = disputed(customer.account, customer.claims, today).get(currency, {})
    return sum((amount for item, amount in parts.items() if item.due_on < first_day(month + 1)), Decimal(0))
