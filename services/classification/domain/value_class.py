"""Value classes: few customers make most of the sales (A), many make little (C), the rest lies between (B).

The 80/15/5 of the sources is "about": customers with positive net sales in the period are sorted by net sales, then by id;
a customer is A while the cumulated share *before* it is below 80 %, B while it is below 95 %, else C. So the customer who
crosses a bound still belongs to the better class, and the largest customer is always A. Who bought and returned as much or
more is C for the reason RETURNS; who had neither sales nor returns in the period has no value class. Shares are of the sum
of the positive net sales.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Literal
from uuid import UUID

from shared.contracts.classification import ValueClass
from shared.contracts.money import decimals

Reason = Literal["SALES", "RETURNS", "NO_SALES"]


@dataclass(frozen=True, slots=True)
class Standard:
    """Bounds of the cumulated share before a customer, and the length of the period in days. Version 0 is built in."""

    version: int = 0
    a_below: Decimal = Decimal("0.80")
    b_below: Decimal = Decimal("0.95")
    period_days: int = 365


@dataclass(frozen=True, slots=True)
class Sales:
    """Net sales of a customer in the period, sales less returns, in one currency; only of who had either."""

    customer_id: UUID
    net: Decimal


@dataclass(frozen=True, slots=True)
class Classified:
    """`share` and `cumulated_share` (its own included) are fractions of one; `rank` counts from 1 over all classified.

    `to_next` is the least amount of further net sales that would have made the next better class, all others as they are;
    None in class A.
    """

    customer_id: UUID
    net: Decimal
    value_class: ValueClass
    reason: Reason
    rank: int
    share: Decimal
    cumulated_share: Decimal
    to_next: Decimal | None


_SHARE = Decimal("0.000001")


def classify(sales: Iterable[Sales], standard: Standard, currency: str) -> list[Classified]:
    """All customers of the period by rank. Amounts are in `currency`, which says how fine they are."""
    ranked = sorted(sales, key=lambda one: (-one.net, one.customer_id))
    buyers = [one for one in ranked if one.net > 0]
    ladder = _Ladder(buyers, Decimal(1).scaleb(-decimals(currency)))
    found: list[Classified] = []
    for place, one in enumerate(ranked):
        if one.net > 0:
            value_class = _class_at(ladder.before[place], ladder.total, standard)
            share, cumulated = one.net / ladder.total, ladder.before[place + 1] / ladder.total
        else:
            value_class, share, cumulated = "C", one.net / ladder.total if ladder.total else Decimal(0), Decimal(1)
        below = _bound_of_next(value_class, standard)
        found.append(
            Classified(
                customer_id=one.customer_id,
                net=one.net,
                value_class=value_class,
                reason="SALES" if one.net > 0 else "RETURNS",
                rank=place + 1,
                share=share.quantize(_SHARE),
                cumulated_share=cumulated.quantize(_SHARE),
                to_next=None if below is None else ladder.missing(one, min(place, len(buyers)), below),
            )
        )
    return found


def _class_at(before: Decimal, total: Decimal, standard: Standard) -> ValueClass:
    if before < standard.a_below * total:
        return "A"
    return "B" if before < standard.b_below * total else "C"


def _bound_of_next(value_class: ValueClass, standard: Standard) -> Decimal | None:
    return {"A": None, "B": standard.a_below, "C": standard.b_below}[value_class]


class _Ladder:
    """Buyers by rank, with the sum of net sales before each."""

    def __init__(self, buyers: Sequence[Sales], unit: Decimal) -> None:
        self.buyers = buyers
        self.unit = unit
        self.before = [Decimal(0)]
        for one in buyers:
            self.before.append(self.before[-1] + one.net)
        self.total = self.before[-1]

    def missing(self, one: Sales, place: int, below: Decimal) -> Decimal:
        """Least further net sales with which the sum before the customer is less than `below` of the total.

        Overtaking more customers costs more and asks for less of the total, so the cheapest place to reach is where the
        two meet: found by bisection.
        """
        meeting = bisect_left(range(place), True, key=lambda k: self._overtaking(one, k) <= self._growing(one, k, below))
        places = [k for k in (meeting - 1, meeting) if 0 <= k <= place]
        return min(max(self._overtaking(one, k), self._growing(one, k, below)) for k in places)

    def _overtaking(self, one: Sales, place: int) -> Decimal:
        """What it takes to come before the customer who is at `place`."""
        if place >= len(self.buyers) or self.buyers[place].customer_id == one.customer_id:
            return max(self.unit - one.net, Decimal(0))
        other = self.buyers[place]
        tie = Decimal(0) if one.customer_id < other.customer_id else self.unit
        return max(other.net - one.net + tie, self.unit - one.net)

    def _growing(self, one: Sales, place: int, below: Decimal) -> Decimal:
        """What it takes for the sum before `place` to be less than `below` of the total."""
        others = self.total - max(one.net, Decimal(0))
        wanted = (self.before[place] / below / self.unit).to_integral_value(ROUND_FLOOR) * self.unit + self.unit
        # The quotient is rounded to the precision of decimals: one unit to either side decides exactly.
        while self.before[place] < below * (wanted - self.unit):
            wanted -= self.unit
        while self.before[place] >= below * wanted:
            wanted += self.unit
        return wanted - others - one.net
