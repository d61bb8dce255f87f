"""A plan proposed from what was sold: the latest twelve whole months, their growth, and the season of up to three years. Pure.

The method is ours; its name and version go with what it proposes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from services.classification.domain.months import MONTHS, months_to
from services.classification.domain.sales_plan import spread
from shared.contracts.money import decimals

METHOD = "SEASON_AND_GROWTH"
VERSION = 1
YEARS = 3
"""So many times twelve months are looked at."""
GROWTH_LIMIT = Decimal("0.30")
"""A plan follows the growth of a year no further up or down: one large order is no trend."""

Remark = Literal["NO_SALES", "LESS_THAN_A_YEAR", "NO_YEAR_BEFORE", "GROWTH_LIMITED"]


class Proposal(NamedTuple):
    """`base`: net sales of the twelve months through `through`, of a month's mean twelvefold where fewer are known. `growth` is the
    fraction that they gained over the twelve before, as it was used. `season`: share of each calendar month. No months without sales."""

    through: date
    months_known: int
    base: Decimal
    growth: Decimal
    season: Sequence[Decimal]
    months: Sequence[Decimal]
    remarks: Sequence[Remark]


def last_whole_month(year: int, today: date) -> date:
    """First day of the month that a plan of the year may rest on last: before the year, and over."""
    before = months_to(today, 2)[0]
    return min(before, date(year - 1, MONTHS, 1))


def proposed(net: Mapping[date, Decimal], first_on: date | None, last: date, currency: str) -> Proposal:
    """From net sales by first day of the month. `first_on`: when the first sale was made; its month counts as known."""
    window = [month for month in months_to(last, YEARS * MONTHS) if first_on is not None and month >= first_on.replace(day=1)]
    known = len(window)
    remarks: list[Remark] = []
    base = sum((net.get(month, Decimal(0)) for month in window[-MONTHS:]), Decimal(0))
    if known < MONTHS:
        remarks.append("LESS_THAN_A_YEAR" if known else "NO_SALES")
        base = base * MONTHS / known if known else Decimal(0)
    growth, limited = _growth(net, window)
    if growth is None and known >= MONTHS:
        remarks.append("NO_YEAR_BEFORE")
    if limited:
        remarks.append("GROWTH_LIMITED")
    season = _season(net, window)
    smallest = Decimal(1).scaleb(-decimals(currency))
    total = max((base * (1 + (growth or Decimal(0)))).quantize(smallest), Decimal(0))
    months = spread(total, season, currency) if total else []
    if not total and "NO_SALES" not in remarks:
        remarks.append("NO_SALES")
    return Proposal(last, known, base, growth or Decimal(0), season, months, remarks)


def _growth(net: Mapping[date, Decimal], window: Sequence[date]) -> tuple[Decimal | None, bool]:
    if len(window) < 2 * MONTHS:
        return None, False
    now = sum((net.get(month, Decimal(0)) for month in window[-MONTHS:]), Decimal(0))
    before = sum((net.get(month, Decimal(0)) for month in window[-2 * MONTHS : -MONTHS]), Decimal(0))
    if before <= 0:
        return None, False
    exact = (now / before - 1).quantize(Decimal("0.0001"))
    used = min(max(exact, -GROWTH_LIMIT), GROWTH_LIMIT)
    return used, used != exact


def _season(net: Mapping[date, Decimal], window: Sequence[date]) -> list[Decimal]:
    """Shares of January to December in whole years of twelve months; even ones where no whole year is known."""
    years = len(window) // MONTHS
    even = [Decimal(1) / MONTHS] * MONTHS
    if not years:
        return even
    weights = [Decimal(0)] * MONTHS
    for month in window[-years * MONTHS :]:
        weights[month.month - 1] += net.get(month, Decimal(0))
    # More came back in such a month than was sold: nothing is planned for it.
    weights = [max(one, Decimal(0)) for one in weights]
    whole = sum(weights)
    return [one / whole for one in weights] if whole else even
