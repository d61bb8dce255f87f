"""Average stock at a customer and how often it turned over, from counts near the borders of months (S2.27, S2.28). Pure.

Average stock of a month is the mean of the stock at its start and at its end; of several months the mean of their averages. Turnover is
what was sold of it over the average stock, both in the article's unit, or both in one currency by the article's unit price.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import UUID

from services.classification.domain.article import in_own_unit
from services.classification.domain.refusals import EntryRefused
from shared.contracts.event import Event
from shared.contracts.products import CountSource, Pack, StockCounted

NoFigure = Literal[
    "COUNT_MISSING", "ARTICLE_NOT_DESCRIBED", "UNITS_DIFFER", "UNIT_PRICE_UNKNOWN", "NO_STOCK", "SALES_IN_OTHER_CURRENCY"
]


class CountOutOfRange(EntryRefused):
    """Nobody counts less than nothing, and nobody has counted tomorrow."""


class CountedTwice(EntryRefused):
    """A survey says once what there is of an article: a second count, also in another unit, would take the place of the first."""


class Counted(NamedTuple):
    article: str
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """What one survey found at one customer. `today` is the company's business day."""

    customer_id: UUID
    counted_on: date
    source: CountSource
    counts: Sequence[Counted]
    counted_by: UUID
    today: date


def stream_of(customer_id: UUID) -> str:
    return f"stock-{customer_id}"


def decide(command: RecordCounts) -> list[Event]:
    """One event a count: of two counts of an article and day the later in the stream stands. Raises CountOutOfRange, CountedTwice."""
    if command.counted_on > command.today or any(one.quantity < 0 for one in command.counts):
        raise CountOutOfRange
    if len({one.article for one in command.counts}) < len(command.counts):
        raise CountedTwice
    return [
        StockCounted(
            customer_id=command.customer_id,
            article=one.article,
            counted_on=command.counted_on,
            quantity=one.quantity,
            unit=one.unit,
            source=command.source,
            counted_by=command.counted_by,
        )
        for one in command.counts
    ]


@dataclass(frozen=True, slots=True)
class Count:
    counted_on: date
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Unit:
    """What the article counts in, and the price of one in the currency that is asked for, where it is known."""

    unit: str
    packs: Sequence[Pack]
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Turnover:
    """`counts`: the one that stands for each border of the period's months, None where it is missing.

    `average` is in the article's unit, `value` in the currency; `turnover` is None where there is no figure, for the `reason`.
    """

    counts: Sequence[Count | None]
    average: Decimal | None
    value: Decimal | None
    turnover: Decimal | None
    reason: NoFigure | None


def borders(first: date, last: date) -> list[date]:
    """First days of the months of a period of whole months, and the first day behind it."""
    found = [first]
    while found[-1] <= last:
        found.append((found[-1] + timedelta(days=31)).replace(day=1))
    return found


def nearest(counts: Iterable[Count], border: date, within_days: int) -> Count | None:
    """The count that stands for the beginning of a day: the nearest end of a counted day, of two as near the earlier."""
    near = [(abs((border - timedelta(days=1) - one.counted_on).days), one.counted_on, one) for one in counts]
    near = [one for one in near if one[0] <= within_days]
    return min(near, key=lambda one: one[:2])[2] if near else None


def turnover(
    counts: Sequence[Count],
    first: date,
    last: date,
    within_days: int,
    sold: Decimal | None,
    unit: Unit | None,
    *,
    by_amount: bool,
) -> Turnover:
    """`sold` is a quantity in the article's unit, or an amount where `by_amount`, None where some of it was in another
    currency. The period has whole months."""
    chosen = [nearest(counts, border, within_days) for border in borders(first, last)]
    known = [one for one in chosen if one is not None]

    def without(reason: NoFigure, average: Decimal | None = None, value: Decimal | None = None) -> Turnover:
        return Turnover(chosen, average, value, None, reason)

    if len(known) < len(chosen):
        return without("COUNT_MISSING")
    if unit is None:
        return without("ARTICLE_NOT_DESCRIBED")
    stocks = [in_own_unit(one.quantity, one.unit, unit.unit, unit.packs) for one in known]
    counted = [one for one in stocks if one is not None]
    if len(counted) < len(stocks):
        return without("UNITS_DIFFER")
    averages = [(a + b) / 2 for a, b in pairwise(counted)]
    average = sum(averages, Decimal(0)) / len(averages)
    value = None if unit.price is None else average * unit.price
    if by_amount and value is None:
        return without("UNIT_PRICE_UNKNOWN", average)
    stock = value if by_amount and value is not None else average
    if stock == 0:
        return without("NO_STOCK", average, value)
    if sold is None:
        return without("SALES_IN_OTHER_CURRENCY", average, value)
    return Turnover(chosen, average, value, sold / stock, None)
