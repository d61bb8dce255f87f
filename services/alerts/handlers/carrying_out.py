"""How a command is carried out on one stream: load, decide, append, remember the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.alerts.domain.refusals import AlertRefused
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import refused
from shared.contracts.cursor import TopicPart, part_of
from shared.contracts.event import Event
from shared.contracts.topics import ALERTS_CONTROL
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.feed.scan import place_of
from shared.postgres.pool import Connection
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

_TRIES = 5
Meta = Mapping[str, str]


Beside = Callable[[Connection, Sequence[AppendResult]], Awaitable[None]]


class Decided(NamedTuple):
    """What a command leads to: events, already sealed, and the body of the answer. `beside` writes more in their transaction."""

    events: Sequence[Event]
    body: Mapping[str, Any]
    customer_id: UUID | None
    status: int = 200
    location: str | None = None
    beside: Beside | None = None


async def carry_out(
    deps: Deps,
    stream: str,
    decided: Callable[[Sequence[Event]], Awaitable[Decided]],
    key: CommandKey,
    meta: Meta,
    expected: int | None,
    unknown: str | None = None,
) -> Answer:
    """Load a stream, decide, append; once more as a whole where others were faster. `unknown`: the problem where the stream is none.

    Raises Problem: 404, 412 when `expected` is not the version, 422 for a reused key.
    """
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, _place)
        if unknown is not None and not loaded.events:
            raise Problem(unknown)
        if expected is not None and loaded.version != expected:
            raise Problem("VERSION_STALE")
        made: Decided | None = None
        try:
            made = await decided([envelope.event for envelope in loaded.events])
        except AlertRefused as refusal:
            problem = refused(refusal)
            if problem.status == 422:
                raise problem from None
            answer = Answer.of(problem)
        else:
            answer = Answer(made.status, made.body, loaded.version + len(made.events), None, made.location)
        result = await _append(deps, stream, loaded.version, made, answer, key, meta)
        if result is not None:
            return result
        if expected is not None:
            raise Problem("VERSION_STALE")
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _append(
    deps: Deps, stream: str, version: int, made: Decided | None, answer: Answer, key: CommandKey, meta: Meta
) -> Answer | None:
    events = () if made is None else made.events
    customer_id = None if made is None else made.customer_id
    topic, part = _topic_part(deps, stream, events, customer_id)
    new = [NewEvent(key.new_id(n), event, deps.now(), meta) for n, event in enumerate(events)]
    command = remembered(key, answer, place=[topic, part])
    async with deps.pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, [Append(stream, version, customer_id, part, new)], command=command)
        if done.outcome == "appended" and made is not None and made.beside is not None:
            await made.beside(c, done.results)
    return concluded(done, answer, command, key, _place)


def _topic_part(deps: Deps, stream: str, events: Sequence[Event], customer_id: UUID | None) -> TopicPart:
    # What concerns all parts belongs to part 0; what concerns no single customer to the part of its stream.
    topic, one_part = place_of(events[0].type) if events else (ALERTS_CONTROL, True)
    return TopicPart(topic, 0 if one_part else part_of(stream if customer_id is None else str(customer_id), deps.parts))


def _place(results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    topic, part = stored["place"]
    written = [result.cursor for result in results if result.cursor is not None]
    return position_token(TopicPart(topic, part), max(written)) if written else None
