"""Erasing a customer: the event first, then the key. A crash between the two is made good when the request is repeated,
and by the sweep that `work` makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from services.cards.domain.card import EraseCustomer
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.handlers.cards import change, place_on_cards
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.erasures import destroyed, wanted
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import repeated

_TRIES = 5


async def erase(deps: Deps, customer_id: UUID, reason: str, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Append CustomerErased, forget the search hashes, destroy the key. Erasing twice is a 410 that destroys nothing more. Raises Problem.

    Cards that were merged into this one are of the same person: they go first, so that a crash leaves the leading card to ask again;
    one that is merged meanwhile makes the version another, and all is done again. UNAVAILABLE when others keep being faster.
    """
    for _ in range(_TRIES):
        try:
            answer = await _once(deps, customer_id, reason, key, meta)
        except Problem as problem:
            if problem.code != "VERSION_STALE":
                raise
            continue
        if answer.status in (200, 410):
            await deps.sealer.erase(customer_id)
        return answer
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _once(deps: Deps, customer_id: UUID, reason: str, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id), (key.principal, key.route, key.key))
    if loaded.stored is not None:
        return repeated(loaded.stored, key, place_on_cards(deps.parts))
    for merged_id in merging_of(envelope.event for envelope in loaded.events).merged:
        await erase(deps, merged_id, reason, replace(key, key=f"{key.key}/{merged_id}"), meta)
    return await change(deps, customer_id, EraseCustomer(reason, key.principal), key, meta, loaded.version)


async def sweep(deps: Deps) -> int:
    """Destroy the keys of customers whose erasure was recorded and then cut short. How many there were."""
    async with deps.pool.acquire() as c:
        left = await wanted(c, SCHEMA)
    async with deps.keystore.acquire() as c:
        left -= await destroyed(c)
    for customer_id in left:
        await deps.sealer.erase(customer_id)
    return len(left)
