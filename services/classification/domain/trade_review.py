"""What moved from one period to the next, and which customers are to be visited more or less for it. Pure.

Source: the area leader analyses trade at the end of each month or quarter and adjusts the routes. The lines are ours.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from services.classification.domain.months import Span, last_day

RULE = "route-adjustment"
RULE_VERSION = 1
MOVED = Decimal("0.30")
"""A customer whose net sales moved by this fraction moved enough for the route."""
KEY_CLASSES = ("A", "B")

Movement = Literal["NEW", "BACK", "GROWN", "EVEN", "SHRUNK", "LOST"]
Visits = Literal["MORE", "LESS"]
Reason = Literal[
    "NEW", "BACK", "LOST_KEY", "LOST", "CLASS_ROSE", "KEY_SLIPPING", "CLASS_FELL", "KEY_SHRINKING", "SHRUNK", "GROWN"
]
_PERIOD = re.compile(r"(?P<year>[0-9]{4})-(Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2]))")


class Moved(NamedTuple):
    """A customer in both periods: net sales, and the value class at the end of each."""

    movement: Movement
    before: Decimal
    now: Decimal
    class_before: str | None
    class_now: str | None


class Advice(NamedTuple):
    visits: Visits
    reason: Reason


def span_of(period: str) -> Span:
    """A month (2026-03) or quarter (2026-Q1). Raises ValueError for anything else."""
    found = _PERIOD.fullmatch(period)
    if found is None or int(found["year"]) < 1:
        raise ValueError(period)
    months = 3 if found["quarter"] else 1
    first = date(int(found["year"]), int(found["quarter"]) * 3 - 2 if found["quarter"] else int(found["month"]), 1)
    return Span(first, last_day(first, months))


def advice(moved: Moved) -> Advice | None:
    """Who is to be visited more or less, and for which reason; None: as often as before."""
    key = moved.class_now in KEY_CLASSES
    match moved.movement:
        case "NEW":
            return Advice("MORE", "NEW")
        case "BACK":
            return Advice("MORE", "BACK")
        case "LOST":
            was_key = key or moved.class_before in KEY_CLASSES
            return Advice("MORE", "LOST_KEY") if was_key else Advice("LESS", "LOST")
    if _rank(moved.class_now) > _rank(moved.class_before):
        return Advice("MORE", "CLASS_ROSE")
    if _rank(moved.class_now) < _rank(moved.class_before):
        return Advice("MORE", "KEY_SLIPPING") if key else Advice("LESS", "CLASS_FELL")
    if abs(moved.now - moved.before) < MOVED * moved.before:
        return None
    if moved.movement == "GROWN":
        return Advice("MORE", "GROWN")
    return Advice("MORE", "KEY_SHRINKING") if key else Advice("LESS", "SHRUNK")


def _rank(value_class: str | None) -> int:
    return 0 if value_class is None else "CBA".index(value_class) + 1
