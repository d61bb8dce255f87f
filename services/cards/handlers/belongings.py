"""Commands on what belongs to a customer and has a stream of its own, such as a promise: load, decide, append."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from services.cards.domain.identity import card_stream
from services.cards.domain.merging import closed
from services.cards.domain.refusals import CardRefused, CardUnknown
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import part_of_customer, start_of_day
from services.cards.handlers.problems import refused
from services.cards.read_models.customer_lookup import known
from shared.contracts.event import Event
from shared.contracts.topics import CARDS_EVENTS
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, Expected, Loaded, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done on a stream.

    `expected` is the version that the append asks for, None that which was loaded; `on` the business day on which it happened. `decide` gives the events
    from what was loaded, or raises CardRefused. `body` is what the answer says; it names the customer as `customer_id`.
    `location`: the path of what is made. `card`: the version of the customer's card on which the decision rests, None where it does not.
    """

    stream: str
    expected: Expected | None
    on: date
    decide: Callable[[Loaded], list[Event]]
    body: Callable[[Sequence[Event]], Mapping[str, Any]]
    location: str | None = None
    card: int | None = None


async def begin(deps: Deps, customer_id: UUID, deed: Deed, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Carry out a deed that makes something for a customer. Raises Problem: CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED; VERSION_STALE
    where somebody else was faster on the stream, or on the card that the decision rests on."""
    async with deps.pool.acquire() as c:
        if not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
    # In a transaction of its own, before that of the append.
    await deps.sealer.keys_for([customer_id])
    async with deps.pool.acquire() as c, c.transaction():
        loaded = await load(c, SCHEMA, deed.stream, (key.principal, key.route, key.key))
        card = None if loaded.stored is not None else await load(c, SCHEMA, card_stream(customer_id))
        refusal = None if card is None else closed(envelope.event for envelope in card.events)
        return await _append(deps, c, customer_id, loaded, deed, refusal, key, meta)


async def go_on(deps: Deps, deed: Deed, unknown: CardRefused, expected: int, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Carry out a deed on something that is there. Raises Problem: `unknown`, VERSION_STALE, IDEMPOTENCY_KEY_REUSED."""
    async with deps.pool.acquire() as c, c.transaction():
        loaded = await load(c, SCHEMA, deed.stream, (key.principal, key.route, key.key))
        customer_id = loaded.events[0].customer_id if loaded.events else None
        if loaded.stored is None:
            if customer_id is None:
                raise refused(unknown)
            if loaded.version != expected:
                raise Problem("VERSION_STALE")
        return await _append(deps, c, customer_id, loaded, deed, None, key, meta)


async def _append(
    deps: Deps,
    c: Connection,
    customer_id: UUID | None,
    loaded: Loaded,
    deed: Deed,
    refusal: CardRefused | None,
    key: CommandKey,
    meta: Mapping[str, str],
) -> Answer:
    place = partial(_place, deps.parts)
    if loaded.stored is not None:
        return repeated(loaded.stored, key, place)
    assert customer_id is not None
    events: list[Event] = []
    try:
        if refusal is not None:
            raise refusal
        events = deed.decide(loaded)
        answer = Answer(201 if deed.location else 200, deed.body(events), loaded.version + len(events), location=deed.location)
    except CardRefused as found:
        answer = Answer.of(refused(found))
    at = start_of_day(deed.on, deps.zone)
    new = [
        NewEvent(key.new_id(n), deps.sealer.seal(event, deed.stream, customer_id), at, meta) for n, event in enumerate(events, 1)
    ]
    expected = loaded.version if deed.expected is None else deed.expected
    part = part_of_customer(customer_id, deps.parts)
    appends = [Append(deed.stream, expected if new else "any", customer_id, part, new)]
    if new and deed.card is not None:
        appends.append(Append(card_stream(customer_id), deed.card, customer_id, part, []))
    command = remembered(key, answer)
    told = concluded(await append_many(c, SCHEMA, appends, command=command), answer, command, key, place)
    if told is None:
        raise Problem("VERSION_STALE")
    return told


def _place(parts: int, results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    cursors = [result.cursor for result in results if result.cursor is not None]
    if not cursors:
        return None
    return f"{CARDS_EVENTS}/{part_of_customer(UUID(stored['body']['customer_id']), parts)}/{max(cursors)}"
