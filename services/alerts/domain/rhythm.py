"""When a customer buys: what is remembered of the purchase days, so that a silence can be judged and explained.

Purchases of one day are one purchase day. Days are ordinals (`date.toordinal`). Facts may come late: within the days
remembered one by one the result does not depend on the order in which they came.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime
from itertools import pairwise
from math import log
from uuid import UUID

import msgspec

from services.alerts.domain import return_odds, silence_score

REMEMBERED_DAYS = 16
FORGET = 0.9
PAUSE_DAYS = 45
PAUSES_KEPT = 12
YEARS_OF_PAUSES = 3
SAME_SEASON_DAYS = 30
YEAR = 365.25


class Purchases(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """`days` are the latest purchase days in order, `count` the number of all; the gaps before the first of `days` are
    kept as discounted count, sum and sum of squares of their logarithms. `pauses` are the long gaps (from, to).

    `began` is the first event, in the order in which the service read them, of the last day's sales, `began_at` its recording.
    """

    first: int
    days: tuple[int, ...]
    count: int
    began: UUID
    began_at: datetime
    older: tuple[float, float, float] = (0.0, 0.0, 0.0)
    pauses: tuple[tuple[int, int], ...] = ()

    @property
    def last(self) -> int:
        return self.days[-1]

    @property
    def last_on(self) -> date:
        return date.fromordinal(self.days[-1])


def bought(before: Purchases | None, on: date, event_id: UUID, recorded_at: datetime) -> Purchases:
    """One more sale. Another sale of a remembered day changes nothing."""
    day = on.toordinal()
    if before is None:
        return Purchases(day, (day,), 1, event_id, recorded_at)
    days = before.days
    if day > days[-1]:
        pauses = before.pauses
        if day - days[-1] >= PAUSE_DAYS:
            pauses = _kept((*pauses, (days[-1], day)), day)
        return _trimmed(before, (*days, day), pauses, event_id, recorded_at)
    place = bisect_left(days, day)
    if days[place] == day:
        return before
    pauses = _split(before.pauses, day, before.first, days[-1])
    if place == 0 and before.count > len(days):
        # Older than what is remembered one by one: it counts, and its gaps are left as they were.
        return msgspec.structs.replace(before, first=min(day, before.first), count=before.count + 1, pauses=pauses)
    return _trimmed(before, (*days[:place], day, *days[place:]), pauses, before.began, before.began_at)


def gaps(purchases: Purchases) -> list[int]:
    """The latest gaps in days, oldest first."""
    days = purchases.days
    return [b - a for a, b in pairwise(days)]


def median_gap(purchases: Purchases) -> float | None:
    """The customer's own rhythm in days; None with one purchase day."""
    found = sorted(gaps(purchases))
    if not found:
        return None
    middle = len(found) // 2
    return float(found[middle]) if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def rhythm(purchases: Purchases, population: silence_score.Population) -> silence_score.Rhythm:
    """What the models of this population need to know."""
    n, s1, s2 = purchases.older
    latest, count, days = gaps(purchases), purchases.count - 1, purchases.last - purchases.first
    logs = [log(gap) for gap in latest]
    for logarithm in logs:
        n, s1, s2 = FORGET * n + 1.0, FORGET * s1 + logarithm, FORGET * s2 + logarithm * logarithm
    own = None
    if population.looks_at_gaps and len(latest) >= return_odds.FEWEST_GAPS:
        own = return_odds.own_of(latest, logs, days, count)
    return silence_score.Rhythm(count, days, n, s1, s2, own)


def known_pause(purchases: Purchases) -> tuple[int, int] | None:
    """The pause of an earlier year that began at this time of the year, moved to this year; None if there was none.

    A dealer that sells skis is not silent in summer: it was back after the same pause before.
    """
    for years in range(1, YEARS_OF_PAUSES + 1):
        shift = round(years * YEAR)
        for begun, back in reversed(purchases.pauses):
            if abs(begun + shift - purchases.last) <= SAME_SEASON_DAYS and back < purchases.last:
                return begun + shift, back + shift
    return None


def _trimmed(
    before: Purchases, days: tuple[int, ...], pauses: tuple[tuple[int, int], ...], began: UUID, began_at: datetime
) -> Purchases:
    older = before.older
    if len(days) > REMEMBERED_DAYS:
        logarithm = log(days[1] - days[0])
        older = (FORGET * older[0] + 1.0, FORGET * older[1] + logarithm, FORGET * older[2] + logarithm * logarithm)
        days = days[1:]
    return Purchases(min(before.first, days[0]), days, before.count + 1, began, began_at, older, pauses)


def _split(pauses: tuple[tuple[int, int], ...], day: int, first: int, last: int) -> tuple[tuple[int, int], ...]:
    parts: list[tuple[int, int]] = [(day, first)] if first - day >= PAUSE_DAYS else []
    for begun, back in pauses:
        if begun < day < back:
            parts += [part for part in ((begun, day), (day, back)) if part[1] - part[0] >= PAUSE_DAYS]
        else:
            parts.append((begun, back))
    return _kept(tuple(parts), last)


def _kept(pauses: tuple[tuple[int, int], ...], last: int) -> tuple[tuple[int, int], ...]:
    oldest = last - round((YEARS_OF_PAUSES + 0.5) * YEAR)
    return tuple(pause for pause in pauses if pause[1] >= oldest)[-PAUSES_KEPT:]
