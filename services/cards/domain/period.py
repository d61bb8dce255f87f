"""The span of time that a question about trade asks for: single days, whole months or whole years. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from services.cards.domain.spans import DAYS_KEPT, MONTHS_KEPT, Book, Kind, Sums, between, month_of, name_of, together


class PeriodRefused(Exception):
    """Base of the refusals; the class says what is wrong."""


class PeriodReversed(PeriodRefused):
    """It ends before it begins."""


class PeriodNotKept(PeriodRefused):
    """Single days are kept for 62 days, single months for 25 months, whole years for ever."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` through `last`, looked up among the spans of these kinds."""

    first: date
    last: date
    kinds: tuple[Kind, ...]


def period_of(first: date, last: date, today: date) -> Period:
    """The period as it can be answered. Months and years are whole, but for the one that is not over. Raises a PeriodRefused."""
    if last < first:
        raise PeriodReversed
    if first > today - timedelta(days=DAYS_KEPT):
        return Period(first, last, ("d",))
    whole = first.day == 1 and (_ends_month(last) or last >= today)
    if whole and month_of(first) > month_of(today) - MONTHS_KEPT:
        return Period(first, last, ("m",))
    if whole and first.month == 1 and (last >= today or (last.month, last.day) == (12, 31)):
        # Of who has not bought for long, also older years are still kept as months.
        return Period(first, last, ("m", "y"))
    raise PeriodNotKept


def _ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def places(kind: Kind, period: Period) -> tuple[int, int]:
    """First and last place of the period among the spans of a kind."""
    if kind == "d":
        return period.first.toordinal(), period.last.toordinal()
    if kind == "m":
        return month_of(period.first), month_of(period.last)
    return period.first.year, period.last.year


def names(kind: Kind, period: Period) -> tuple[str, str]:
    """The same by name, as in the keys of totals."""
    first, last = places(kind, period)
    return name_of(kind, first), name_of(kind, last)


def sums_in(book: Book, period: Period) -> Sums | None:
    """What a book holds of the period; None when there is nothing."""
    spans = {"d": book.days, "m": book.months, "y": book.years}
    found = [sums for kind in period.kinds if (sums := between(spans[kind], *places(kind, period))) is not None]
    return together(found) if found else None
