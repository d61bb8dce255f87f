"""What moved from one period to the next, and which customers are to be visited more or less for it. Pure.

Source: the area leader analyses trade at the end of each month or quarter and adjusts the routes. The lines are ours.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Literal, NamedTuple, get_args

from services.classification.domain.months import Span, last_day

RULE = "route-adjustment"
RULE_VERSION = 1
MOVED = Decimal("0.30")
"""A customer whose net sales moved by this fraction moved enough for the route."""
CLASSES = (None, "C", "B", "A")
"""The least first."""
KEY_CLASSES = ("A", "B")

Movement = Literal["NEW", "BACK", "GROWN", "EVEN", "SHRUNK", "LOST", "RETURNS"]
"""RETURNS: net sales above nothing in neither period."""
Visits = Literal["MORE", "LESS"]
Reason = Literal[
    "NEW", "BACK", "LOST_KEY", "LOST", "CLASS_ROSE", "KEY_SLIPPING", "CLASS_FELL", "KEY_SHRINKING", "SHRUNK", "GROWN"
]
_PERIOD = re.compile(r"(?P<year>[0-9]{4})-(Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2]))")


class Moved(NamedTuple):
    """How a customer moved, its value class at the end of each period, and whether net sales moved by as much as `MOVED`."""

    movement: Movement
    class_before: str | None
    class_now: str | None
    enough: bool


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
    rank, before = _rank(moved.class_now), _rank(moved.class_before)
    match moved.movement:
        case "NEW" | "BACK":
            return Advice("MORE", moved.movement)
        case "LOST":
            was_key = key or moved.class_before in KEY_CLASSES
            return Advice("MORE", "LOST_KEY") if was_key else Advice("LESS", "LOST")
        case "RETURNS":
            return None
        case _ if rank > before:
            return Advice("MORE", "CLASS_ROSE")
        case _ if rank < before:
            return Advice("MORE", "KEY_SLIPPING") if key else Advice("LESS", "CLASS_FELL")
        case "GROWN" if moved.enough:
            return Advice("MORE", "GROWN")
        case "SHRUNK" if moved.enough:
            return Advice("MORE", "KEY_SHRINKING") if key else Advice("LESS", "SHRUNK")
    return None


def advised() -> list[tuple[Moved, Advice]]:
    """The rule as a table: every case in which a route is to change. So it can be joined to what many customers did."""
    cases = (Moved(*case) for case in product(get_args(Movement), CLASSES, CLASSES, (False, True)))
    return [(case, found) for case in cases if (found := advice(case)) is not None]


def _rank(value_class: str | None) -> int:
    return CLASSES.index(value_class)
