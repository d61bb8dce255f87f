"""Erasing a customer: the event first, then the key. A crash between the two is made good when the request is repeated,
and by the sweep that `work` makes; the event of a key that a replayed ledger of erasures has destroyed comes by the sweep too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from uuid import UUID

from services.cards.domain.card import EraseCustomer, decide
from services.cards.domain.erasing import (
    AgreeToErasure,
    AskForErasure,
    ErasureCommand,
    PlaceHold,
    Who,
    decided,
    erasing_of,
    not_held,
)
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.domain.refusals import CardRefused
from services.cards.handlers.cards import Decision, carry_out, place_on_cards, state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.erasures import destroyed, wanted, with_card
from shared.contracts.cards import CustomerErased
from shared.contracts.event import Event
from shared.event_store.events import Loaded
from shared.event_store.load import load, load_many
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import repeated

LEDGER = UUID("5d1c0a52-0a0e-5f2b-9a57-1b6c3b1f7e10")
"""Who decides on an erasure that is read from the ledger."""
_TRIES = 5
Meta = Mapping[str, str]


async def prepare(deps: Deps, customer_id: UUID, command: ErasureCommand, key: CommandKey, meta: Meta) -> Answer:
    """Ask for an erasure, withdraw the request, place or lift a legal hold. Raises Problem as `carry_out` does."""
    body: Mapping[str, str] = {}
    match command:
        case AskForErasure():
            body = {"status": "REQUESTED"}
        case PlaceHold():
            body = {"hold_id": str(command.hold_id)}
    decision = Decision(decide=partial(_decided, command), body=body)
    return await carry_out(deps, customer_id, decision, key, meta, None)


async def agree(deps: Deps, customer_id: UUID, who: Who, key: CommandKey, meta: Meta) -> Answer:
    """Agree to what another person has asked for: append CustomerErased, forget the search hashes, destroy the key. Raises Problem.

    Agreeing twice is a 410 that destroys nothing more. Cards that were merged into this one are of the same person: they go first,
    so that a crash leaves the leading card to ask again. While a legal hold stands on any of them nothing is erased.
    """
    return await _erase(deps, customer_id, partial(_decided, AgreeToErasure(who)), key, meta, certain=False)


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
        # The key is gone: no hold can keep it, and nobody is asked again.
        again = partial(_plainly, EraseCustomer("RESTORED", LEDGER))
        await _erase(deps, customer_id, again, key, {}, certain=True)
    return len(recorded - gone) + len(unrecorded)


async def _erase(
    deps: Deps, customer_id: UUID, decide_on: Callable[[Loaded], list[Event]], key: CommandKey, meta: Meta, *, certain: bool
) -> Answer:
    """`certain`: no hold keeps it any more, and a card that is led by another takes it too. UNAVAILABLE when others keep being faster: a card
    that is merged into this one meanwhile makes the version another, and all is done again."""
    for _ in range(_TRIES):
        try:
            answer = await _once(deps, customer_id, decide_on, key, meta, certain=certain)
        except Problem as problem:
            if problem.code != "VERSION_STALE":
                raise
            continue
        if answer.status in (200, 410):
            await deps.sealer.erase(customer_id)
        return answer
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _once(
    deps: Deps, customer_id: UUID, decide_on: Callable[[Loaded], list[Event]], key: CommandKey, meta: Meta, *, certain: bool
) -> Answer:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id), (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, place_on_cards(deps.parts))
        merged = merging_of(envelope.event for envelope in loaded.events).merged
        led = await load_many(c, SCHEMA, [card_stream(one) for one in merged])

    def decide_now(now: Loaded) -> list[Event]:
        events = decide_on(now)
        if not certain:
            not_held([erasing_of(envelope.event for envelope in card.events) for card in led.values()])
        return events

    for erased in _refused_or(decide_now, loaded):
        for merged_id in merged:
            its = partial(_plainly, EraseCustomer(erased.reason, key.principal, erased.requested_by))
            await _erase(deps, merged_id, its, replace(key, key=f"{key.key}/{merged_id}"), meta, certain=True)
    decision = Decision(decide=decide_now, also_merged=certain, body={} if certain else {"status": "ERASED"})
    return await carry_out(deps, customer_id, decision, key, meta, loaded.version)


def _refused_or(decide_on: Callable[[Loaded], list[Event]], loaded: Loaded) -> list[CustomerErased]:
    """The erasure that would be recorded; none where it is refused, which is then answered and remembered."""
    try:
        return [event for event in decide_on(loaded) if isinstance(event, CustomerErased)]
    except CardRefused:
        return []


def _decided(command: ErasureCommand, loaded: Loaded) -> list[Event]:
    return decided(state_of(loaded), erasing_of(envelope.event for envelope in loaded.events), command)


def _plainly(command: EraseCustomer, loaded: Loaded) -> list[Event]:
    return decide(state_of(loaded), command)
