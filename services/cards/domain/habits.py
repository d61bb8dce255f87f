"""How a customer is used to buy: rhythm, usual weekday and time of the month, usual size, usual articles; and how terms are kept.

Everything is taken from the customer's own purchases of the year through the latest one, or from the latest twelve purchase
days where that is more. Purchases of one day are one purchase. "Usual" is what holds for more than half of them. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal, TypeVar

from shared.contracts.open_items import Settlement
from shared.contracts.transactions import SaleRecorded

PERIOD_DAYS = 365
AT_LEAST_DAYS = 12
FEWEST_DAYS = 4
"""Fewer purchases show no habit."""
USUAL_ARTICLES = 10
SILENT_DAYS = 90
"""Who bought nothing for so long is dormant, unless twice the own usual gap is longer: not one number of days for all."""
NEW_DAYS = 90

PartOfMonth = Literal["BEGINNING", "MIDDLE", "END"]
Purchasing = Literal["NEVER_BOUGHT", "NEW", "BUYING", "DORMANT"]
ZERO = Decimal(0)
Counted = TypeVar("Counted")


@dataclass(frozen=True, slots=True)
class Middle:
    """The median and the middle half of some figures, each one that occurs."""

    median: Decimal
    lower: Decimal
    upper: Decimal


@dataclass(frozen=True, slots=True)
class Article:
    """An article, on how many of the purchase days it was bought, and how much of it on such a day."""

    article: str
    days: int
    quantity: Middle


@dataclass(frozen=True, slots=True)
class Habits:
    """`gap`: days from one purchase to the next. `weekdays` counts purchase days, Monday first. `sizes`: amount of a purchase day.

    What is not usual is None or left out; all is empty with fewer than FEWEST_DAYS purchase days.
    """

    purchase_days: int
    since: date | None
    gap: Middle | None
    weekdays: tuple[int, ...]
    weekday: int | None
    part_of_month: PartOfMonth | None
    sizes: Mapping[str, Middle]
    articles: Sequence[Article]


@dataclass(frozen=True, slots=True)
class TermsKept:
    """Invoices of one currency that were settled within a year; `days_late` is their mean, weighted by amount, early ones negative."""

    currency: str
    settled: int
    on_time: int
    days_late: Decimal


def usual_gap(days: Sequence[int]) -> int | None:
    """The median gap between purchase days (ordinals, oldest first), the smaller of two middle ones; None with fewer than two gaps."""
    gaps = sorted(b - a for a, b in pairwise(days))
    return gaps[(len(gaps) - 1) // 2] if len(gaps) > 1 else None


def purchasing(
    first_on: date | None, last_on: date | None, gap: int | None, today: date, silent_days: int = SILENT_DAYS
) -> Purchasing:
    """Whether the customer buys, judged by sales alone."""
    if first_on is None or last_on is None:
        return "NEVER_BOUGHT"
    if (today - last_on).days > max(silent_days, 2 * (gap or 0)):
        return "DORMANT"
    return "NEW" if (today - first_on).days <= NEW_DAYS else "BUYING"


def habits(sales: Iterable[SaleRecorded]) -> Habits:
    """The habits behind sales in any order."""
    by_day: dict[date, list[SaleRecorded]] = {}
    for sale in sales:
        by_day.setdefault(sale.sold_on, []).append(sale)
    days = _looked_at(sorted(by_day))
    if len(days) < FEWEST_DAYS:
        return Habits(len(days), days[0] if days else None, None, (), None, None, {}, ())
    weekdays = Counter(day.weekday() for day in days)
    return Habits(
        purchase_days=len(days),
        since=days[0],
        gap=middle([Decimal((b - a).days) for a, b in pairwise(days)]),
        weekdays=tuple(weekdays[number] for number in range(7)),
        weekday=_usual(weekdays),
        part_of_month=_usual(Counter(_part(day) for day in days)),
        sizes=_sizes([by_day[day] for day in days]),
        articles=_articles([by_day[day] for day in days]),
    )


def _looked_at(days: Sequence[date]) -> Sequence[date]:
    if not days:
        return days
    recent = [day for day in days if day > days[-1] - timedelta(days=PERIOD_DAYS)]
    return recent if len(recent) > AT_LEAST_DAYS else days[-AT_LEAST_DAYS:]


def _usual(counts: Counter[Counted]) -> Counted | None:
    value, often = counts.most_common(1)[0]
    return value if 2 * often > counts.total() else None


def _part(day: date) -> PartOfMonth:
    return "BEGINNING" if day.day <= 10 else "MIDDLE" if day.day <= 20 else "END"


def _sizes(days: Sequence[Sequence[SaleRecorded]]) -> dict[str, Middle]:
    found: dict[str, list[Decimal]] = {}
    for sales in days:
        amounts: dict[str, Decimal] = {}
        for sale in sales:
            amounts[sale.net.currency] = amounts.get(sale.net.currency, ZERO) + sale.net.amount
        for currency, amount in amounts.items():
            found.setdefault(currency, []).append(amount)
    return {currency: middle(amounts) for currency, amounts in sorted(found.items())}


def _articles(days: Sequence[Sequence[SaleRecorded]]) -> list[Article]:
    found: dict[str, list[Decimal]] = {}
    for sales in days:
        quantities: dict[str, Decimal] = {}
        for sale in sales:
            for line in sale.lines:
                quantities[line.article] = quantities.get(line.article, ZERO) + line.quantity
        for article, quantity in quantities.items():
            found.setdefault(article, []).append(quantity)
    often = [Article(article, len(several), middle(several)) for article, several in found.items() if len(several) > 1]
    return sorted(often, key=lambda one: (-one.days, one.article))[:USUAL_ARTICLES]


def middle(figures: Sequence[Decimal]) -> Middle:
    """Of at least one figure."""
    ordered = sorted(figures)
    last = len(ordered) - 1
    return Middle(ordered[last // 2], ordered[last // 4], ordered[last - last // 4])


def terms_kept(settled: Iterable[Settlement], as_of: date) -> list[TermsKept]:
    """How the terms were kept in the year through `as_of`, by currency."""
    found: dict[str, list[Settlement]] = {}
    for one in settled:
        if 0 <= (as_of - one.settled_on).days < PERIOD_DAYS:
            found.setdefault(one.currency, []).append(one)
    return [_kept(currency, several) for currency, several in sorted(found.items())]


def _kept(currency: str, settled: Sequence[Settlement]) -> TermsKept:
    amount = sum((one.amount for one in settled), ZERO)
    late = sum((one.amount * one.days_late for one in settled), ZERO)
    return TermsKept(currency, len(settled), sum(one.days_late <= 0 for one in settled), late / amount if amount else ZERO)
