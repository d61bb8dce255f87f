"""What is done with a complaint after its receipt, each step by the standards in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.complaints.domain.commands import Step
from services.complaints.domain.complaint import ComplaintEvent, complaint_stream, day_of, decide
from services.complaints.domain.refusals import BeforeReceipt, ComplaintRefused, DayInFuture
from services.complaints.domain.states import NotReceived, Open, evolve, state_of
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.places import place_of
from services.complaints.handlers.problems import COMPLAINT_UNKNOWN, refused
from services.complaints.handlers.standards import standards_in_force
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated


async def take_step(
    deps: Deps,
    complaint_id: UUID,
    step: Step,
    seen_version: int,
    key: CommandKey,
    meta: Mapping[str, str],
    at: datetime | None = None,
) -> Answer:
    """Decide on the version that the caller has seen. A refusal is remembered with its key. `at`: the moment of the step, where it
    is known; else now, or the beginning of its day.

    Raises Problem: 404 for no such complaint, 412 for another version, 422 for a key used otherwise.
    """
    stream = complaint_stream(complaint_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        standards = await standards_in_force(c)
    if loaded.stored is not None:
        return repeated(loaded.stored, key, _place)
    if not loaded.events:
        raise Problem(COMPLAINT_UNKNOWN)
    if loaded.version != seen_version:
        raise Problem("VERSION_STALE")
    customer_id, part = loaded.events[0].customer_id, loaded.events[0].part
    if customer_id is None:
        raise AssertionError("a complaint is a customer's")
    now = deps.now()
    state = state_of(envelope.event for envelope in loaded.events)
    events: list[ComplaintEvent] = []
    try:
        if at is not None and at > now:
            raise DayInFuture
        if at is not None and isinstance(state, Open) and at.astimezone(deps.zone).date() < state.received_on:
            raise BeforeReceipt
        events = decide(state, step, standards)
    except ComplaintRefused as refusal:
        answer = Answer.of(refused(refusal))
    else:
        for event in events:
            state = evolve(state, event)
        if isinstance(state, NotReceived):
            raise AssertionError("what was received stays received")
        body = {"id": str(complaint_id), "state": state.name}
        answer = Answer(200, body, version=loaded.version + len(events))
        await deps.sealer.keys_for([customer_id])
    moment = at or deps.moment_of(day_of(step))
    new = [NewEvent(key.new_id(n), deps.sealer.seal(event, stream, customer_id), moment, meta) for n, event in enumerate(events)]
    command = remembered(key, answer, parts=[part])
    async with deps.pool.acquire() as c:
        done = await append_many(c, SCHEMA, [Append(stream, loaded.version, customer_id, part, new)], command=command)
    told = concluded(done, answer, command, key, _place)
    if told is None:
        raise Problem("VERSION_STALE")
    return told


def _place(results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    return place_of(results, stored["parts"])
