"""How large a customer's orders are: the latest one by one, older ones as discounted sums of their logarithms.

Sales of one day are one order. Facts may come late: within the days kept one by one the result does not depend on the
order in which they came; what is older than those is left out.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from decimal import Decimal
from math import log

import msgspec

KEPT = 8
FORGET = 0.95


class Sizes(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """`latest`: (day as ordinal, amount) in order. `older`: count, sum and sum of squares of the logarithms before them."""

    latest: tuple[tuple[int, Decimal], ...] = ()
    older: tuple[float, float, float] = (0.0, 0.0, 0.0)


def ordered(before: Sizes, on: date, amount: Decimal) -> Sizes:
    """One more sale of a positive amount."""
    day, latest = on.toordinal(), before.latest
    place = bisect_left(latest, day, key=lambda one: one[0])
    if place < len(latest) and latest[place][0] == day:
        return Sizes((*latest[:place], (day, latest[place][1] + amount), *latest[place + 1 :]), before.older)
    if place == 0 and (len(latest) == KEPT or before.older[0]):
        return before
    latest = (*latest[:place], (day, amount), *latest[place:])
    older = before.older
    if len(latest) > KEPT:
        logarithm = log(latest[0][1])
        older = (FORGET * older[0] + 1.0, FORGET * older[1] + logarithm, FORGET * older[2] + logarithm * logarithm)
        latest = latest[1:]
    return Sizes(latest, older)
