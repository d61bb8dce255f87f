"""RFM: how lately, how often and for how much each customer bought in a period, each scored from 1 to 5 among its buyers.

A score is 1 plus the number of whole fifths of the buyers who are strictly worse: 5 is given where at least four fifths are.
Who is alike has the same score, and among few buyers nobody has 5. Purchases of one day are one purchase. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

Figure = TypeVar("Figure", int, date, Decimal)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought in the period: the last purchase day, the number of purchase days, sales less returns."""

    customer_id: UUID
    last_on: date
    purchases: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Scored:
    """A buyer with the scores."""

    buyer: Buyer
    recency: int
    frequency: int
    monetary: int

    @property
    def order(self) -> tuple[int, Decimal, UUID]:
        """The best first: by the sum of scores, then by net sales, then by id."""
        return -(self.recency + self.frequency + self.monetary), -self.buyer.net, self.buyer.customer_id


def scored(buyers: Iterable[Buyer]) -> list[Scored]:
    """All buyers with their scores among each other, the best first."""
    found = list(buyers)
    days = sorted(one.last_on for one in found)
    purchases = sorted(one.purchases for one in found)
    nets = sorted(one.net for one in found)
    made = [Scored(one, _score(days, one.last_on), _score(purchases, one.purchases), _score(nets, one.net)) for one in found]
    return sorted(made, key=lambda one: one.order)


def _score(all_of_them: Sequence[Figure], one: Figure) -> int:
    return 1 + 5 * bisect_left(all_of_them, one) // len(all_of_them)
