"""Months of the calendar, each named by its first day. Pure."""

from __future__ import annotations

from datetime import date, timedelta

MONTHS = 12
"""Of a year."""


def month_after(first: date, months: int) -> date:
    """First day of the month so many months later, earlier where it is less than nothing."""
    number = first.year * MONTHS + first.month - 1 + months
    return date(number // MONTHS, number % MONTHS + 1, 1)


def last_day(first: date, months: int = 1) -> date:
    """Last day of so many months that begin with this one."""
    return month_after(first, months) - timedelta(days=1)


def months_to(last: date, count: int) -> list[date]:
    """So many months ending with that of `last`, the oldest first."""
    return [month_after(last, n - count + 1) for n in range(count)]


def months_between(first: date, last: date) -> int:
    """How many months a period touches, those of both days included."""
    return (last.year - first.year) * MONTHS + last.month - first.month + 1
