"""The company's standard for value classes: published, versioned, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.classification.domain.value_class import Standard
from shared.contracts.classification import StandardPublished
from shared.contracts.event import Event

NAME = "value-class"
STREAM = f"standard-{NAME}"
LONGEST_PERIOD = 731


class StandardRefused(Exception):
    """Base of the refusals; the class says what is wrong."""


class BoundsOutOfOrder(StandardRefused):
    """The bounds are more than 0 and not more than 1, that of A below that of B, also with the margin, which is not negative."""


class PeriodOutOfRange(StandardRefused):
    """A period has at least one day and at most two years."""


@dataclass(frozen=True, slots=True)
class PublishStandard:
    a_below: Decimal
    b_below: Decimal
    period_days: int
    margin: Decimal = Decimal(0)
    decided_by: UUID | None = None


def decide(state: Standard, command: PublishStandard) -> list[StandardPublished]:
    """The next version; nothing when it says what the last one says. Raises a StandardRefused."""
    wanted = checked(command, state.version)
    if state.version and wanted == state:
        return []
    return [
        StandardPublished(
            name=NAME,
            version=state.version + 1,
            a_below=command.a_below,
            b_below=command.b_below,
            period_days=command.period_days,
            margin=command.margin,
            decided_by=command.decided_by,
        )
    ]


def checked(command: PublishStandard, version: int) -> Standard:
    """What is to be published, as if it had this version. Raises a StandardRefused."""
    if not 0 < command.a_below < command.b_below <= 1:
        raise BoundsOutOfOrder
    if not (0 <= command.margin <= command.b_below - command.a_below and command.b_below + command.margin <= 1):
        raise BoundsOutOfOrder
    if not 1 <= command.period_days <= LONGEST_PERIOD:
        raise PeriodOutOfRange
    return Standard(version, command.a_below, command.b_below, command.period_days, command.margin)


def evolve(state: Standard, event: Event) -> Standard:
    """The standard after one event of its stream."""
    if not isinstance(event, StandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return Standard(event.version, event.a_below, event.b_below, event.period_days, event.margin)


def standard_of(events: Iterable[Event]) -> Standard:
    """The standard in force; the built-in one, version 0, when none was published."""
    state = Standard()
    for event in events:
        state = evolve(state, event)
    return state


def first_day(standard: Standard, period_to: date) -> date:
    """First day of the period that ends on `period_to`, that day included."""
    return period_to - timedelta(days=standard.period_days - 1)
