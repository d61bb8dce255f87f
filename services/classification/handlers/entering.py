"""What persons enter over HTTP, one command on one stream at a time: load, decide, append."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.classification.domain.refusals import EntryRefused
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import entry_refused
from services.classification.read_models.customer_sales import one
from shared.contracts.cursor import TopicPart, part_of
from shared.contracts.event import Event
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.event_store.turns import wait_for_turn
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

COMPANY_PART = 0
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be done on a stream, whose events go to `topic`.

    `customer_id` is whom it concerns, who must be known; None: the company. `decide` gives the events from those of the stream, or
    raises EntryRefused; `body` is what the answer says then. `on`: the business day on which it happened; now where it is left out.
    """

    stream: str
    topic: str
    customer_id: UUID | None
    decide: Callable[[Sequence[Event]], Sequence[Event]]
    body: Callable[[Sequence[Event]], Mapping[str, Any]]
    status: int = 200
    on: date | None = None


async def enter(deps: Deps, entry: Entry, key: CommandKey, meta: Mapping[str, str], expected: int | None = None) -> Answer:
    """Carry out a command. A refusal is remembered with its key.

    Raises Problem: CUSTOMER_UNKNOWN, VERSION_STALE when `expected` is not the stream's version, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE.
    """
    part = COMPANY_PART if entry.customer_id is None else part_of(str(entry.customer_id), deps.parts)

    def place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
        cursors = [result.cursor for result in results if result.cursor is not None]
        return position_token(TopicPart(entry.topic, part), cursors[-1]) if cursors else None

    for _ in range(_TRIES):
        async with deps.pool.acquire() as c, c.transaction():
            if expected is None:
                await wait_for_turn(c, entry.stream)
            loaded = await load(c, SCHEMA, entry.stream, (key.principal, key.route, key.key))
            if loaded.stored is not None:
                return repeated(loaded.stored, key, place)
            if entry.customer_id is not None and not loaded.version and await one(c, SCHEMA, entry.customer_id) is None:
                raise Problem("CUSTOMER_UNKNOWN")
            if expected is not None and loaded.version != expected:
                raise Problem("VERSION_STALE")
            events: Sequence[Event] = []
            try:
                events = entry.decide([envelope.event for envelope in loaded.events])
                answer = Answer(entry.status, dict(entry.body(events)), version=loaded.version + len(events))
            except EntryRefused as refusal:
                answer = Answer.of(entry_refused(refusal))
            at = deps.now() if entry.on is None else deps.start_of(entry.on)
            new = [NewEvent(key.new_id(n), event, at, meta) for n, event in enumerate(events)]
            record = remembered(key, answer)
            append = Append(entry.stream, (loaded.version or "new") if new else "any", entry.customer_id, part, new)
            done = await append_many(c, SCHEMA, [append], command=record)
        if done.outcome == "conflict" and expected is not None:
            raise Problem("VERSION_STALE")
        told = concluded(done, answer, record, key, place)
        if told is not None:
            return told
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})
