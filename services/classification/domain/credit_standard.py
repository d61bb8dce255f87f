"""The company's standard for credit grades: published, versioned, never changed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from services.classification.domain.standard import StandardRefused
from services.classification.domain.versions import next_version
from shared.contracts.credit_grades import CreditStandardPublished
from shared.contracts.event import Event

STREAM = "standard-credit-grade"
BUILT_IN = CreditStandardPublished(version=0)
MOST_BORDERS = 5
LONGEST_DAYS = 731


class BordersOutOfOrder(StandardRefused):
    """Borders rise, shrinking comes before stopping, growing adds and shrinking leaves a part."""


def decide(state: CreditStandardPublished, wanted: CreditStandardPublished) -> list[Event]:
    """The next version; nothing when it says what the last one says. `wanted` has any version. Raises a StandardRefused."""
    for borders in (wanted.late_days, wanted.overdue_share, wanted.overdue_days, wanted.limit_use, wanted.true_warnings):
        if not _rises(borders):
            raise BordersOutOfOrder
    if not 0 < wanted.shrink_points < wanted.stop_points:
        raise BordersOutOfOrder
    if not (0 <= wanted.grow_by <= 1 and 0 <= wanted.shrink_to < 1):
        raise BordersOutOfOrder
    if not (1 <= wanted.period_days <= LONGEST_DAYS and 0 <= wanted.grow_known_days <= LONGEST_DAYS):
        raise BordersOutOfOrder
    if not (wanted.grow_settled >= 0 and 0 <= wanted.agency_years <= 10):
        raise BordersOutOfOrder
    return next_version(state, wanted)


def _rises(borders: Sequence[object]) -> bool:
    numbers = [float(str(one)) for one in borders]
    return len(numbers) <= MOST_BORDERS and all(one > 0 for one in numbers) and all(a < b for a, b in pairwise(numbers))


def evolve(state: CreditStandardPublished, event: Event) -> CreditStandardPublished:
    """The standard after one event of its stream."""
    if not isinstance(event, CreditStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event
