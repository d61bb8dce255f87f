"""Erasing a customer: the event first, then the key. A crash between the two is made good when the request is repeated,
and by the sweep that `work` makes; the event of a key that a replayed ledger of erasures has destroyed comes by the sweep too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from services.cards.domain.card import EraseCustomer
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.handlers.cards import change, place_on_cards
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.erasures import destroyed, wanted, with_card
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import repeated

LEDGER = UUID("5d1c0a52-0a0e-5f2b-9a57-1b6c3b1f7e10")
"""Who decides on an erasure that is read from the ledger."""
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
    """Make record and keystore agree. How many customers they differed in. Raises Problem.

    An erasure that was recorded and then cut short: the key goes. A key that the ledger of erasures, replayed after a
    restore, has destroyed, while the restored store knows nothing of it: the erasure is recorded.
    """
    # The ledger first: what is in it has been recorded before, unless the record is older than the ledger.
    async with deps.keystore.acquire() as c:
        gone = await destroyed(c)
    async with deps.pool.acquire() as c:
        recorded = await wanted(c, SCHEMA)
        unrecorded = await with_card(c, SCHEMA, gone - recorded)
    for customer_id in recorded - gone:
        await deps.sealer.erase(customer_id)
    for customer_id in unrecorded:
        key = CommandKey(LEDGER, "ledger of erasures", str(customer_id), customer_id.bytes)
        await erase(deps, customer_id, "RESTORED", key, {})
    return len(recorded - gone) + len(unrecorded)
