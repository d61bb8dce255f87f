"""The company's standard of loyalty: published, versioned, never changed afterwards."""

from __future__ import annotations

from services.classification.domain.standard import StandardRefused
from services.classification.domain.versions import next_version
from shared.contracts.event import Event
from shared.contracts.loyalty import LoyaltyStandardPublished

STREAM = "standard-loyalty"
BUILT_IN = LoyaltyStandardPublished(version=0)
MOST_SPANS = 24
LONGEST_PERIOD = 1096
LONGEST = 3660


class LoyaltyOutOfRange(StandardRefused):
    """A border of the standard lies where it means nothing."""


def decide(state: LoyaltyStandardPublished, wanted: LoyaltyStandardPublished) -> list[Event]:
    """The next version; nothing when it says what the last one says. `wanted` has any version. Raises LoyaltyOutOfRange."""
    measures = [one.measure for one in wanted.weights]
    days = (
        wanted.survey_days,
        wanted.incident_days,
        wanted.tolerance_days,
        wanted.long_days,
        wanted.slow_days,
        wanted.relation_days,
    )
    sound = (
        2 <= wanted.spans <= MOST_SPANS
        and 1 <= wanted.span_days <= LONGEST_PERIOD // wanted.spans
        and 0 <= wanted.known_days <= LONGEST
        and 0 <= wanted.without_regularity < wanted.loyal_regularity <= 1
        and 0 <= wanted.without_wallet < wanted.loyal_wallet <= 1
        and 0 <= wanted.loyal_repeat <= 1
        and 0 < wanted.layer_from <= 1
        and all(1 <= one <= LONGEST for one in days)
        and len(set(measures)) == len(measures)
        and all(0 <= one.weight <= 100 for one in wanted.weights)
    )
    if not sound:
        raise LoyaltyOutOfRange
    return next_version(state, wanted)


def evolve(state: LoyaltyStandardPublished, event: Event) -> LoyaltyStandardPublished:
    """The standard after one event of its stream."""
    if not isinstance(event, LoyaltyStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event
