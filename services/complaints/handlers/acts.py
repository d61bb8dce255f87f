"""What is told of something that has a stream: load, decide, append; told again at once when somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.complaints.domain.refusals import ComplaintRefused
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.places import place_of
from services.complaints.handlers.problems import refused
from services.complaints.handlers.standards import CONTROL_PART
from shared.contracts.cursor import part_of
from shared.contracts.event import Event
from shared.contracts.topics import CONTROL_TYPES
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, Expected, Loaded, NewEvent
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

_TRIES = 8


@dataclass(frozen=True, slots=True)
class Beside:
    """Events of another stream that stand or fall with the act."""

    stream: str
    expected: Expected
    customer_id: UUID | None
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Done:
    """What an act has led to: its events, those beside it, and what the answer says."""

    events: Sequence[Event]
    body: Mapping[str, Any]
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done on a stream. `customer_id` is whose events they are, None for the customer of the stream.

    `on` is the business day. `decide` decides on what was loaded, or raises ComplaintRefused. `unknown`: the problem where
    there is no such stream, None where it may be new. `location`: the path of what is made.
    """

    stream: str
    on: date
    decide: Callable[[Loaded], Done]
    unknown: str | None = None
    customer_id: UUID | None = None
    location: str | None = None


async def carry_out(deps: Deps, act: Act, key: CommandKey, meta: Mapping[str, str], expected: int | None = None) -> Answer:
    """Carry out an act; on the version that the caller has seen, where one was named. A refusal is remembered with its key.

    Raises Problem: `act.unknown`, VERSION_STALE, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE after too many races.
    """
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            loaded = await load(c, SCHEMA, act.stream, (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, place)
        if not loaded.events and act.unknown is not None:
            raise Problem(act.unknown)
        if expected is not None and expected != loaded.version:
            raise Problem("VERSION_STALE")
        told = await _append(deps, act, loaded, key, meta)
        if told is not None:
            return told
        if expected is not None:
            raise Problem("VERSION_STALE")
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _append(deps: Deps, act: Act, loaded: Loaded, key: CommandKey, meta: Mapping[str, str]) -> Answer | None:
    """None: somebody else was faster."""
    customer_id = loaded.events[0].customer_id if loaded.events else act.customer_id
    try:
        done = act.decide(loaded)
        answer = Answer(201 if act.location else 200, dict(done.body), loaded.version + len(done.events), location=act.location)
    except ComplaintRefused as refusal:
        done, answer = Done((), {}), Answer.of(refused(refusal))
    here = Beside(act.stream, (loaded.version or "new") if done.events else "any", customer_id, done.events)
    # In a transaction of its own, before that of the append.
    await deps.sealer.keys_for([one.customer_id for one in (here, *done.beside) if one.customer_id is not None])
    at, number, appends = deps.moment_of(act.on), 0, []
    for one in (here, *done.beside):
        new = []
        for event in one.events:
            number += 1
            body = event if one.customer_id is None else deps.sealer.seal(event, one.stream, one.customer_id)
            new.append(NewEvent(key.new_id(number), body, at, meta))
        appends.append(Append(one.stream, one.expected, one.customer_id, _part(deps, one), new))
    # What concerns all parts is followed by no list that could be waited for.
    followed = not any(event.type in CONTROL_TYPES for event in done.events)
    command = remembered(key, answer, parts=[append.part for append in appends] if followed else None)
    async with deps.pool.acquire() as c:
        appended = await append_many(c, SCHEMA, appends, command=command)
    return concluded(appended, answer, command, key, place)


def _part(deps: Deps, one: Beside) -> int:
    if any(event.type in CONTROL_TYPES for event in one.events):
        return CONTROL_PART
    return part_of(one.stream if one.customer_id is None else str(one.customer_id), deps.parts)


def place(results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    """Where the events of an act stand."""
    parts = stored["parts"]
    return None if parts is None else place_of(results, parts)
