"""What it costs to win a customer beside what it costs to keep one, held against the four to five times of the textbook. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

EXPECTED_RATIO = (Decimal(4), Decimal(5))
"""A new customer costs four to five times what an old one does, says the source of requirement S3.34."""
_PLACES = Decimal("0.01")


class Spent(NamedTuple):
    """What was put into a group of customers: how many customers and investments, hours, and money in one currency."""

    customers: int = 0
    investments: int = 0
    hours: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    in_other_currencies: int = 0


class Compared(NamedTuple):
    """`per_won`: spent on new customers for each that was won, `per_kept`: spent on old ones for each that bought again. None where
    nobody was won or kept, or nothing spent on old ones. Hours count with `hour_cost`, for nothing without it."""

    new_total: Decimal
    old_total: Decimal
    per_won: Decimal | None
    per_kept: Decimal | None
    ratio: Decimal | None
    verdict: Literal["BELOW", "WITHIN", "ABOVE"] | None


def compared(new: Spent, old: Spent, won: int, kept: int, hour_cost: Decimal | None) -> Compared:
    new_total, old_total = (one.cost + one.hours * (hour_cost or 0) for one in (new, old))
    per_won = new_total / won if won else None
    per_kept = old_total / kept if kept else None
    ratio = per_won / per_kept if per_won is not None and per_kept else None
    verdict: Literal["BELOW", "WITHIN", "ABOVE"] | None = None
    if ratio is not None:
        least, most = EXPECTED_RATIO
        verdict = "BELOW" if ratio < least else "ABOVE" if ratio > most else "WITHIN"
    return Compared(new_total, old_total, per_won, per_kept, None if ratio is None else ratio.quantize(_PLACES), verdict)
