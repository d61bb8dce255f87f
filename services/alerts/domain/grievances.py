"""What is remembered of a customer's complaints: the latest one by one, older ones as a number.

A complaint that was withdrawn is forgotten. The result does not depend on the order in which complaints were recorded as long
as they lie within those kept one by one.
"""

from __future__ import annotations

from datetime import date
from math import exp, log10
from uuid import UUID

import msgspec

from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event

KEPT = 16
LEAST = 1e-300
"""No probability is told as less, so that what is told is a number: where nothing is usual, anything would be infinitely improbable."""


class Grievance(msgspec.Struct, frozen=True, array_like=True, order=True):
    """`day` as ordinal. `cause`: the kind of complaint, and the article where one was named."""

    day: int
    complaint_id: UUID
    event_id: UUID
    cause: str


class Grievances(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """`latest` in order of their days; `older` counts those before them."""

    latest: tuple[Grievance, ...] = ()
    older: int = 0


def remembered(before: Grievances, event: Event, event_id: UUID, recorded_on: date) -> Grievances:
    """Fold one event; an event that neither makes nor withdraws a complaint changes nothing."""
    match event:
        case ComplaintReceived():
            day = min(event.received_on, recorded_on).toordinal()
            cause = event.kind if event.article is None else f"{event.kind} {event.article}"
            found = tuple(sorted((*before.latest, Grievance(day, event.complaint_id, event_id, cause))))
            return Grievances(found[-KEPT:], before.older + max(len(found) - KEPT, 0))
        case ComplaintWithdrawn():
            return Grievances(tuple(one for one in before.latest if one.complaint_id != event.complaint_id), before.older)
    return before


def within(grievances: Grievances, on: date, days: int) -> list[Grievance]:
    """Those received in the `days` through the day `on`, oldest first."""
    end = on.toordinal()
    return [one for one in grievances.latest if end - days < one.day <= end]


def improbability(count: int, expected: float) -> float:
    """-log10 of the probability of so many or more where so many are expected (Poisson): 2 is one in a hundred."""
    term = below = exp(-expected)
    for number in range(1, count):
        term *= expected / number
        below += term
    if count == 0:
        return 0.0
    tail = 1.0 - below
    if tail < 1e-12:
        # Too near to nothing to be found by difference: the first terms of the tail itself.
        term *= expected / count if count else 1.0
        tail, number = 0.0, count
        while term > tail * 1e-12 and number < count + 60:
            tail += term
            number += 1
            term *= expected / number
    return -log10(max(tail, LEAST))
