"""Under which dealer a customer buys: the hierarchy of dealers and their sub-distributors, which is never a circle. Pure.

A customer without a dealer buys from us. A statement about the dealer holds from its business day until the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cards.domain.refusals import HierarchyCycle, NotUnderDealer
from services.cards.domain.said import Said
from shared.contracts.event import Event
from shared.contracts.relations import AttachedToDealer, DetachedFromDealer

Affiliation = Said[UUID | None]
"""Under which dealer a customer was said to be from which day on; None: under none."""
INDEPENDENT: Affiliation = Said()


@dataclass(frozen=True, slots=True)
class AttachToDealer:
    """`above`: the affiliations of the dealer and of everybody whom it has ever been under, directly or not."""

    dealer_id: UUID
    on: date
    above: Mapping[UUID, Affiliation]
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class DetachFromDealer:
    on: date
    decided_by: UUID


def stated(event: Event) -> tuple[date, UUID | None] | None:
    """What an event says about the dealer: from which day, and who, None for nobody. None when it says nothing about it."""
    match event:
        case AttachedToDealer():
            return event.since, event.dealer_id
        case DetachedFromDealer():
            return event.until, None
    return None


def evolve(state: Affiliation, event: Event) -> Affiliation:
    """What was said about the dealer, after the event."""
    new = stated(event)
    return state if new is None else state.also(*new)


def decide(customer_id: UUID, state: Affiliation, command: AttachToDealer | DetachFromDealer) -> list[Event]:
    """What follows; nothing when it is no news. Raises a CardRefused."""
    dealer_then = state.on(command.on)
    match command:
        case AttachToDealer() if dealer_then == command.dealer_id:
            return []
        case AttachToDealer():
            if _circle(customer_id, state, command):
                raise HierarchyCycle
            return [
                AttachedToDealer(
                    customer_id=customer_id, dealer_id=command.dealer_id, since=command.on, decided_by=command.decided_by
                )
            ]
        case DetachFromDealer():
            if dealer_then is None:
                raise NotUnderDealer
            return [
                DetachedFromDealer(
                    customer_id=customer_id, dealer_id=dealer_then, until=command.on, decided_by=command.decided_by
                )
            ]


def _circle(customer_id: UUID, state: Affiliation, command: AttachToDealer) -> bool:
    """Whether on any day on which the statement would hold somebody would be his own dealer in the end."""
    ends = state.days_after(command.on)
    days = {command.on, *(day for one in command.above.values() for day in one.days_after(command.on))}
    return any(_is_above(customer_id, command.dealer_id, day, command.above) for day in days if not ends or day < ends[0])


def _is_above(customer_id: UUID, dealer_id: UUID, day: date, above: Mapping[UUID, Affiliation]) -> bool:
    at: UUID | None = dealer_id
    while at is not None:
        if at == customer_id:
            return True
        at = above[at].on(day) if at in above else None
    return False
