"""Whom are dealers under? Read from the cards themselves, under a lock, where a command decides on it: always fresh."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from uuid import UUID

from services.cards.domain.dealer import evolve
from services.cards.domain.hierarchy import INDEPENDENT, Link, Links
from services.cards.domain.merging import merging_of
from services.cards.read_models.customer_lookup import loaded_cards
from shared.postgres.pool import Connection

# The second number tells the lock from those of the streams, whose buckets are not negative.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('hierarchy'), -1)"


async def lock_hierarchy(c: Connection) -> None:
    """One change of the hierarchy at a time, to the end of the transaction. Before the append: it takes no transaction id."""
    await c.execute(_LOCK)


async def links_above(c: Connection, schema: str, customers: Iterable[UUID]) -> Links:
    """These customers, and everybody whom they have ever been under; with each the cards that were merged with it."""
    found: dict[UUID, Link] = {}
    wanted = set(customers)
    while wanted:
        cards = await loaded_cards(c, schema, wanted)
        beside: set[UUID] = set()
        for customer in wanted:
            events = [envelope.event for envelope in cards[customer].events] if customer in cards else []
            merging = merging_of(events)
            link = Link(reduce(evolve, events, INDEPENDENT), merging.lead_id)
            found[customer] = link
            beside |= {dealer for _, dealer in link.dealer.days if dealer is not None}
            beside |= {*merging.merged} if merging.lead_id is None else {merging.lead_id}
        wanted = beside - found.keys()
    return found
