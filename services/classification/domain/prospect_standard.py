"""The company's standard for grades of purchase intents and for how often their cards are looked at: published, versioned. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from services.classification.domain.standard import StandardRefused
from services.classification.domain.versions import next_version
from shared.contracts.event import Event
from shared.contracts.prospects import ProspectStandardPublished

STREAM = "standard-prospect-grade"
BUILT_IN = ProspectStandardPublished(version=0)
MOST_POINTS = 6
"""Three conditions, two for a near day, one for a contact."""
LONGEST_DAYS = 731
SELDOMEST = 2
"""Times a week that all intents are graded anew, at least."""


class ProspectStandardOutOfRange(StandardRefused):
    """The standard contradicts itself or its source."""


def decide(state: ProspectStandardPublished, command: ProspectStandardPublished) -> list[Event]:
    """The next version; nothing when it says what the last one says. Raises ProspectStandardOutOfRange."""
    days = (command.near_days, command.far_days, command.contact_days, *command.review_days)
    weekdays = set(command.regraded_on)
    in_order = (
        all(1 <= one <= LONGEST_DAYS for one in days)
        and command.near_days < command.far_days
        and 0 < command.b_points < command.a_points <= MOST_POINTS
        and list(command.review_days) == sorted(command.review_days)
        and weekdays <= set(range(1, 8))
        and len(weekdays) >= SELDOMEST
        and 0 <= command.further_days <= LONGEST_DAYS
        and 0 <= command.grace_days <= LONGEST_DAYS
        and 1 <= command.sample_size <= 100
    )
    if not in_order:
        raise ProspectStandardOutOfRange
    return next_version(state, replace(command, regraded_on=tuple(sorted(weekdays))))


def evolve(_state: ProspectStandardPublished, event: Event) -> ProspectStandardPublished:
    """The standard after one event of its stream."""
    if not isinstance(event, ProspectStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event
