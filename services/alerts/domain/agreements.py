"""Pauses that are agreed: planned closures, and the day on which the next order was agreed. Silence waits for both."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from shared.contracts.agreements import ClosureCancelled, ClosurePlanned, NextOrderAgreed
from shared.contracts.event import Event

CLOSURES_KEPT = 12
DAYS_AFTER_AGREED = (7, 14)
"""Days after that of the agreed order on which its absence is watched, and acted on."""


class Closed(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Days as ordinals, both included."""

    first: int
    last: int
    closure_id: UUID


class Agreed(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """`closures` in order, the latest ones; `order_on` the day of the next order as ordinal, and `said_on` the day from which that
    holds."""

    closures: tuple[Closed, ...] = ()
    order_on: int | None = None
    said_on: int | None = None


NOTHING_AGREED = Agreed()
AGREEMENTS = (ClosurePlanned, ClosureCancelled, NextOrderAgreed)


def agreed(before: Agreed, event: Event, said_on: date) -> Agreed:
    """Fold one event, which holds from the day `said_on`: of two next orders that of the later day stands, of one day the later in the
    stream. Events of other concerns change nothing."""
    closures, day = before.closures, said_on.toordinal()
    match event:
        case ClosurePlanned():
            closure = Closed(event.first_on.toordinal(), event.last_on.toordinal(), event.closure_id)
            return msgspec.structs.replace(before, closures=tuple(sorted((*closures, closure)))[-CLOSURES_KEPT:])
        case ClosureCancelled():
            return msgspec.structs.replace(before, closures=tuple(one for one in closures if one.closure_id != event.closure_id))
        case NextOrderAgreed() if before.said_on is None or before.said_on <= day:
            return Agreed(closures, None if event.due_on is None else event.due_on.toordinal(), day)
    return before


def open_days_until(closures: tuple[Closed, ...], last: int, days: int) -> int:
    """Days after the day `last` until so many of them have passed on which the customer was not closed."""
    due = last + days
    reached = last
    for closure in closures:
        first = max(closure.first, reached + 1)
        if first > due:
            break
        if closure.last >= first:
            due += closure.last - first + 1
            reached = closure.last
    return due - last


def closed_days(closures: tuple[Closed, ...], last: int, on: int) -> int:
    """On how many of the days after `last`, through `on`, the customer was closed."""
    found, reached = 0, last
    for closure in closures:
        first, end = max(closure.first, reached + 1), min(closure.last, on)
        if end >= first:
            found, reached = found + end - first + 1, end
    return found


def order_awaited(known: Agreed, last: int) -> int | None:
    """The agreed day of the next order, where it has not come: as ordinal."""
    return known.order_on if known.order_on is not None and known.order_on > last else None


def postponed(known: Agreed, last: int, days: int, level: int, *, orders: bool) -> int:
    """The days of silence of a level (0: watch, 1: act), later by what was agreed; of orders also by the agreed next one."""
    if known == NOTHING_AGREED:
        return days
    days = open_days_until(known.closures, last, days)
    awaited = order_awaited(known, last) if orders else None
    return days if awaited is None else max(days, awaited - last + DAYS_AFTER_AGREED[level])


def reason_of_pause(known: Agreed, last: int, on: date) -> tuple[str, str, dict[str, str | int]] | None:
    """Code, sentence and figures of what makes a silence since the day `last` none on the day `on`; None: nothing does."""
    awaited = order_awaited(known, last)
    if awaited is not None and on.toordinal() < awaited + DAYS_AFTER_AGREED[0]:
        due_on = date.fromordinal(awaited)
        return "NEXT_ORDER_AGREED", f"The next order is agreed for {due_on}.", {"due_on": due_on.isoformat()}
    days = closed_days(known.closures, last, on.toordinal())
    if days:
        until = date.fromordinal(max(one.last for one in known.closures if one.first <= on.toordinal()))
        figures: dict[str, str | int] = {"closed_days": days, "closed_until": until.isoformat()}
        return "CLOSED_AS_PLANNED", f"Closed as planned on {days} days of the silence, until {until}.", figures
    return None
