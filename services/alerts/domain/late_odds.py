"""How likely an invoice is to be paid after its due date, learnt from the company's own invoices: an additive logistic model.

log odds = level + what is usual for the customer (with what is usual in the company), the share of its invoices that were
late, its moving average, its last three against its mean, and its oldest item overdue. Days late count whether or not they
were disputed: the question is when the money comes, not who is to blame.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, log1p
from typing import NamedTuple

import msgspec

from services.alerts.domain.late_payment import Payers
from services.alerts.domain.logistic import logistic
from services.alerts.domain.payment_habit import WEIGHT

RECENT = 3
FEWEST_INVOICES = 200
TEN_DAYS = 10.0


class Paid(msgspec.Struct, frozen=True, array_like=True):
    """Settlements: their number, sum of signed days late, how many came late, moving average and the last three."""

    n: int = 0
    total: int = 0
    late: int = 0
    average: float = 0.0
    recent: tuple[int, ...] = ()


class Odds(NamedTuple):
    """`level` and a weight for each term; days late in tens of days, the share as log odds, days overdue as a logarithm."""

    level: float
    usual: float
    share: float
    average: float
    recent: float
    overdue: float


class Outcome(NamedTuple):
    """What was known when an invoice was issued, and whether it was paid late."""

    paid: Paid
    longest_overdue: int
    late: bool


def paid(before: Paid, days_late: int) -> Paid:
    """One settlement more."""
    average = days_late if before.n == 0 else before.average + WEIGHT * (days_late - before.average)
    recent = (*before.recent, days_late)[-RECENT:]
    return Paid(before.n + 1, before.total + days_late, before.late + (days_late > 0), float(average), recent)


def chance_late(known: Paid, longest_overdue: int, payers: Payers, odds: Odds) -> float:
    """P(paid after the due date). `longest_overdue`: days past due of the oldest open item, 0 for none."""
    terms = _terms(known, longest_overdue, payers)
    sum_of_terms = odds.level + sum(weight * term for weight, term in zip(odds[1:], terms, strict=True))
    return 1.0 / (1.0 + exp(-max(min(sum_of_terms, 30.0), -30.0)))


def learnt(outcomes: Sequence[Outcome], payers: Payers) -> Odds | None:
    """From past invoices; None: they are too few, or all ended alike."""
    late = sum(one.late for one in outcomes)
    if len(outcomes) < FEWEST_INVOICES or not 0 < late < len(outcomes):
        return None
    rows = [_terms(one.paid, one.longest_overdue, payers) for one in outcomes]
    return Odds(*logistic(rows, [int(one.late) for one in outcomes]))


def _terms(known: Paid, longest_overdue: int, payers: Payers) -> tuple[float, ...]:
    usual = (payers.weight * payers.usual + known.total) / (payers.weight + known.n)
    share = (0.5 + known.late) / (1.0 + known.n)
    recent = sum(known.recent) / len(known.recent) - known.total / known.n if known.n else 0.0
    return (
        usual / TEN_DAYS,
        log(share / (1.0 - share)),
        known.average / TEN_DAYS,
        recent / TEN_DAYS,
        log1p(max(longest_overdue, 0)),
    )
