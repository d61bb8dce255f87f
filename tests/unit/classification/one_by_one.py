"""Value classes one customer after the other, with Decimal: what the columns of domain/ranking.py must come to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from services.classification.domain.value_class import Reason, Rung, Sales, Standard, least_more
from shared.contracts.classification import ValueClass
from shared.contracts.money import decimals


@dataclass(frozen=True, slots=True)
class Classified:
    """`share` and `cumulated_share` (its own included) are fractions of one; `rank` counts from 1 over all classified.

    `to_next` is the least amount of further net sales that would have made the next better class, all others as they are;
    None in class A. `to_fall` is the least amount of net sales less that would have made a worse class; None in class C.
    `by_margin`: the class is kept by the standard's margin only.
    """

    customer_id: UUID
    net: Decimal
    value_class: ValueClass
    reason: Reason
    rank: int
    share: Decimal
    cumulated_share: Decimal
    to_next: Decimal | None
    to_fall: Decimal | None
    by_margin: bool


Held = Mapping[UUID, ValueClass | None]
"""The class that each customer has so far; None, or no entry: none."""
_SHARE = Decimal("0.000001")


def classify(sales: Iterable[Sales], standard: Standard, currency: str, held: Held | None = None) -> list[Classified]:
    """All customers of the period by rank. Amounts are in `currency`, which says how fine they are."""
    ranked = sorted(sales, key=lambda one: (-one.net, one.customer_id))
    buyers = [one for one in ranked if one.net > 0]
    ladder = Ladder(buyers, Decimal(1).scaleb(-decimals(currency)))
    before = held or {}
    found: list[Classified] = []
    for place, one in enumerate(ranked):
        raw: ValueClass = "C"
        value_class: ValueClass = "C"
        if one.net > 0:
            raw = class_at(ladder.before[place], ladder.total, standard)
            value_class = class_at(ladder.before[place], ladder.total, standard, before.get(one.customer_id))
            share, cumulated = one.net / ladder.total, ladder.before[place + 1] / ladder.total
        else:
            share, cumulated = one.net / ladder.total if ladder.total else Decimal(0), Decimal(1)
        below, falls_at = _bound_of_next(value_class, standard), standard.falls_at(value_class)
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
                to_fall=None if falls_at is None else ladder.spare(place, falls_at),
                by_margin=value_class != raw,
            )
        )
    return found


def class_at(before: Decimal, total: Decimal, standard: Standard, held: ValueClass | None = None) -> ValueClass:
    """The class of a buyer by the net sales before it, for who has the class `held` so far."""
    margin = standard.margin
    if before < (standard.a_below + (margin if held == "A" else 0)) * total:
        return "A"
    return "B" if before < (standard.b_below + (margin if held in ("A", "B") else 0)) * total else "C"


def _bound_of_next(value_class: ValueClass, standard: Standard) -> Decimal | None:
    return {"A": None, "B": standard.a_below, "C": standard.b_below}[value_class]


class Ladder:
    """Buyers by rank, with the sum of net sales before each."""

    def __init__(self, buyers: Sequence[Sales], unit: Decimal) -> None:
        self.buyers = buyers
        self.unit = unit
        self.before = [Decimal(0)]
        for one in buyers:
            self.before.append(self.before[-1] + one.net)
        self.total = self.before[-1]
        self.places = range(len(buyers))

    def missing(self, one: Sales, place: int, below: Decimal) -> Decimal:
        """Least further net sales with which the sum before the customer is less than `below` of the total.

        Overtaking more customers costs more and asks for less of the total, so the cheapest place to reach is where the
        two meet: found by bisection, whole units apart, so it is that place or one next to it.
        """
        asked = self.total - max(one.net, Decimal(0))
        meeting = bisect_left(
            self.places, asked, hi=min(place, len(self.buyers)), key=lambda k: self._meeting(k, self.before[k], below)
        )
        rungs = [self._rung(k) for k in range(max(0, meeting - 2), min(place, meeting + 1) + 1)]
        return least_more(one, rungs, self.total, below, self.unit)

    def _meeting(self, k: int, before: Decimal, below: Decimal) -> Decimal:
        return before / below - self.buyers[k].net

    def _rung(self, k: int) -> Rung:
        return Rung(self.before[k], self.buyers[k] if k < len(self.buyers) else None)

    def spare(self, place: int, below: Decimal) -> Decimal:
        """Least amount of net sales less with which the sum before the buyer at `place` is no longer less than `below` of the total.

        The further it falls behind, the more lies before it; where that meets the amount with which it gets there is looked up.
        """
        one = self.buyers[place]
        asked = self.total + one.net * (1 / below - 1)
        meeting = bisect_left(self.places, asked, lo=place, key=lambda k: self._meeting(k, self.before[k + 1], below))
        places = range(max(place, meeting - 2), min(len(self.buyers), meeting + 2))
        left = max(min(self._behind(one, place, k), self._failing(one, k, below)) for k in places)
        return one.net - max(left, Decimal(0))

    def _behind(self, one: Sales, place: int, k: int) -> Decimal:
        """The most with which the buyer at `place` has all through `k` before it."""
        other = self.buyers[k]
        return other.net if k == place or other.customer_id < one.customer_id else other.net - self.unit

    def _failing(self, one: Sales, k: int, below: Decimal) -> Decimal:
        """The most with which what all others through `k` have is not less than `below` of the total."""
        before, rest = self.before[k + 1] - one.net, self.total - one.net
        left = ((before / below - rest) / self.unit).to_integral_value(ROUND_FLOOR) * self.unit
        while before < below * (rest + left):
            left -= self.unit
        while before >= below * (rest + left + self.unit):
            left += self.unit
        return left
