"""Two cards of one customer: which of them leads. Pure.

Both streams stay as they are and nothing moves between them: external ids, ledger and key stay with the card that has them.
Whoever reads the leading card reads those that were merged into it beside it. A card leads or is led, never both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from uuid import UUID

from services.cards.domain.card import Card, Erased, Registered, Stub, Unregistered
from services.cards.domain.refusals import (
    AlreadyMerged,
    CardIsStub,
    CardRefused,
    CardUnknown,
    CustomerIsErased,
    MergeChain,
    MergeCurrenciesDiffer,
    MergeDuringErasure,
    MergeWithItself,
    MergeWithOpenDisputes,
)
from shared.contracts.cards import CustomerErased
from shared.contracts.event import Event
from shared.contracts.relations import CustomersMerged, MergedInto


@dataclass(frozen=True, slots=True)
class Merging:
    """`lead_id` leads this card; `merged` are led by it, in the order in which they were merged."""

    lead_id: UUID | None = None
    merged: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two cards. `currencies`: in which it, or a card that it leads, trades or has a limit. `disputes`: whether a
    complaint of it claims something. `to_be_erased`: whether somebody has asked for that."""

    customer_id: UUID
    card: Card
    merging: Merging
    currencies: frozenset[str]
    disputes: bool
    to_be_erased: bool = False


def evolve(state: Merging, event: Event) -> Merging:
    match event:
        case CustomersMerged():
            return replace(state, merged=(*state.merged, event.merged_id))
        case MergedInto():
            return replace(state, lead_id=event.lead_id)
    return state


def merging_of(events: Iterable[Event]) -> Merging:
    """How a card stands after these events of its stream."""
    return reduce(evolve, events, Merging())


def closed(events: Iterable[Event]) -> CardRefused | None:
    """Why a card with these events takes no more changes: it was erased, or merged into one that does; None where it takes them."""
    found: CardRefused | None = None
    for event in events:
        match event:
            case CustomerErased():
                return CustomerIsErased()
            case MergedInto():
                found = AlreadyMerged(event.lead_id)
    return found


def decide(lead: Side, other: Side, reason: str | None, decided_by: UUID) -> tuple[CustomersMerged, MergedInto]:
    """What goes onto the leading card and onto the other. Raises a CardRefused.

    In another currency than those of the lead the sums of both would not add up to what is owed; an open dispute has to end
    with the customer with whom it began; an erasure that was asked for is of the card for which it was.
    """
    if lead.customer_id == other.customer_id:
        raise MergeWithItself
    for side in (lead, other):
        _takes_part(side.card)
    if isinstance(lead.card, Stub) and isinstance(other.card, Registered):
        raise CardIsStub
    if other.merging.lead_id is not None:
        raise AlreadyMerged(other.merging.lead_id)
    if lead.merging.lead_id is not None:
        raise MergeChain(lead.merging.lead_id)
    if other.merging.merged:
        raise MergeChain(other.customer_id)
    if lead.to_be_erased or other.to_be_erased:
        raise MergeDuringErasure
    if lead.currencies and not other.currencies <= lead.currencies:
        raise MergeCurrenciesDiffer
    if lead.disputes or other.disputes:
        raise MergeWithOpenDisputes
    return (
        CustomersMerged(customer_id=lead.customer_id, merged_id=other.customer_id, reason=reason, decided_by=decided_by),
        MergedInto(customer_id=other.customer_id, lead_id=lead.customer_id, decided_by=decided_by),
    )


def _takes_part(card: Card) -> None:
    match card:
        case Unregistered():
            raise CardUnknown
        case Erased():
            raise CustomerIsErased
