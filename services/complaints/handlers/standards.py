"""The procedure, the decision rule and the working hours: what is in force, and publishing the next version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.complaints.domain import authority, procedure, working_hours
from services.complaints.domain.refusals import StandardRefused
from services.complaints.domain.standards import Standards
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.problems import STANDARD_REFUSED
from shared.contracts.complaint_steps import ComplaintProcedurePublished, DecisionRulePublished, WorkingHoursPublished
from shared.contracts.cursor import TopicPart
from shared.contracts.event import Event
from shared.contracts.topics import COMPLAINTS_CONTROL
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load, load_many
from shared.postgres.pool import Connection
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

CONTROL_PART = 0
Published = ComplaintProcedurePublished | DecisionRulePublished | WorkingHoursPublished


class InForce(NamedTuple):
    """What was published last, None for nothing, and the version of its stream."""

    event: Event | None
    version: int


async def in_force(c: Connection, stream: str) -> InForce:
    loaded = await load(c, SCHEMA, stream)
    return InForce(loaded.events[-1].event if loaded.events else None, loaded.version)


async def standards_in_force(c: Connection) -> Standards:
    found = await load_many(c, SCHEMA, [procedure.STREAM, authority.STREAM])
    events = {stream: [envelope.event for envelope in loaded.events] for stream, loaded in found.items()}
    return Standards(
        procedure.procedure_of(events.get(procedure.STREAM, ())), authority.rule_of(events.get(authority.STREAM, ()))
    )


def shown(event: Published) -> dict[str, Any]:
    """A standard as it is told; who published it is a number that only the log needs."""
    return {name: getattr(event, name) for name in event.__struct_fields__ if name != "decided_by"}


async def publish_procedure(
    deps: Deps, wanted: ComplaintProcedurePublished, seen_version: int, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Steps taken and deadlines told from now on follow it. Raises Problem."""

    def decided(before: Sequence[Event], by: UUID) -> Published:
        return procedure.publish_procedure(procedure.procedure_of(before), wanted, by)

    return await _publish(deps, procedure.STREAM, decided, seen_version, key, meta)


async def publish_rule(
    deps: Deps, wanted: DecisionRulePublished, seen_version: int, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Decisions from now on follow it. Raises Problem."""

    def decided(before: Sequence[Event], by: UUID) -> Published:
        return authority.publish_rule(authority.rule_of(before), wanted, by)

    return await _publish(deps, authority.STREAM, decided, seen_version, key, meta)


async def publish_hours(
    deps: Deps, place: str, wanted: WorkingHoursPublished, seen_version: int, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """All that is not over yet is due by it. `place`: an area, or `company`. Raises Problem."""

    def decided(before: Sequence[Event], by: UUID) -> Published:
        return working_hours.publish_hours(working_hours.published(before), wanted, by)

    return await _publish(deps, working_hours.hours_stream(place), decided, seen_version, key, meta)


async def _publish(
    deps: Deps,
    stream: str,
    decided: Callable[[Sequence[Event], UUID], Published],
    seen_version: int,
    key: CommandKey,
    meta: Mapping[str, str],
) -> Answer:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
    if loaded.stored is not None:
        return repeated(loaded.stored, key, _place)
    if loaded.version != seen_version:
        raise Problem("VERSION_STALE")
    new = []
    try:
        event = decided([envelope.event for envelope in loaded.events], key.principal)
    except StandardRefused as refusal:
        answer = Answer.of(Problem(STANDARD_REFUSED, detail=str(refusal)))
    else:
        new.append(NewEvent(key.new_id(), event, deps.now(), meta))
        answer = Answer(200, shown(event), version=loaded.version + 1)
    record = remembered(key, answer)
    async with deps.pool.acquire() as c:
        done = await append_many(c, SCHEMA, [Append(stream, loaded.version or "new", None, CONTROL_PART, new)], command=record)
    told = concluded(done, answer, record, key, _place)
    if told is None:
        raise Problem("VERSION_STALE")
    return told


def _place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
    cursors = [result.cursor for result in results if result.cursor is not None]
    return position_token(TopicPart(COMPLAINTS_CONTROL, CONTROL_PART), cursors[-1]) if cursors else None
