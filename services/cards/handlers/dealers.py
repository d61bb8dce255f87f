"""Commands on the hierarchy of dealers and their sub-distributors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce
from uuid import UUID

from services.cards.domain.card import Card, Erased, Unregistered, living
from services.cards.domain.dealer import AttachToDealer, DetachFromDealer, decide, evolve
from services.cards.domain.hierarchy import INDEPENDENT, Affiliation, Links
from services.cards.domain.identity import card_stream
from services.cards.domain.refusals import AlreadyMerged, DealerUnknown
from services.cards.handlers.cards import Decision, carry_out, state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import start_of_day
from services.cards.read_models.hierarchy_lookup import links_above, lock_hierarchy
from shared.contracts.event import Event
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey

Meta = Mapping[str, str]


async def attach(deps: Deps, customer_id: UUID, dealer_id: UUID, day: date, key: CommandKey, meta: Meta, expected: int) -> Answer:
    """Put the customer under a dealer. Raises Problem as `cards.carry_out` does."""
    links: Links = {}
    dealer: Card = Unregistered()

    async def look_up(c: Connection) -> None:
        # Two changes at once could make a circle that neither of them sees: so one waits until it sees the other.
        nonlocal links, dealer
        await lock_hierarchy(c)
        links = await links_above(c, SCHEMA, [dealer_id])
        dealer = state_of(await load(c, SCHEMA, card_stream(dealer_id)))

    def decided(loaded: Loaded) -> list[Event]:
        living(state_of(loaded))
        if isinstance(dealer, Unregistered | Erased):
            raise DealerUnknown
        if (lead_id := links[dealer_id].lead_id) is not None:
            raise AlreadyMerged(lead_id)
        return decide(customer_id, _affiliation(loaded), AttachToDealer(dealer_id, day, links, key.principal))

    body = {"dealer_id": str(dealer_id)}
    decision = Decision(decide=decided, valid_from=start_of_day(day, deps.zone), body=body, first=look_up)
    return await carry_out(deps, customer_id, decision, key, meta, expected)


async def detach(deps: Deps, customer_id: UUID, day: date, key: CommandKey, meta: Meta, expected: int) -> Answer:
    """The customer buys from us from this day on. Raises Problem as `cards.carry_out` does.

    A merged card is asked too: what it brought with it binds the leading one in the hierarchy, and must come to an end.
    """

    def decided(loaded: Loaded) -> list[Event]:
        living(state_of(loaded))
        return decide(customer_id, _affiliation(loaded), DetachFromDealer(day, key.principal))

    decision = Decision(decide=decided, valid_from=start_of_day(day, deps.zone), also_merged=True)
    return await carry_out(deps, customer_id, decision, key, meta, expected)


def _affiliation(loaded: Loaded) -> Affiliation:
    return reduce(evolve, (envelope.event for envelope in loaded.events), INDEPENDENT)
