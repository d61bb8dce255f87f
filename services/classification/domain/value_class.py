"""Value classes: few customers make most of the sales (A), many make little (C), the rest lies between (B).

The 80/15/5 of the sources is "about": customers with positive net sales in the period are sorted by net sales, then by id;
a customer is A while the cumulated share *before* it is below 80 %, B while it is below 95 %, else C. So the customer who
crosses a bound still belongs to the better class, and the largest customer is always A. Who bought and returned as much or
more is C for the reason RETURNS; who had neither sales nor returns in the period has no value class. Shares are of the sum
of the positive net sales.

So that nobody wanders between two classes month after month, a standard may have a margin: who has a class keeps it, or falls no
further, until the share before it reaches the bound and the margin. Rising asks for no margin. Everybody at once: ranking.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from shared.contracts.classification import ValueClass

Reason = Literal["SALES", "RETURNS", "NO_SALES"]


@dataclass(frozen=True, slots=True)
class Standard:
    """Bounds of the cumulated share before a customer, how far beyond them a class is kept, and the length of the period in days.

    Version 0 is built in.
    """

    version: int = 0
    a_below: Decimal = Decimal("0.80")
    b_below: Decimal = Decimal("0.95")
    period_days: int = 365
    margin: Decimal = Decimal(0)

    def falls_at(self, value_class: ValueClass) -> Decimal | None:
        """The share before a customer at which it loses this class; None for C, below which there is none."""
        return {"A": self.a_below + self.margin, "B": self.b_below + self.margin, "C": None}[value_class]


@dataclass(frozen=True, slots=True)
class Sales:
    """Net sales of a customer in the period, sales less returns, in one currency; only of who had either."""

    customer_id: UUID
    net: Decimal


class Rung(NamedTuple):
    """A place among the buyers: the net sales before it, and who is there; nobody behind the last one."""

    before: Decimal
    buyer: Sales | None


def least_more(one: Sales, rungs: Iterable[Rung], total: Decimal, below: Decimal, unit: Decimal) -> Decimal:
    """Least further net sales with which the sum before the customer is less than `below` of the total, at the cheapest of some places."""
    return min(max(_overtaking(one, rung, unit), _growing(one, rung.before, total, below, unit)) for rung in rungs)


def _overtaking(one: Sales, rung: Rung, unit: Decimal) -> Decimal:
    """What it takes to come before who is there."""
    other = rung.buyer
    if other is None or other.customer_id == one.customer_id:
        return max(unit - one.net, Decimal(0))
    tie = Decimal(0) if one.customer_id < other.customer_id else unit
    return max(other.net - one.net + tie, unit - one.net)


def _growing(one: Sales, before: Decimal, total: Decimal, below: Decimal, unit: Decimal) -> Decimal:
    """What it takes for the sum before that place to be less than `below` of the total."""
    others = total - max(one.net, Decimal(0))
    wanted = (before / below / unit).to_integral_value(ROUND_FLOOR) * unit + unit
    # The quotient is rounded to the precision of decimals: one unit to either side decides exactly.
    while before < below * (wanted - unit):
        wanted -= unit
    while before >= below * wanted:
        wanted += unit
    return wanted - others - one.net
