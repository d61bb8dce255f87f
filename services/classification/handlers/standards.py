"""Publishing a standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.classification.domain.standard import STREAM, PublishStandard, StandardRefused, decide, evolve, standard_of
from services.classification.domain.value_class import Standard
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import refused
from shared.contracts.cursor import TopicPart
from shared.contracts.topics import CLASSIFICATION_CONTROL
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

CONTROL_PART = 0


class Current(NamedTuple):
    """The standard in force and the version of its stream, 0 when none was published."""

    standard: Standard
    version: int


async def current_standard(c: Connection) -> Current:
    loaded = await load(c, SCHEMA, STREAM)
    return Current(standard_of(envelope.event for envelope in loaded.events), loaded.version)


def shown(standard: Standard) -> dict[str, Any]:
    return {
        "version": standard.version,
        "a_below": str(standard.a_below),
        "b_below": str(standard.b_below),
        "period_days": standard.period_days,
    }


async def publish_standard(
    deps: Deps, command: PublishStandard, seen_version: int, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Decide on the version that the caller has seen. Raises Problem: 412 for another version, 422 for a key used otherwise."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, STREAM, (key.principal, key.route, key.key))
    if loaded.stored is not None:
        return repeated(loaded.stored, key, _place)
    if loaded.version != seen_version:
        raise Problem("VERSION_STALE")
    standard = standard_of(envelope.event for envelope in loaded.events)
    new = []
    try:
        for n, event in enumerate(decide(standard, command)):
            standard = evolve(standard, event)
            new.append(NewEvent(key.new_id(n), event, deps.now(), meta))
        answer = Answer(200, shown(standard), version=loaded.version + len(new))
    except StandardRefused as refusal:
        answer = Answer.of(refused(refusal))
    record = remembered(key, answer)
    async with deps.pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, [Append(STREAM, loaded.version or "new", None, CONTROL_PART, new)], command=record)
    told = concluded(done, answer, record, key, _place)
    if told is None:
        raise Problem("VERSION_STALE")
    return told


def _place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
    cursors = [result.cursor for result in results if result.cursor is not None]
    return position_token(TopicPart(CLASSIFICATION_CONTROL, CONTROL_PART), cursors[-1]) if cursors else None
