"""Orders that come at longer intervals, or are smaller, than is usual for the customer: before any silence.

The last five without the worst of them, since one long pause or one small order is no trend, against all before; as
logarithms, so that twice as long and twice as short are as far from what is usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from math import exp, log, prod, sqrt
from typing import NamedTuple

from services.alerts.domain.agreements import Closed, closed_days
from services.alerts.domain.order_sizes import Sizes
from services.alerts.domain.rhythm import Purchases
from services.alerts.domain.student import normal_inverse_gamma

RECENT = 5
COUNTED = RECENT - 1
FEWEST_BEFORE = 5.0
PRIOR_FREEDOM = 4.0
PRIOR_SPREAD = 0.4


class Faded(NamedTuple):
    """`recent` and `usual` are geometric means of the four counted and of those before, `spread` the own standard deviation of
    the logarithms, `share` what is left of what is usual: 1 is as ever. `score`: by how many standard errors the four are off."""

    recent: float
    usual: float
    spread: float
    share: float
    score: float


def rarer(purchases: Purchases, on: date, share: float, closures: tuple[Closed, ...] = ()) -> Faded | None:
    """The intervals between the orders before the day `on`, where no more than the share is left of how often they came.

    Days on which the customer was closed as planned are left out of them."""
    end = on.toordinal()
    days = purchases.days if purchases.last < end else [day for day in purchases.days if day < end]
    gaps = [b - a for a, b in pairwise(days)]
    if closures:
        gaps = [max(b - a - closed_days(closures, a, b), 1) for a, b in pairwise(days)]
    return _compared(gaps, purchases.older, 1.0, share)


def smaller(sizes: Sizes, on: date, share: float) -> Faded | None:
    """The orders of the days before `on`, which are whole, where no more than the share is left of their size."""
    end = on.toordinal()
    return _compared([float(amount) for day, amount in sizes.latest if day < end], sizes.older, -1.0, share)


def _compared(values: Sequence[float], older: tuple[float, float, float], worse: float, share: float) -> Faded | None:
    before, recent = values[:-RECENT], values[-RECENT:]
    n = older[0] + len(before)
    if len(recent) < RECENT or n < FEWEST_BEFORE:
        return None
    # One logarithm of a product for the means: most customers are as ever, and this is asked with every fact.
    now = log(prod(sorted(recent, reverse=worse < 0)[:COUNTED])) / COUNTED
    usual = (older[1] + log(prod(before))) / n
    left = exp(-worse * (now - usual))
    if left > share:
        return None
    squares = older[2] + sum(log(one) ** 2 for one in before)
    _, variance, _ = normal_inverse_gamma(
        n, n * usual, squares, location=usual, weight=0.0, freedom=PRIOR_FREEDOM, spread=PRIOR_SPREAD
    )
    spread = sqrt(variance)
    return Faded(exp(now), exp(usual), spread, left, worse * (now - usual) / (spread * sqrt(1.0 / COUNTED + 1.0 / n)))
