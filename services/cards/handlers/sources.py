"""What a source says about its own completeness. These are control events: they concern all parts and stand in part 0."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import reduce
from typing import Any
from uuid import UUID

from services.cards.domain.identity import source_stream
from services.cards.domain.refusals import CardRefused
from services.cards.domain.source import Live, Source, SourceCommand, decide, evolve
from services.cards.handlers.company import PART, Act, carry_out
from services.cards.handlers.deps import SCHEMA, Deps
from shared.contracts.event import Event
from shared.contracts.topics import CARDS_CONTROL
from shared.event_store.append import append_many
from shared.event_store.events import Append, Loaded, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem

_TRIES = 8


async def declare(deps: Deps, command: SourceCommand, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Carry out a declaration that came over HTTP. Raises Problem: IDEMPOTENCY_KEY_REUSED."""

    def body(events: Sequence[Event]) -> Mapping[str, Any]:
        return {"source": command.source, "fact_kind": command.fact_kind, "status": "recorded" if events else "unchanged"}

    stream = source_stream(command.source, command.fact_kind)
    act = Act(stream, CARDS_CONTROL, lambda loaded: decide(_state_of(loaded), command), body)
    return await carry_out(deps, act, key, meta)


async def declare_for_import(
    deps: Deps,
    command: SourceCommand,
    event_id: UUID,
    meta: Mapping[str, str],
    note: Callable[[Connection], Awaitable[None]],
) -> None:
    """Carry out a declaration of an import job; `note` writes what the job remembers of it into the same transaction."""
    stream = source_stream(command.source, command.fact_kind)
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c, c.transaction():
            loaded = await load(c, SCHEMA, stream)
            events = _decided(loaded, command)
            if events:
                new = [NewEvent(event_id, event, deps.now(), meta) for event in events]
                appended = await append_many(c, SCHEMA, [Append(stream, loaded.version, None, PART, new)])
                if appended.outcome != "appended":
                    continue
            await note(c)
            return
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


def _decided(loaded: Loaded, command: SourceCommand) -> list[Event]:
    # What an import declares twice, or too late, is passed over.
    try:
        return decide(_state_of(loaded), command)
    except CardRefused:
        return []


def _state_of(loaded: Loaded) -> Source:
    start: Source = Live()
    return reduce(evolve, (envelope.event for envelope in loaded.events), start)
