"""What a source says about its own completeness. These are control events: they concern all parts and stand in part 0."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import reduce
from uuid import UUID

from services.cards.domain.identity import source_stream
from services.cards.domain.refusals import CardRefused
from services.cards.domain.source import Live, Source, SourceCommand, decide, evolve
from services.cards.handlers.cards import record
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from shared.contracts.event import Event
from shared.contracts.topics import CARDS_CONTROL
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, Loaded, NewEvent, StoredAnswer
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem

_TRIES = 8
_PART = 0


async def declare(deps: Deps, command: SourceCommand, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Carry out a declaration that came over HTTP. Raises Problem: IDEMPOTENCY_KEY_REUSED."""
    stream = source_stream(command.source, command.fact_kind)
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c, c.transaction():
            loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
            if loaded.stored is not None:
                return _replayed(loaded.stored, key)
            events, refusal = _decided(loaded, command)
            answer = _answer(command, loaded.version, events, refusal)
            new = [NewEvent(key.new_id(n), event, deps.now(), meta) for n, event in enumerate(events)]
            append = Append(stream, "any" if refusal else loaded.version, None, _PART, new)
            appended = await append_many(c, SCHEMA, [append], command=record(key, answer))
        match appended.outcome:
            case "appended":
                return _positioned(answer, appended.results)
            case "key_reused":
                raise reused_key()
            case "replayed":
                return _replayed(
                    StoredAnswer(key.fingerprint, appended.status or 200, appended.answer or {}, appended.results), key
                )
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


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
            events, _ = _decided(loaded, command)
            if events:
                new = [NewEvent(event_id, event, deps.now(), meta) for event in events]
                appended = await append_many(c, SCHEMA, [Append(stream, loaded.version, None, _PART, new)])
                if appended.outcome != "appended":
                    continue
            await note(c)
            return
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


def _decided(loaded: Loaded, command: SourceCommand) -> tuple[list[Event], CardRefused | None]:
    start: Source = Live()
    state = reduce(evolve, (envelope.event for envelope in loaded.events), start)
    try:
        return decide(state, command), None
    except CardRefused as refusal:
        return [], refusal


def _answer(command: SourceCommand, version: int, events: list[Event], refusal: CardRefused | None) -> Answer:
    if refusal is not None:
        return Answer.of(refused(refusal))
    body = {"source": command.source, "fact_kind": command.fact_kind, "status": "recorded" if events else "unchanged"}
    return Answer(200, body, version + len(events))


def _replayed(stored: StoredAnswer, key: CommandKey) -> Answer:
    if stored.fingerprint != key.fingerprint:
        raise reused_key()
    return _positioned(Answer.read(stored.status, stored.answer), stored.results)


def _positioned(answer: Answer, results: tuple[AppendResult, ...]) -> Answer:
    cursor = results[0].cursor if results else None
    if cursor is None:
        return answer
    return Answer(
        answer.status, answer.body, answer.version, f"{CARDS_CONTROL}/{_PART}/{cursor}", answer.location, answer.replayed
    )
