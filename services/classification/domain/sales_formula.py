"""Sales = number of dealers, kept and new, times what each sells on average: of a period, against another one. Pure.

Source: the plan formula of dealer development; the split of a difference into the two effects is ours.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Side(NamedTuple):
    """A period in one currency. Dealers are customers with net sales above nothing; `kept` had bought before the period began.

    `others`: net sales, none of them above nothing, of those who returned as much as they bought or more.
    """

    kept: int
    new: int
    kept_net: Decimal
    new_net: Decimal
    others: Decimal

    @property
    def dealers(self) -> int:
        return self.kept + self.new

    @property
    def dealers_net(self) -> Decimal:
        return self.kept_net + self.new_net

    @property
    def net(self) -> Decimal:
        return self.dealers_net + self.others


class Change(NamedTuple):
    """What net sales gained, and by what; the three parts add up to it exactly."""

    net: Decimal
    by_number: Decimal
    by_average: Decimal
    by_others: Decimal


def average(net: Decimal, dealers: int, decimals: int) -> Decimal | None:
    """Average per dealer, rounded to the currency; None without dealers."""
    return None if not dealers else (net / dealers).quantize(Decimal(1).scaleb(-decimals))


def change(before: Side, now: Side, decimals: int) -> Change:
    """More or fewer dealers count with the average of before, a higher or lower average with the dealers of now."""
    gained = now.dealers_net - before.dealers_net
    by_number = gained
    if before.dealers and now.dealers:
        exact = (now.dealers - before.dealers) * before.dealers_net / before.dealers
        by_number = exact.quantize(Decimal(1).scaleb(-decimals))
    return Change(now.net - before.net, by_number, gained - by_number, now.others - before.others)
