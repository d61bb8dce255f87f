"""Registering many cards at once: every verdict is known before the append, and the append is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any
from uuid import UUID

from services.cards.domain.card import Card, RegisterCustomer, Unregistered, content_of, decide, evolve
from services.cards.domain.entering import entered
from services.cards.domain.figures import LedgerFigures
from services.cards.domain.identity import card_stream, registration_id
from services.cards.domain.merging import closed
from services.cards.domain.refusals import CardAlreadyRegistered, CardRefused, ExternalIdTaken
from services.cards.handlers.cards import event_ids, first_id, guards_of, place_on_cards, state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.evidence import all_examined, known_to_ledger
from services.cards.handlers.facts import part_of_customer, start_of_day
from services.cards.handlers.problems import refused
from services.cards.handlers.search import hashes_of
from services.cards.handlers.valid_time import valid_day
from services.cards.read_models.customer_lookup import loaded_cards, owners
from services.cards.read_models.customer_search import replace_hashes
from shared.contracts.cards import CustomerRegistered, ExternalId
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.event_store.append import append_many, storable
from shared.event_store.events import Append, Appended, CommandRecord, Loaded, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

_TRIES = 5
MOST_EVENTS = 256
"""More than one registration can make: its own, the terms, three parts, the decision-maker, the needs, a task for every figure."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one registration: recorded, duplicate, conflict or rejected."""

    status: str
    customer_id: UUID | None = None
    problem: Problem | None = None


@dataclass(slots=True)
class _Card:
    history: Sequence[Envelope]
    state: Card
    version: int
    registered_as: UUID | None
    events: list[tuple[UUID, Event]] = field(default_factory=list)
    command: RegisterCustomer | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """Verdicts in order; `appended` is the store's answer, replays included."""

    verdicts: Sequence[Verdict]
    appended: Appended


Finish = Callable[[Connection, Sequence[Verdict]], Awaitable[None]]


async def register_many(
    deps: Deps,
    commands: Sequence[RegisterCustomer],
    new_id: Callable[[int], UUID],
    meta: Mapping[str, str],
    *,
    record: Callable[[Sequence[Verdict]], CommandRecord] | None = None,
    finish: Finish | None = None,
) -> Registered:
    """Register up to 1000 cards in one transaction; a card that cannot be registered keeps none of the others back.

    `record` makes the command's answer from the verdicts, `finish` writes what belongs into the same transaction.
    `new_id` makes ids of events, by number. Raises Problem (503) when other writers keep claiming the same ids.
    """
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            held = await owners(c, SCHEMA, {external for command in commands for external in command.external_ids})
            known = await loaded_cards(c, SCHEMA, _possible(commands, held))
        ledgers = await _ledgers(deps, commands, held)
        verdicts, cards = _judge(deps, commands, held, Known(known, ledgers), new_id)
        changed = {customer: card for customer, card in cards.items() if card.events}
        await deps.sealer.keys_for(list(changed))
        appends = {customer: _append(deps, customer, card, meta) for customer, card in changed.items()}
        large = {customer for customer, one in appends.items() if not all(map(storable, one.events))}
        changed = {customer: card for customer, card in changed.items() if customer not in large}
        verdicts = [_too_large(verdict) if _rests_on(verdict, large) else verdict for verdict in verdicts]
        guards = [guard for card in changed.values() if card.command for guard in guards_of(card.command)]
        async with deps.pool.acquire() as c, c.transaction():
            appended = await append_many(
                c,
                SCHEMA,
                [appends[customer] for customer in changed],
                command=None if record is None else record(verdicts),
                guards=guards,
            )
            if appended.outcome == "appended":
                hashes = {who: hashes_of(deps.sealer, card.command.basics) for who, card in changed.items() if card.command}
                await replace_hashes(c, SCHEMA, hashes)
                if finish is not None:
                    await finish(c, verdicts)
        if appended.outcome in ("appended", "replayed", "key_reused"):
            return Registered(verdicts, appended)
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of the customers: their cards, and their ledgers where a questionnaire is to be held against them."""

    cards: Mapping[UUID, Loaded]
    ledgers: Mapping[UUID, LedgerFigures]


async def _ledgers(
    deps: Deps, commands: Sequence[RegisterCustomer], held: Mapping[ExternalId, UUID]
) -> dict[UUID, LedgerFigures]:
    found = {}
    for command in commands:
        # Only whom facts have opened a stub for can have a ledger already.
        for customer in {held[external] for external in command.external_ids if external in held}:
            ledger = await known_to_ledger(deps, customer, command.sayings, command.valid_from or deps.today())
            if ledger is not None:
                found[customer] = ledger
    return found


def _possible(commands: Sequence[RegisterCustomer], held: Mapping[ExternalId, UUID]) -> set[UUID]:
    return {*held.values(), *(first_id(command.external_ids) or command.customer_id for command in commands)}


def _judge(
    deps: Deps,
    commands: Sequence[RegisterCustomer],
    held: Mapping[ExternalId, UUID],
    known: Known,
    new_id: Callable[[int], UUID],
) -> tuple[list[Verdict], dict[UUID, _Card]]:
    claimed = dict(held)
    cards: dict[UUID, _Card] = {}
    verdicts: list[Verdict] = []
    for place, command in enumerate(commands):
        customers = {claimed[external] for external in command.external_ids if external in claimed}
        if len(customers) > 1:
            verdicts.append(_conflict(ExternalIdTaken()))
            continue
        customer = customers.pop() if customers else first_id(command.external_ids) or command.customer_id
        card = cards.setdefault(customer, _card(known.cards.get(customer)))
        named = replace(command, customer_id=customer)
        verdict = _register(deps, card, named, known.ledgers.get(customer), partial(_id_at, new_id, place))
        if verdict.status == "recorded":
            claimed.update(dict.fromkeys(command.external_ids, customer))
        verdicts.append(verdict)
    return verdicts, cards


def _rests_on(verdict: Verdict, customers: Set[UUID]) -> bool:
    """Whether it says of a card that is made here that it is, or that it is the same."""
    return verdict.customer_id in customers and verdict.status in ("recorded", "duplicate")


def _too_large(verdict: Verdict) -> Verdict:
    return Verdict("rejected", verdict.customer_id, Problem("EVENT_TOO_LARGE"))


def _id_at(new_id: Callable[[int], UUID], place: int, n: int) -> UUID:
    return new_id(place * MOST_EVENTS + n)


def _register(
    deps: Deps, card: _Card, command: RegisterCustomer, ledger: LedgerFigures | None, new_id: Callable[[int], UUID]
) -> Verdict:
    customer = command.customer_id
    try:
        day = valid_day(deps, command.valid_from)
        decided = decide(card.state, command)
        if (shut := closed(envelope.event for envelope in card.history)) is not None:
            raise shut
        events = all_examined(deps, customer, decided, card.history, ledger, day, new_id(0))
    except Problem as problem:
        return Verdict("rejected", customer, problem)
    except CardAlreadyRegistered as refusal:
        same = registration_id(customer, deps.sealer.fingerprint(content_of(command))) == card.registered_as
        return Verdict("duplicate", customer) if same else _conflict(refusal, customer)
    except CardRefused as refusal:
        return Verdict("rejected", customer, refused(refusal))
    card.events = list(zip(event_ids(deps, command, events, new_id), events, strict=True))
    card.command, card.registered_as = command, card.events[0][0]
    card.state = reduce(evolve, events, card.state)
    return Verdict("recorded", customer)


def _conflict(refusal: CardRefused, customer: UUID | None = None) -> Verdict:
    extra = {} if customer is None else {"customer_id": str(customer)}
    return Verdict("conflict", customer, refused(refusal, **extra))


def _card(loaded: Loaded | None) -> _Card:
    if loaded is None:
        return _Card((), Unregistered(), 0, None)
    registrations = [envelope.event_id for envelope in loaded.events if isinstance(envelope.event, CustomerRegistered)]
    return _Card(loaded.events, state_of(loaded), loaded.version, registrations[0] if registrations else None)


def _append(deps: Deps, customer: UUID, card: _Card, meta: Mapping[str, str]) -> Append:
    stream = card_stream(customer)
    today = deps.today()
    day = None if card.command is None else card.command.valid_from
    at = start_of_day(day or today, deps.zone)
    events = [
        NewEvent(event_id, deps.sealer.seal(entered(event, today), stream, customer), at, meta) for event_id, event in card.events
    ]
    return Append(stream, card.version or "new", customer, part_of_customer(customer, deps.parts), events)


async def register_bulk(
    deps: Deps, read: Sequence[RegisterCustomer | Problem], key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Register what one request brings: always 207, one verdict an item. Raises Problem: IDEMPOTENCY_KEY_REUSED, UNAVAILABLE."""
    places = [place for place, one in enumerate(read) if isinstance(one, RegisterCustomer)]
    commands = [one for one in read if isinstance(one, RegisterCustomer)]
    async with deps.pool.acquire() as c:
        stored = (await load(c, SCHEMA, "", (key.principal, key.route, key.key))).stored
    if stored is not None:
        return repeated(stored, key, place_on_cards(deps.parts))

    def answer(verdicts: Sequence[Verdict]) -> Answer:
        at = dict(zip(places, verdicts, strict=True))
        items = [
            item(place, at[place] if place in at else Verdict("rejected", problem=one if isinstance(one, Problem) else None))
            for place, one in enumerate(read)
        ]
        return Answer(207, {"summary": summary([one["status"] for one in items]), "items": items})

    done = await register_many(deps, commands, key.new_id, meta, record=lambda verdicts: remembered(key, answer(verdicts)))
    said = answer(done.verdicts)
    told = concluded(done.appended, said, remembered(key, said), key, place_on_cards(deps.parts))
    if told is None:
        raise AssertionError("a bulk whose cards all went their way was not appended")
    return told


def item(place: int, verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {"index": place, "status": verdict.status}
    if verdict.customer_id is not None:
        found["id"] = str(verdict.customer_id)
    if verdict.problem is not None:
        found["problem"] = verdict.problem.body()
    return found


def summary(statuses: Sequence[str]) -> dict[str, int]:
    """How many items came to each status; the total beside them."""
    return {"total": len(statuses), **{status: statuses.count(status) for status in sorted(set(statuses))}}
