"""Months of the calendar, each named by its first day, and what a period is compared with. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

MONTHS = 12
"""Of a year."""

Against = Literal["BEFORE", "YEAR_BEFORE"]


class Span(NamedTuple):
    """Both days included."""

    first: date
    last: date


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


def compared_with(span: Span, against: Against) -> Span:
    """The period before, of as many whole months or else days, or the same one a year earlier."""
    months = months_between(*span)
    if span.first.day == 1 and span.last == last_day(span.last.replace(day=1)):
        first = month_after(span.first, -MONTHS if against == "YEAR_BEFORE" else -months)
        return Span(first, last_day(first, months))
    if against == "YEAR_BEFORE":
        return Span(_year_before(span.first), _year_before(span.last))
    days = span.last - span.first + timedelta(days=1)
    return Span(span.first - days, span.last - days)


def _year_before(day: date) -> date:
    first = month_after(day, -MONTHS)
    return first.replace(day=min(day.day, last_day(first).day))
