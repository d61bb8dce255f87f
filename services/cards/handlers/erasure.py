"""Erasing a customer: the event first, then the key. A crash between the two is made good when the request is repeated,
and by the sweep that `work` makes; the event of a key that a replayed ledger of erasures has destroyed comes by the sweep too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from services.cards.domain.card import EraseCustomer, Erased, decide
from services.cards.domain.erasing import (
    AgreeToErasure,
    AskForErasure,
    ErasureCommand,
    LiftHold,
    PlaceHold,
    Who,
    decided,
    erasing_of,
    not_held,
)
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import closed, merging_of
from services.cards.domain.refusals import AlreadyMerged, CardRefused, CardUnknown
from services.cards.handlers.cards import Decision, carry_out, place_on_cards, state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import part_of_customer, start_of_day
from services.cards.handlers.problems import refused
from services.cards.read_models.customer_search import forget
from services.cards.read_models.erasures import destroyed, wanted, with_card
from shared.contracts.cards import CustomerErased
from shared.contracts.event import Event
from shared.event_store.append import append_many
from shared.event_store.events import Append, Loaded, NewEvent
from shared.event_store.load import load, load_many
from shared.event_store.turns import wait_for_turn
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

LEDGER = UUID("5d1c0a52-0a0e-5f2b-9a57-1b6c3b1f7e10")
"""Who decides on an erasure that is read from the ledger."""
_TRIES = 5
Meta = Mapping[str, str]


async def prepare(deps: Deps, customer_id: UUID, command: ErasureCommand, key: CommandKey, meta: Meta) -> Answer:
    """Ask for an erasure, withdraw the request, place or lift a legal hold. Raises Problem as `carry_out` does.

    A hold that a card brought along when it was merged is lifted where it stands.
    """
    body: Mapping[str, str] = {}
    match command:
        case AskForErasure():
            body = {"status": "REQUESTED"}
        case PlaceHold():
            body = {"hold_id": str(command.hold_id)}
    decision = Decision(decide=partial(_decided, command), body=body, also_merged=isinstance(command, LiftHold))
    return await carry_out(deps, customer_id, decision, key, meta, None)


async def agree(deps: Deps, customer_id: UUID, who: Who, key: CommandKey, meta: Meta) -> Answer:
    """Agree to what another person has asked for: append CustomerErased, forget the search hashes, destroy the key. Raises Problem.

    Agreeing twice is a 410 that destroys nothing more. Cards that were merged into this one are of the same person: they go with it, in
    one append. While a legal hold stands on any of them nothing is erased.
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
    that is merged into this one meanwhile, or a hold, makes a version another, and all is done again."""
    for _ in range(_TRIES):
        done = await _once(deps, customer_id, decide_on, key, meta, certain=certain)
        if done is not None:
            for one in done.erased:
                await deps.sealer.erase(one)
            return done.answer
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


class _Done(NamedTuple):
    """`erased`: whose erasure is on record by now."""

    answer: Answer
    erased: Collection[UUID]


async def _once(
    deps: Deps, customer_id: UUID, decide_on: Callable[[Loaded], list[Event]], key: CommandKey, meta: Meta, *, certain: bool
) -> _Done | None:
    """All cards of the customer in one append: a hold that comes meanwhile stops it altogether or comes too late altogether."""
    stream, place = card_stream(customer_id), place_on_cards(deps.parts)
    async with deps.pool.acquire() as c, c.transaction():
        await wait_for_turn(c, stream)
        loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        merged = merging_of(envelope.event for envelope in loaded.events).merged
        led = await load_many(c, SCHEMA, [card_stream(one) for one in merged])
        cards = {customer_id: loaded, **{one: led[card_stream(one)] for one in merged}}
        gone = {one for one, card in cards.items() if isinstance(state_of(card), Erased)}
        if loaded.stored is not None:
            return _Done(repeated(loaded.stored, key, place), gone)
        events: Mapping[UUID, CustomerErased] = {}
        try:
            events = _erasures(cards, customer_id, decide_on, key.principal, certain=certain)
            body = {"customer_id": str(customer_id)} | ({} if certain else {"status": "ERASED"})
            answer = Answer(200, body, loaded.version + 1)
        except CardUnknown as refusal:
            raise refused(refusal) from None
        except CardRefused as refusal:
            answer = Answer.of(refused(refusal, customer_id=str(customer_id)))
        at = start_of_day(deps.today(), deps.zone)
        appends = [
            Append(
                card_stream(one),
                cards[one].version,
                one,
                part_of_customer(one, deps.parts),
                [NewEvent(key.new_id(n), event, at, meta)],
            )
            for n, (one, event) in enumerate(events.items(), 1)
        ]
        nothing = Append(stream, "any", customer_id, part_of_customer(customer_id, deps.parts), [])
        command = remembered(key, answer)
        appended = await append_many(c, SCHEMA, appends or [nothing], command=command)
        if appended.outcome == "appended":
            for one in events:
                await forget(c, SCHEMA, one)
    told = concluded(appended, answer, command, key, place)
    return None if told is None else _Done(told, gone | events.keys())


def _erasures(
    cards: Mapping[UUID, Loaded],
    customer_id: UUID,
    decide_on: Callable[[Loaded], list[Event]],
    decided_by: UUID,
    *,
    certain: bool,
) -> Mapping[UUID, CustomerErased]:
    """What is recorded on the leading card and on those that it leads. Raises CardRefused."""
    lead = cards[customer_id]
    shut = closed(envelope.event for envelope in lead.events)
    if shut is not None and not (certain and isinstance(shut, AlreadyMerged)):
        raise shut
    found = {customer_id: _only(decide_on(lead))}
    if not certain:
        not_held([erasing_of(envelope.event for envelope in card.events) for card in cards.values()])
    its = EraseCustomer(found[customer_id].reason, decided_by, found[customer_id].requested_by)
    for one, card in cards.items():
        if one != customer_id and not isinstance(state_of(card), Erased):
            found[one] = _only(_plainly(its, card))
    return found


def _only(events: Sequence[Event]) -> CustomerErased:
    [event] = events
    assert isinstance(event, CustomerErased)
    return event


def _decided(command: ErasureCommand, loaded: Loaded) -> list[Event]:
    return decided(state_of(loaded), erasing_of(envelope.event for envelope in loaded.events), command)


def _plainly(command: EraseCustomer, loaded: Loaded) -> list[Event]:
    return decide(state_of(loaded), command)
