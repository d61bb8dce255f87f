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
    place = len(months)
    while place and months[place - 1].number > number:
        place -= 1
    if place and months[place - 1].number == number:
        there = months[place - 1]
        return (*months[: place - 1], Month(number, there.sold + sold, there.collected + collected), *months[place:])
    found = (*months[:place], Month(number, sold, collected), *months[place:])
    oldest = found[-1].number - MONTHS_KEPT + 1
    return found if found[0].number >= oldest else tuple(month for month in found if month.number >= oldest)


def sums(months: tuple[Month, ...], first: int, last: int) -> tuple[Decimal, Decimal]:
    """Sold and collected in the months `first` to `last`, both included."""
    chosen = [month for month in months if first <= month.number <= last]
    return sum((month.sold for month in chosen), ZERO), sum((month.collected for month in chosen), ZERO)
