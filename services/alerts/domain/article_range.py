"""How many different articles a customer buys: by month 64 marks, of which each article sets one.

The number of articles is estimated from the marks that are not set (linear counting; Whang, Vander-Zanden & Taylor 1990),
so a month is one number, however many articles there are, and months are joined by joining their marks. A fact that comes
late, or twice, sets the same mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from math import log, sqrt
from typing import NamedTuple
from zlib import crc32

import msgspec

from services.alerts.domain.turnover import month_of

MARKS = 64
MONTHS_KEPT = 13
MONTHS = 3
WINDOWS_BEFORE = 3
FEWEST_WINDOWS = 2
_ARTICLES = tuple(-MARKS * log(max(MARKS - number, 0.5) / MARKS) for number in range(MARKS + 1))
"""The estimated number of different articles that set so many marks."""


class Bought(msgspec.Struct, frozen=True, array_like=True):
    """The articles bought in a month; `number` as in Month of the turnover."""

    number: int
    marks: int


class Narrowed(NamedTuple):
    """Estimated articles in the last three whole months, and usually in three months; `spreads`: by how many standard
    deviations fewer they are than usual; `lost`: the share of the range that is gone."""

    recent: float
    usual: float
    windows: int
    spreads: float
    lost: float


def listed(months: tuple[Bought, ...], day: date, articles: Iterable[str]) -> tuple[Bought, ...]:
    """The months with these articles bought on a day; what lies more than a year before the newest is left out."""
    marks = 0
    for article in articles:
        marks |= 1 << crc32(article.encode()) % MARKS
    if not marks:
        return months
    number, place = month_of(day), len(months)
    while place and months[place - 1].number > number:
        place -= 1
    if place and months[place - 1].number == number:
        joined = months[place - 1].marks | marks
        if joined == months[place - 1].marks:
            return months
        return (*months[: place - 1], Bought(number, joined), *months[place:])
    found = (*months[:place], Bought(number, marks), *months[place:])
    oldest = found[-1].number - MONTHS_KEPT + 1
    return found if found[0].number >= oldest else tuple(month for month in found if month.number >= oldest)


def narrowed(months: tuple[Bought, ...], last: int) -> Narrowed | None:
    """The three months through `last`, a whole one, against the windows of three months before them, as many as were traded in.

    None: nothing was bought in one of these months that says which articles, or too little is known of what is usual.
    """
    marks = [0] * (WINDOWS_BEFORE + 1)
    for month in months:
        window = (last - month.number) // MONTHS
        if 0 <= window <= WINDOWS_BEFORE:
            marks[window] |= month.marks
    known = (last - months[0].number + 1) // MONTHS if months else 0
    if known <= FEWEST_WINDOWS or not marks[0]:
        return None
    recent, *before = [_ARTICLES[one.bit_count()] for one in marks[:known]]
    usual = sum(before) / len(before)
    around = sum((one - usual) ** 2 for one in before) / (len(before) - 1)
    # At least what chance makes of a count of this size.
    spread = sqrt(max(around, usual, 1.0))
    return Narrowed(recent, usual, len(before), (usual - recent) / spread, 1.0 - recent / usual if usual > 0 else 0.0)
