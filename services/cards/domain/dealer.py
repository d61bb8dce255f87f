"""Under which dealer a customer buys: the hierarchy of dealers and their sub-distributors, which is never a circle. Pure.

A customer without a dealer buys from us. A statement about the dealer holds from its business day until the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cards.domain.hierarchy import Affiliation, Links, days_of_change, is_above
from services.cards.domain.refusals import HierarchyCycle, NotUnderDealer
from shared.contracts.cards import StubOpened
from shared.contracts.event import Event
from shared.contracts.relations import AttachedToDealer, DetachedFromDealer


@dataclass(frozen=True, slots=True)
class AttachToDealer:
    """`links`: the dealer and everybody whom it has ever been under, directly or not."""

    dealer_id: UUID
    on: date
    links: Links
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
        case StubOpened(dealer_id=UUID() as dealer_id, since=date() as since):
            return since, dealer_id
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
    if command.dealer_id == customer_id:
        return True
    ends = state.days_after(command.on)
    days = {command.on, *days_of_change(command.links, command.on)}
    return any(is_above(command.links, customer_id, command.dealer_id, day) for day in days if not ends or day < ends[0])
