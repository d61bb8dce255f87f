"""Who is above whom among dealers and their sub-distributors, merged cards taken as the one that leads them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cards.domain.said import Said

Affiliation = Said[UUID | None]
"""Under which dealer a customer was said to be from which day on; None: under none."""
INDEPENDENT: Affiliation = Said()


@dataclass(frozen=True, slots=True)
class Link:
    """A card in the hierarchy: what was said about its dealer, and the card that leads it where it was merged."""

    dealer: Affiliation = INDEPENDENT
    lead_id: UUID | None = None


Links = Mapping[UUID, Link]
"""Cards by their ids: with a card also those that were merged with it, and the dealers of all of them."""


def is_above(links: Links, dealer_id: UUID, customer_id: UUID, day: date) -> bool:
    """Whether on a day `dealer_id` is a dealer of `customer_id`, directly or through others."""
    wanted, seen = _lead_of(links, dealer_id), set[UUID]()
    waiting = [_lead_of(links, customer_id)]
    while waiting:
        at = waiting.pop()
        dealers = {_lead_of(links, dealer) for dealer in _dealers_of(links, at, day)}
        if wanted in dealers:
            return True
        waiting += dealers - seen
        seen |= dealers
    return False


def days_of_change(links: Links, after: date) -> set[date]:
    """Later days on which anything in the hierarchy changes."""
    return {day for link in links.values() for day in link.dealer.days_after(after)}


def merge_makes_circle(links: Links, lead_id: UUID, merged_id: UUID, day: date) -> bool:
    """Whether one of two cards stands above the other, so that as one customer they would stand above themselves."""
    return is_above(links, lead_id, merged_id, day) or is_above(links, merged_id, lead_id, day)


def _lead_of(links: Links, customer_id: UUID) -> UUID:
    link = links.get(customer_id)
    return customer_id if link is None or link.lead_id is None else link.lead_id


def _dealers_of(links: Links, lead_id: UUID, day: date) -> set[UUID]:
    found = (link.dealer.on(day) for customer, link in links.items() if _lead_of(links, customer) == lead_id)
    return {dealer for dealer in found if dealer is not None}
