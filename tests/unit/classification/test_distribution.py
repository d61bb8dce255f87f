"""Targets of distribution: set, refused, in force on a day, and held against what was reached; each line from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from services.classification.domain.distribution import (
    NONE,
    Reached,
    SetTarget,
    TargetOutOfRange,
    decide,
    folded,
    in_force,
    standing,
    state_of,
)
from shared.contracts.plans import DistributionTargetSet, Milestone

JULY, SEPTEMBER, DECEMBER = date(2026, 7, 1), date(2026, 9, 30), date(2026, 12, 31)
HALF_YEAR = SetTarget(
    uuid4(), JULY, DECEMBER, 40, Decimal("6.5"), (Milestone(by_on=SEPTEMBER, breadth=25, depth=Decimal(4)),), uuid4()
)


def target() -> DistributionTargetSet:
    (event,) = decide(NONE, HALF_YEAR)
    assert isinstance(event, DistributionTargetSet)
    return event


def reached(breadth: int, depth: str | None) -> Reached:
    return Reached(50, breadth, None if depth is None else Decimal(depth), 9)


@pytest.mark.parametrize(
    "command",
    [
        replace(HALF_YEAR, to_on=date(2026, 6, 30), milestones=()),
        replace(HALF_YEAR, breadth=0),
        replace(HALF_YEAR, depth=Decimal(0)),
        replace(HALF_YEAR, milestones=(Milestone(by_on=date(2026, 6, 30), breadth=1),)),
        replace(HALF_YEAR, milestones=(Milestone(by_on=date(2027, 1, 1), breadth=1),)),
        replace(HALF_YEAR, milestones=(Milestone(by_on=SEPTEMBER, breadth=41),)),
        replace(HALF_YEAR, breadth=None, depth=None),
        replace(HALF_YEAR, milestones=(Milestone(by_on=SEPTEMBER, breadth=2), Milestone(by_on=SEPTEMBER, breadth=3))),
    ],
)
def test_a_target_that_contradicts_itself_is_refused(command: SetTarget) -> None:
    with pytest.raises(TargetOutOfRange):
        decide(NONE, command)


def test_a_target_holds_from_its_first_to_its_last_day_or_until_the_next() -> None:
    known = folded(decide(NONE, HALF_YEAR))
    assert decide(known, HALF_YEAR) == []
    assert in_force(known, date(2026, 6, 30)) is None
    assert in_force(known, JULY) == in_force(known, DECEMBER) == target()
    assert in_force(known, date(2027, 1, 1)) is None
    october = replace(HALF_YEAR, from_on=date(2026, 10, 1), breadth=None, depth=None, milestones=())
    ended = {**known, **folded(decide(known, october))}
    assert in_force(ended, SEPTEMBER) == target()
    assert in_force(ended, date(2026, 10, 1)) is None


@pytest.mark.parametrize(
    ("on", "found", "state"),
    [
        (date(2026, 9, 29), reached(3, "1"), "ON_THE_WAY"),
        (SEPTEMBER, reached(25, "4"), "ON_THE_WAY"),
        (SEPTEMBER, reached(24, "4"), "BEHIND"),
        (SEPTEMBER, reached(25, "3.9"), "BEHIND"),
        (SEPTEMBER, reached(25, None), "BEHIND"),
        (SEPTEMBER, reached(40, "6.5"), "MET"),
        (date(2026, 12, 30), reached(39, "6.5"), "ON_THE_WAY"),
        (DECEMBER, reached(39, "6.5"), "BEHIND"),
    ],
)
def test_what_is_reached_is_held_against_what_was_due(on: date, found: Reached, state: str) -> None:
    assert state_of(standing(target(), found, on)) == state


def test_what_is_missing_to_the_target_is_told() -> None:
    one = standing(target(), reached(30, "7"), SEPTEMBER)
    assert (one.breadth_missing, one.depth_missing, one.behind) == (10, Decimal(0), False)
