"""Points of a card account from its last six statements: the more, the likelier it defaults. They add up, each with its reason.

By default the points are set by hand, in round numbers: arrears count most, the newest the most of these, then what was
never paid, how far the limit is used, and how small limit and payments are. Steps in amounts are in New Taiwan dollars.
A company that knows outcomes has its own points learnt from them, as scorecards are made: weight of evidence of each step,
weighed by a logistic regression, 20 points for twice the odds (Siddiqi 2006, chapters 6 and 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from services.alerts.domain.figures import decimal_text
from services.alerts.domain.logistic import logistic
from shared.contracts.alerts import Reason

STATEMENTS = 6
FEWEST_DEFAULTS = 200
DOUBLE_ODDS = 20.0
SMOOTHING = 0.5
"""Added to both counts of a step, so that one that was never seen to default has odds."""


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


class Term(NamedTuple):
    """Points by the highest step at or below the value; below the first step `otherwise`."""

    code: str
    sentence: str
    steps: tuple[tuple[float, int], ...]
    otherwise: int = 0

    def points(self, value: float) -> int:
        return next((points for step, points in reversed(self.steps) if value >= step), self.otherwise)


Table = tuple[Term, ...]

BY_HAND: Table = (
    Term("ARREARS_NOW", "{} months in arrears now", ((1, 10), (2, 30), (3, 35))),
    Term("ARREARS_BEFORE", "{} months in arrears a statement ago", ((2, 6),)),
    Term("MONTHS_IN_ARREARS", "in arrears on {} of 6 statements", ((1, 6), (2, 10), (3, 14), (5, 18))),
    Term("NOTHING_PAID", "nothing paid on {} of 5 bills", ((1, 3), (2, 6))),
    Term("LIMIT_USED", "{} % of the limit used on average", ((30, 2), (60, 4), (90, 6))),
    Term("LIMIT", "limit of {}", ((50_000, 4), (100_000, 2), (200_000, 1), (300_000, 0)), 6),
    Term("PAID_A_MONTH", "{} paid a month on average", ((500, 6), (2_000, 4), (5_000, 2), (10_000, 0)), 8),
)

_LEARNT_STEPS: Mapping[str, Sequence[float]] = {
    "ARREARS_NOW": (0, 1, 2, 3),
    "ARREARS_BEFORE": (0, 1, 2, 3),
    "MONTHS_IN_ARREARS": (1, 2, 3, 4, 5),
    "NOTHING_PAID": (1, 2, 3, 4),
}
"""Of what is counted in months."""


def points_of(account: CardAccount, table: Table = BY_HAND) -> Scored:
    """The sum of the points and a reason for each term that adds any. Raises ValueError for an account that is none."""
    total, reasons = 0, []
    for term, value in zip(table, _values(account), strict=True):
        added = term.points(value)
        if added:
            total += added
            sentence = f"{added} points: {term.sentence.format(decimal_text(max(value, 0), 1))}."
            figures: dict[str, str | int] = {"value": decimal_text(value, 1), "points": added}
            reasons.append(Reason(code=term.code, sentence=sentence, figures=figures))
    return Scored(total, tuple(reasons))


def table_learnt(accounts: Sequence[CardAccount], defaulted: Sequence[bool]) -> Table | None:
    """Points for the same terms, from what became of accounts; None: fewer than 200 defaulted, or fewer did not. Steps in
    amounts are tenths of these accounts, so that they fit any currency.

    Raises ValueError for an account that is none.
    """
    if min(sum(defaulted), len(defaulted) - sum(defaulted)) < FEWEST_DEFAULTS:
        return None
    values = [_values(account) for account in accounts]
    steps = [_LEARNT_STEPS.get(term.code) or _tenths([row[j] for row in values]) for j, term in enumerate(BY_HAND)]
    columns, evidence = [], []
    for j, taken in enumerate(steps):
        reached = [_reached(taken, row[j]) for row in values]
        evidence.append(_evidence(len(taken) + 1, reached, defaulted))
        columns.append([evidence[j][step] for step in reached])
    weights = logistic(list(zip(*columns, strict=True)), [int(one) for one in defaulted])[1:]
    return tuple(_learnt(term, steps[j], [weights[j] * one for one in evidence[j]]) for j, term in enumerate(BY_HAND))


def _values(account: CardAccount) -> tuple[float, ...]:
    if not account.limit > 0 or any(len(one) != STATEMENTS for one in (account.status, account.billed, account.paid)):
        raise ValueError("an account has a limit above nought and six statements")
    bills = list(zip(account.paid, account.billed[1:], strict=False))
    return (
        account.status[0],
        account.status[1],
        sum(one > 0 for one in account.status),
        sum(paid <= 0 < billed for paid, billed in bills),
        100.0 * sum(account.billed) / STATEMENTS / account.limit,
        account.limit,
        sum(account.paid) / STATEMENTS,
    )


def _reached(steps: Sequence[float], value: float) -> int:
    """0 below the first step, then the number of the highest step at or below the value."""
    return sum(value >= step for step in steps)


def _tenths(values: Sequence[float]) -> Sequence[float]:
    ordered = sorted(values)
    return sorted({ordered[i * len(ordered) // 10] for i in range(1, 10)})


def _evidence(steps: int, reached: Sequence[int], defaulted: Sequence[bool]) -> list[float]:
    bad, good = [SMOOTHING] * steps, [SMOOTHING] * steps
    for step, one in zip(reached, defaulted, strict=True):
        (bad if one else good)[step] += 1
    return [log(b / g) for b, g in zip(bad, good, strict=True)]


def _learnt(term: Term, steps: Sequence[float], log_odds: Sequence[float]) -> Term:
    # The least of a term's points is nought: what adds to the risk is what is told.
    points = [round((one - min(log_odds)) * DOUBLE_ODDS / log(2.0)) for one in log_odds]
    return Term(term.code, term.sentence, tuple(zip(steps, points[1:], strict=True)), points[0])
