"""Whom are dealers under? Read from the cards themselves, under a lock, where a command decides on it: always fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from uuid import UUID

from services.cards.domain.card import Card, Erased, Unregistered
from services.cards.domain.card import evolve as evolve_card
from services.cards.domain.dealer import INDEPENDENT, Affiliation, evolve
from services.cards.read_models.customer_lookup import histories
from shared.contracts.event import Event
from shared.postgres.pool import Connection

# The second number tells the lock from those of the streams, whose buckets are not negative.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('hierarchy'), -1)"


async def lock_hierarchy(c: Connection) -> None:
    """One change of the hierarchy at a time, to the end of the transaction. Before the append: it takes no transaction id."""
    await c.execute(_LOCK)


async def affiliations_above(c: Connection, schema: str, dealer_id: UUID) -> Mapping[UUID, Affiliation] | None:
    """What was said about the dealers of this one and of everybody whom it has ever been under; None when it has no living card."""
    found: dict[UUID, Affiliation] = {}
    wanted = {dealer_id}
    while wanted:
        cards = await histories(c, schema, wanted)
        events = {customer: [event for _, event in card.events] for customer, card in cards.items()}
        if not found and not _lives(events.get(dealer_id, ())):
            return None
        found |= {customer: reduce(evolve, events.get(customer, ()), INDEPENDENT) for customer in wanted}
        wanted = {dealer for said in found.values() for _, dealer in said.days if dealer is not None} - found.keys()
    return found


def _lives(events: Sequence[Event]) -> bool:
    start: Card = Unregistered()
    return not isinstance(reduce(evolve_card, events, start), Unregistered | Erased)
