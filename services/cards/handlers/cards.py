"""Commands on one card: registration, and everything that changes it afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial, reduce
from typing import Any
from uuid import UUID

from services.cards.domain.card import (
    Card,
    CardCommand,
    LinkExternalId,
    RegisterCustomer,
    Unregistered,
    content_of,
    decide,
    evolve,
)
from services.cards.domain.entering import entered
from services.cards.domain.figures import LedgerFigures
from services.cards.domain.identity import card_stream, registration_id, stub_id
from services.cards.domain.merging import closed
from services.cards.domain.refusals import AlreadyMerged, CardRefused, CardUnknown, ExternalIdTaken
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.evidence import all_examined, known_to_ledger
from services.cards.handlers.facts import part_of_customer, start_of_day
from services.cards.handlers.problems import refused
from services.cards.handlers.search import is_newest, write_search
from services.cards.handlers.valid_time import valid_day
from services.cards.read_models.customer_lookup import known, owners
from shared.contracts.cards import CustomerRegistered, ExternalId
from shared.contracts.cursor import START, Cursor
from shared.contracts.event import Event
from shared.contracts.topics import CARDS_EVENTS
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, Guard, Loaded, NewEvent
from shared.event_store.load import load
from shared.event_store.turns import wait_for_turn
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem
from shared.web.repeats import Place, concluded, remembered, repeated

_TRIES = 5
Meta = Mapping[str, str]


async def register(deps: Deps, command: RegisterCustomer, key: CommandKey, meta: Meta) -> Answer:
    """Open a card, or fill the stub that one of its external ids has. Raises Problem."""
    day = valid_day(deps, command.valid_from)
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            found = await owners(c, SCHEMA, command.external_ids)
        customers = set(found.values())
        if len(customers) > 1:
            return await _refuse(deps, command.customer_id, ExternalIdTaken(), key)
        customer_id = customers.pop() if customers else first_id(command.external_ids) or command.customer_id
        named = replace(command, customer_id=customer_id)
        ledger = await known_to_ledger(deps, customer_id, named.sayings, day)
        decided = partial(_registration, deps, named, ledger, day, key.new_id())
        decision = Decision(decide=decided, personal=True, valid_from=start_of_day(day, deps.zone), guards=guards_of(named))
        ids_of = partial(event_ids, deps, named, new_id=key.new_id)
        answer = await _once(deps, customer_id, decision, key, meta, None, partial(_registered, customer_id), ids_of)
        if answer is not None:
            return answer
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


def first_id(external_ids: Sequence[ExternalId]) -> UUID | None:
    """Id of a new customer with external ids: the one that a stub of the first of them would have, so that both meet on one card."""
    return stub_id(external_ids[0].system, external_ids[0].value) if external_ids else None


def guards_of(command: RegisterCustomer) -> list[Guard]:
    return [Guard(external.system, external.value, command.customer_id) for external in command.external_ids]


async def change(
    deps: Deps, customer_id: UUID, command: CardCommand, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """Carry out a command on a card, but for what has a source and a day of its own. Raises Problem as `carry_out` does."""
    guards = []
    if isinstance(command, LinkExternalId):
        guards.append(Guard(command.external_id.system, command.external_id.value, customer_id))
    decision = Decision(decide=lambda loaded: decide(state_of(loaded), command), guards=guards)
    return await carry_out(deps, customer_id, decision, key, meta, expected)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done on a card's stream.

    `decide` gives the events from what was loaded, or raises CardRefused. `personal`: the events may hold personal fields, so the
    customer's key has to be there. `valid_from`: the beginning of the business day from which it holds, None for today, or what finds it
    from what was loaded; when it was said, `recorded_at` tells. `guards`: external ids that the customer has to own. `body`: what the
    answer says beside its id. `also_merged`: a card that was merged takes it too. `first` is awaited in the transaction before anything is loaded: it takes locks, and reads what else the
    decision rests on.
    """

    decide: Callable[[Loaded], list[Event]]
    personal: bool = False
    valid_from: datetime | Callable[[Loaded], datetime] | None = None
    guards: Sequence[Guard] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    also_merged: bool = False
    first: Callable[[Connection], Awaitable[None]] | None = None


async def carry_out(
    deps: Deps, customer_id: UUID, decision: Decision, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """Load the card's stream, decide, append. Raises Problem: VERSION_STALE when `expected` is not the card's version,
    CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE when others keep being faster."""

    def answer(version: int, events: Sequence[Event]) -> Answer:
        return Answer(200, {"customer_id": str(customer_id), **decision.body}, version + len(events))

    if decision.personal:
        async with deps.pool.acquire() as c:
            # Nobody gets a key who has no card.
            if not await known(c, SCHEMA, [customer_id]):
                raise refused(CardUnknown())
    for _ in range(_TRIES):
        found = await _once(deps, customer_id, decision, key, meta, expected, answer, partial(_ids, key.new_id))
        if found is not None:
            return found
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


def _ids(new_id: Callable[[int], UUID], events: Sequence[Event]) -> list[UUID]:
    return [new_id(at + 1) for at in range(len(events))]


async def _once(
    deps: Deps,
    customer_id: UUID,
    decision: Decision,
    key: CommandKey,
    meta: Meta,
    expected: int | None,
    answer_of: Callable[[int, Sequence[Event]], Answer],
    ids_of: Callable[[Sequence[Event]], list[UUID]],
) -> Answer | None:
    """Load, decide, append; None when somebody else was faster and it has to be done again as a whole."""
    if decision.personal:
        # In a transaction of its own, before that of the append.
        await deps.sealer.keys_for([customer_id])
    stream = card_stream(customer_id)
    async with deps.pool.acquire() as c, c.transaction():
        if expected is None:
            await wait_for_turn(c, stream)
        if decision.first is not None:
            await decision.first(c)
        loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, place_on_cards(deps.parts))
        events, refusal = _decided(decision, loaded, expected)
        if isinstance(refusal, CardUnknown):
            raise refused(refusal)
        if refusal is None:
            answer = answer_of(loaded.version, events)
        else:
            answer = Answer.of(refused(refusal, customer_id=str(customer_id)))
        command = remembered(key, answer)
        today = deps.today()
        at = _holds_from(deps, decision, loaded) if events else deps.now()
        new = [
            NewEvent(event_id, deps.sealer.seal(entered(event, today), stream, customer_id), at, meta)
            for event, event_id in zip(events, ids_of(events), strict=True)
        ]
        appended = await append_many(
            c,
            SCHEMA,
            [Append(stream, "any" if refusal else loaded.version, customer_id, part_of_customer(customer_id, deps.parts), new)],
            command=command,
            guards=() if refusal else decision.guards,
        )
        if appended.outcome == "appended" and not refusal:
            await write_search(c, deps.sealer, customer_id, events, is_newest=is_newest(at, loaded.events))
    match appended.outcome:
        case "taken" if expected is None and not _registers(events):
            return await _refuse(deps, customer_id, ExternalIdTaken(), key)
        case "conflict" if expected is not None:
            raise Problem("VERSION_STALE")
    return concluded(appended, answer, command, key, place_on_cards(deps.parts))


def _holds_from(deps: Deps, decision: Decision, loaded: Loaded) -> datetime:
    if callable(decision.valid_from):
        return decision.valid_from(loaded)
    return decision.valid_from or start_of_day(deps.today(), deps.zone)


def _registers(events: Sequence[Event]) -> bool:
    # The owner of an external id may just have been registered: then the registration has to look again.
    return any(isinstance(event, CustomerRegistered) for event in events)


def _decided(decision: Decision, loaded: Loaded, expected: int | None) -> tuple[list[Event], CardRefused | None]:
    """Raises Problem: VERSION_STALE. A card that takes no changes says so first: nobody has its version any more."""
    shut = closed(envelope.event for envelope in loaded.events)
    if shut is not None and not (decision.also_merged and isinstance(shut, AlreadyMerged)):
        return [], shut
    if expected is not None and loaded.version and expected != loaded.version:
        raise Problem("VERSION_STALE")
    try:
        return decision.decide(loaded), None
    except CardRefused as refusal:
        return [], refusal


def state_of(loaded: Loaded) -> Card:
    start: Card = Unregistered()
    return reduce(evolve, (envelope.event for envelope in loaded.events), start)


def _registration(
    deps: Deps, command: RegisterCustomer, ledger: LedgerFigures | None, day: date, seed: UUID, loaded: Loaded
) -> list[Event]:
    events = decide(state_of(loaded), command)
    return all_examined(deps, command.customer_id, events, loaded.events, ledger, day, seed)


def _registered(customer_id: UUID, version: int, events: Sequence[Event]) -> Answer:
    body = {"customer_id": str(customer_id), "status": "stub_filled" if version else "registered"}
    return Answer(201, body, version + len(events), location=f"/v1/customers/{customer_id}")


def event_ids(deps: Deps, command: CardCommand, events: Sequence[Event], new_id: Callable[[int], UUID]) -> list[UUID]:
    """Ids of a command's events. That of a registration follows from its content: the same card delivered again is known by it."""
    ids = [new_id(at + 1) for at in range(len(events))]
    if ids and isinstance(command, RegisterCustomer):
        ids[0] = registration_id(command.customer_id, deps.sealer.fingerprint(content_of(command)))
    return ids


async def _refuse(deps: Deps, customer_id: UUID, refusal: CardRefused, key: CommandKey) -> Answer:
    """Remember a refusal that the store found, not the domain: an append of no events."""
    answer = Answer.of(refused(refusal))
    stream = card_stream(customer_id)
    part = part_of_customer(customer_id, deps.parts)
    async with deps.pool.acquire() as c, c.transaction():
        loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, place_on_cards(deps.parts))
        appended = await append_many(c, SCHEMA, [Append(stream, "any", customer_id, part, [])], command=remembered(key, answer))
    if appended.outcome == "key_reused":
        raise reused_key()
    return answer


def place_on_cards(parts: int) -> Place:
    """Where the events of cards stand: the last of each part."""

    def place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
        newest: dict[int, Cursor] = {}
        for result in results:
            if result.cursor is not None:
                part = part_of_customer(UUID(result.stream.removeprefix("card-")), parts)
                newest[part] = max(newest.get(part, START), result.cursor)
        return ",".join(f"{CARDS_EVENTS}/{part}/{cursor}" for part, cursor in sorted(newest.items())) or None

    return place
