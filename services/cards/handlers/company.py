"""Commands on what concerns the company as a whole and no single customer: load, decide, append. Such streams stand in part 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.cards.domain.refusals import CardRefused
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from shared.contracts.event import Event
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, Loaded, NewEvent
from shared.event_store.load import load
from shared.event_store.turns import wait_for_turn
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

PART = 0
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done on a stream, whose events go to `topic`.

    `decide` gives the events from what was loaded, or raises CardRefused; `body` is what the answer says then. `valid_from`: the
    moment from which it holds in business, None for now.
    """

    stream: str
    topic: str
    decide: Callable[[Loaded], list[Event]]
    body: Callable[[Sequence[Event]], Mapping[str, Any]]
    valid_from: datetime | None = None


async def carry_out(deps: Deps, act: Act, key: CommandKey, meta: Mapping[str, str], expected: int | None = None) -> Answer:
    """Carry out a command that came over HTTP. A refusal is remembered with its key.

    Raises Problem: VERSION_STALE when `expected` is not the stream's version, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE.
    """

    def place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
        cursor = results[0].cursor if results else None
        return None if cursor is None else f"{act.topic}/{PART}/{cursor}"

    for _ in range(_TRIES):
        async with deps.pool.acquire() as c, c.transaction():
            if expected is None:
                await wait_for_turn(c, act.stream)
            loaded = await load(c, SCHEMA, act.stream, (key.principal, key.route, key.key))
            if loaded.stored is not None:
                return repeated(loaded.stored, key, place)
            if expected is not None and expected != loaded.version:
                raise Problem("VERSION_STALE")
            events: list[Event] = []
            try:
                events = act.decide(loaded)
                answer = Answer(200, dict(act.body(events)), loaded.version + len(events))
            except CardRefused as refusal:
                answer = Answer.of(refused(refusal))
            at = act.valid_from or deps.now()
            new = [NewEvent(key.new_id(n), event, at, meta) for n, event in enumerate(events)]
            append = Append(act.stream, loaded.version if new else "any", None, PART, new)
            command = remembered(key, answer)
            appended = await append_many(c, SCHEMA, [append], command=command)
        if appended.outcome == "conflict" and expected is not None:
            raise Problem("VERSION_STALE")
        told = concluded(appended, answer, command, key, place)
        if told is not None:
            return told
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})
