"""What was sold to a customer and what was collected, by calendar month and currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

MONTHS_KEPT = 13
ZERO = Decimal(0)


class Month(msgspec.Struct, frozen=True, array_like=True):
    """`number` = 12 * year + month - 1. Sales less returns; payments less reversals."""

    number: int
    sold: Decimal = ZERO
    collected: Decimal = ZERO


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_day(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def moved(months: tuple[Month, ...], day: date, sold: Decimal = ZERO, collected: Decimal = ZERO) -> tuple[Month, ...]:
    """The months with one movement more; what lies more than a year before the newest is left out."""
    number = month_of(day)
    if months and months[-1].number == number:
        last = months[-1]
        return (*months[:-1], Month(number, last.sold + sold, last.collected + collected))
    by_number = {month.number: month for month in months}
    there = by_number.get(number, Month(number))
    by_number[number] = Month(number, there.sold + sold, there.collected + collected)
    oldest = max(by_number) - MONTHS_KEPT + 1
    return tuple(by_number[one] for one in sorted(by_number) if one >= oldest)


def sums(months: tuple[Month, ...], first: int, last: int) -> tuple[Decimal, Decimal]:
    """Sold and collected in the months `first` to `last`, both included."""
    chosen = [month for month in months if first <= month.number <= last]
    return sum((month.sold for month in chosen), ZERO), sum((month.collected for month in chosen), ZERO)
