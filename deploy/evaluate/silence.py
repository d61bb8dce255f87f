"""The silence benchmark: spells that start after the last day of learning, each with a known outcome.

A spell starts with a purchase and ends with the next. It counts from the third purchase day on, where the own median gap g
is at most G and E + 2 G days of data follow. Own unit u = max(14, g). An alert may be raised at the end of any day e with
max(7, g) <= e <= E and is right where the customer stays away for 2 u more days. Lost is who stays away for more than
E + 2 u. Delays are in own units; one that is missed counts E.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from math import ceil
from random import Random
from typing import NamedTuple
from uuid import UUID

from deploy.evaluate.measures import Pair, middle_90
from services.alerts.domain.population_fit import History, fitted
from services.alerts.domain.rhythm import Purchases, bought, median_gap, rhythm
from services.alerts.domain.silence_score import Population, stays_away

LONGEST, MEDIAN_AT_MOST = 120, 45
NOBODY = UUID(int=0)
NEVER = 10**7
LINES = 200

Days = Mapping[str, Sequence[int]]
"""Purchase days (ordinals, in order, each once) by customer."""


class Spell(NamedTuple):
    """`at` are the days of silence on which an alert is possible, `chance` the live score on these; days as ordinals."""

    customer: str
    start: int
    unit: float
    back: int
    at: range
    chance: tuple[float, ...]

    def right(self, e: int) -> bool:
        return self.back - self.start - e > 2 * self.unit

    @property
    def lost(self) -> bool:
        return self.back - self.start > LONGEST + 2 * self.unit


class Counts(NamedTuple):
    """Of one detector at one line."""

    right: int = 0
    false: int = 0
    lost: int = 0
    found: int = 0
    delay: float = 0.0

    def plus(self, other: Counts) -> Counts:
        return total([self, other])

    @property
    def mean_delay(self) -> float:
        return self.delay / self.lost if self.lost else float("nan")

    @property
    def recall(self) -> float:
        return self.found / self.lost if self.lost else float("nan")

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right + self.false else float("nan")


def learnt_from(customers: Days, until: int) -> Population:
    """The population of these customers through a day. Raises ValueError where there are too few."""
    known = [History([day for day in days if day <= until], until) for days in customers.values() if days[0] <= until]
    found = fitted(known)
    if found is None:
        raise ValueError("too few customers to learn from")
    return found.population


def spells(customers: Days, population: Population, learn_until: int, end: int) -> list[Spell]:
    found = []
    for name, days in sorted(customers.items()):
        purchases: Purchases | None = None
        for i, day in enumerate(days):
            purchases = bought(purchases, date.fromordinal(day), NOBODY, datetime(2000, 1, 1, tzinfo=UTC))
            gap = median_gap(purchases) or 0.0
            if i < 2 or day <= learn_until or gap > MEDIAN_AT_MOST or day + LONGEST + 2 * MEDIAN_AT_MOST > end:
                continue
            back = days[i + 1] if i + 1 < len(days) else day + NEVER
            at = range(ceil(max(7, gap)), min(LONGEST, back - day - 1) + 1)
            unit = max(14.0, gap)
            chance = stays_away(rhythm(purchases, population), population, 2 * unit)
            found.append(Spell(name, day, unit, back, at, tuple(map(chance, at))))
    return found


def refitted_monthly(customers: Days, learn_until: int, end: int) -> list[Spell]:
    """The same spells as a company scores them that learns anew at the end of every month, each day by what was known by the
    end of the month before."""
    versions = [learn_until, *_ends_of_months(learn_until, end)]
    scored = [spells(customers, learnt_from(customers, day), learn_until, end) for day in versions]
    found = []
    for several in zip(*scored, strict=True):
        one = several[0]
        version = [max(bisect_left(versions, one.start + e) - 1, 0) for e in one.at]
        found.append(one._replace(chance=tuple(several[v].chance[i] for i, v in enumerate(version))))
    return found


def _ends_of_months(first: int, last: int) -> list[int]:
    return [day for day in range(first + 1, last) if date.fromordinal(day + 1).day == 1]


def scores_of(spell: Spell, detector: str) -> Sequence[float]:
    """`live`: the probability; `days`: of silence; `units`: days in own units."""
    if detector == "live":
        return spell.chance
    return [e if detector == "days" else e / spell.unit for e in spell.at]


def weekly(found: Sequence[Spell], detector: str, learn_until: int) -> dict[str, list[Pair]]:
    """Every week all spells in which an alert is possible, and whether it would be right; by customer."""
    rows: dict[str, list[Pair]] = {}
    for spell in found:
        for e, score in zip(spell.at, scores_of(spell, detector), strict=True):
            if (spell.start + e - learn_until) % 7 == 0:
                rows.setdefault(spell.customer, []).append((score, spell.right(e)))
    return rows


def counted(spell: Spell, detector: str, lines: Sequence[float]) -> list[Counts]:
    """What this spell adds at each line: one alert, on the first day at or above it."""
    highest: list[float] = []
    for score in scores_of(spell, detector):
        highest.append(max(score, highest[-1]) if highest else score)
    counts = []
    for line in lines:
        place = bisect_left(highest, line)
        alerted = place < len(highest)
        e = spell.at[place] if alerted else LONGEST
        right = alerted and spell.right(e)
        counts.append(
            Counts(right, alerted and not right, spell.lost, spell.lost and alerted, e / spell.unit if spell.lost else 0.0)
        )
    return counts


def by_customer(found: Sequence[Spell], detector: str, lines: Sequence[float]) -> dict[str, list[Counts]]:
    sums: dict[str, list[Counts]] = {}
    for spell in found:
        added = counted(spell, detector, lines)
        known = sums.get(spell.customer)
        sums[spell.customer] = added if known is None else [a.plus(b) for a, b in zip(known, added, strict=True)]
    return sums


def total(several: Iterable[Counts]) -> Counts:
    found = list(several)
    return Counts(
        right=sum(one.right for one in found),
        false=sum(one.false for one in found),
        lost=sum(one.lost for one in found),
        found=sum(one.found for one in found),
        delay=sum(one.delay for one in found),
    )


class Earlier(NamedTuple):
    """The delay of `days` at its line, that of the live score at no more false alerts, and the share saved with its interval."""

    fixed: Counts
    live: Counts
    line: float
    saved: float
    low: float
    high: float


def earlier_than(found: Sequence[Spell], days: int, detector: str = "live") -> Earlier:
    """The lowest line with no more false alerts than the rule `no purchase for so many days`, which is chosen on the same
    spells: it compares rankings. In each resample of customers it is chosen anew."""
    every = sorted(score for spell in found for score in scores_of(spell, detector))
    lines = [every[i * len(every) // LINES] for i in range(LINES)]
    live, fixed = by_customer(found, detector, lines), by_customer(found, "days", [float(days)])
    names = sorted(live)
    rule, best, line = _best(names, live, fixed, lines)
    random = Random(5)
    drawn = [_best(random.choices(names, k=len(names)), live, fixed, lines) for _ in range(100)]
    low, high = middle_90([1 - one.mean_delay / other.mean_delay for other, one, _ in drawn if other.lost])
    return Earlier(rule, best, line, 1 - best.mean_delay / rule.mean_delay, low, high)


def _best(
    names: Sequence[str], live: Mapping[str, list[Counts]], fixed: Mapping[str, list[Counts]], lines: Sequence[float]
) -> tuple[Counts, Counts, float]:
    rule = total(fixed[name][0] for name in names)
    best: tuple[Counts, float] | None = None
    for i in reversed(range(len(lines))):
        false = sum(live[name][i].false for name in names)
        if false > rule.false and best is not None:
            break
        best = total(live[name][i] for name in names), lines[i]
    assert best is not None
    return rule, best[0], best[1]
