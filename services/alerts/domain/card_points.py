"""Points of a card account from its last six statements: the more, the likelier it defaults. They add up, each with its reason.

The points are set by hand, in round numbers: arrears count most, the newest the most of these, then what was never paid,
how far the limit is used, and how small limit and payments are. Steps in amounts are in New Taiwan dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.alerts.domain.figures import decimal_text
from shared.contracts.alerts import Reason

STATEMENTS = 6


@dataclass(frozen=True, slots=True)
class CardAccount:
    """Newest statement first. `status`: months in arrears, 0 and below: none; `paid[i]` was paid before statement i and
    settles what was billed on statement i + 1. Amounts in one currency."""

    limit: float
    status: Sequence[int]
    billed: Sequence[float]
    paid: Sequence[float]


class Scored(NamedTuple):
    points: int
    reasons: tuple[Reason, ...]


class _Term(NamedTuple):
    """Points by the highest step at or below the value; below the first step `otherwise`."""

    code: str
    sentence: str
    steps: tuple[tuple[float, int], ...]
    otherwise: int = 0


_TERMS = (
    _Term("ARREARS_NOW", "{} months in arrears now", ((1, 10), (2, 30), (3, 35))),
    _Term("ARREARS_BEFORE", "{} months in arrears a statement ago", ((2, 6),)),
    _Term("MONTHS_IN_ARREARS", "in arrears on {} of 6 statements", ((1, 6), (2, 10), (3, 14), (5, 18))),
    _Term("NOTHING_PAID", "nothing paid on {} of 5 bills", ((1, 3), (2, 6))),
    _Term("LIMIT_USED", "{} % of the limit used on average", ((30, 2), (60, 4), (90, 6))),
    _Term("LIMIT", "limit of {}", ((50_000, 4), (100_000, 2), (200_000, 1), (300_000, 0)), 6),
    _Term("PAID_A_MONTH", "{} paid a month on average", ((500, 6), (2_000, 4), (5_000, 2), (10_000, 0)), 8),
)


def points_of(account: CardAccount) -> Scored:
    """The sum of the points and a reason for each term that adds any. Raises ValueError for an account that is none."""
    if not account.limit > 0 or any(len(one) != STATEMENTS for one in (account.status, account.billed, account.paid)):
        raise ValueError("an account has a limit above nought and six statements")
    bills = list(zip(account.paid, account.billed[1:], strict=False))
    values = (
        max(account.status[0], 0),
        max(account.status[1], 0),
        sum(one > 0 for one in account.status),
        sum(paid <= 0 < billed for paid, billed in bills),
        100.0 * sum(account.billed) / STATEMENTS / account.limit,
        account.limit,
        sum(account.paid) / STATEMENTS,
    )
    total, reasons = 0, []
    for term, value in zip(_TERMS, values, strict=True):
        added = next((points for step, points in reversed(term.steps) if value >= step), term.otherwise)
        if added:
            total += added
            text = decimal_text(value, 1)
            sentence = f"{added} points: {term.sentence.format(text)}."
            reasons.append(Reason(code=term.code, sentence=sentence, figures={"value": text, "points": added}))
    return Scored(total, tuple(reasons))
