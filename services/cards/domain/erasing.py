"""Erasing a customer's personal data: one person asks, another agrees, and no legal hold stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from uuid import UUID

from services.cards.domain.card import Card, EraseCustomer, decide, living
from services.cards.domain.refusals import (
    ErasureNeedsSecondPerson,
    ErasureNotRequested,
    HeldByLaw,
    LegalHoldUnknown,
)
from shared.contracts.cards import CustomerErased
from shared.contracts.erasure import ErasureRequested, ErasureWithdrawn, HoldGround, LegalHoldLifted, LegalHoldPlaced
from shared.contracts.event import Event


@dataclass(frozen=True, slots=True)
class Erasing:
    """How far a card's erasure is: the request that waits for a second person, and the holds that stand, the oldest first."""

    request: ErasureRequested | None = None
    holds: tuple[LegalHoldPlaced, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks or agrees: a caller, and the person of the sales organisation that it stands for, where there is one."""

    principal: UUID
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class AskForErasure:
    reason: str
    who: Who


@dataclass(frozen=True, slots=True)
class AgreeToErasure:
    who: Who


@dataclass(frozen=True, slots=True)
class WithdrawErasure:
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class PlaceHold:
    hold_id: UUID
    ground: HoldGround
    reference: str | None
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class LiftHold:
    hold_id: UUID
    decided_by: UUID


ErasureCommand = AskForErasure | AgreeToErasure | WithdrawErasure | PlaceHold | LiftHold


def evolve(state: Erasing, event: Event) -> Erasing:
    match event:
        case ErasureRequested():
            return replace(state, request=event)
        case ErasureWithdrawn() | CustomerErased():
            return replace(state, request=None)
        case LegalHoldPlaced():
            return replace(state, holds=(*state.holds, event))
        case LegalHoldLifted():
            return replace(state, holds=tuple(one for one in state.holds if one.hold_id != event.hold_id))
    return state


def erasing_of(events: Iterable[Event]) -> Erasing:
    """How a card stands after these events of its stream."""
    return reduce(evolve, events, Erasing())


def decided(card: Card, state: Erasing, command: ErasureCommand) -> list[Event]:
    """What follows from the command; nothing when it is no news. Raises a CardRefused.

    A hold does not keep anybody from asking: the request waits until the hold is lifted.
    """
    customer = living(card).customer_id
    match command:
        case AskForErasure(reason, who):
            if state.request is not None:
                return []
            return [ErasureRequested(customer_id=customer, reason=reason, requested_by=who.principal, person_id=who.person_id)]
        case AgreeToErasure(who):
            if state.request is None:
                raise ErasureNotRequested
            if _same(state.request, who):
                raise ErasureNeedsSecondPerson
            not_held([state])
            return decide(card, EraseCustomer(state.request.reason, who.principal, state.request.requested_by))
        case WithdrawErasure(person):
            if state.request is None:
                raise ErasureNotRequested
            return [ErasureWithdrawn(customer_id=customer, decided_by=person)]
        case PlaceHold(hold_id, ground, reference, person):
            return [LegalHoldPlaced(customer_id=customer, hold_id=hold_id, ground=ground, reference=reference, decided_by=person)]
        case LiftHold(hold_id, person):
            if all(one.hold_id != hold_id for one in state.holds):
                raise LegalHoldUnknown
            return [LegalHoldLifted(customer_id=customer, hold_id=hold_id, decided_by=person)]


def not_held(states: Sequence[Erasing]) -> None:
    """Raises HeldByLaw where a hold stands on one of these cards."""
    for state in states:
        for hold in state.holds:
            raise HeldByLaw(hold.hold_id)


def _same(request: ErasureRequested, who: Who) -> bool:
    # One person with two keys is still one pair of eyes.
    return request.requested_by == who.principal or (who.person_id is not None and who.person_id == request.person_id)
