"""Receiving complaints, one or many: who is meant, was it received before, then one append for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.complaints.domain.complaint import complaint_stream, decide, delivered_id
from services.complaints.domain.intake import Intake
from services.complaints.domain.refusals import ComplaintRefused, DayInFuture, NotContinuing
from services.complaints.domain.states import Closed, Complaint, NotReceived, Withdrawn, state_of
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.places import place_of
from services.complaints.handlers.problems import COMPLAINT_CONFLICT, refused
from services.complaints.read_models import matters
from services.complaints.read_models.customers import known, owners
from services.complaints.read_models.received import received
from services.complaints.read_models.twins import twins
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.cursor import part_of
from shared.event_store.append import append_many
from shared.event_store.events import Append, CommandRecord, NewEvent
from shared.event_store.load import load, load_many
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowing
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Received:
    """One answer an intake, in order: `status` is recorded, duplicate, conflict or rejected; the last two have a `problem`."""

    items: Sequence[Mapping[str, Any]]
    position: str | None
    replayed: bool


@dataclass(slots=True)
class _Prepared:
    """New complaints in the clear with their places; what became of the other places."""

    new: list[tuple[int, ComplaintReceived]] = field(default_factory=list)
    moments: dict[int, datetime] = field(default_factory=dict)
    items: dict[int, Mapping[str, Any]] = field(default_factory=dict)


async def receive(
    deps: Deps, intakes: Sequence[Intake | None], unreadable: Mapping[int, Problem], key: CommandKey, meta: Mapping[str, str]
) -> Received:
    """Receive what one request delivers; `unreadable` are the places that could not even be read.

    Raises Problem: 404 when the only complaint is about nobody known, 422 for a key used otherwise, 503 after too many races.
    """
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            stored = (await load(c, SCHEMA, "", (key.principal, key.route, key.key))).stored
            if stored is not None:
                if stored.fingerprint != key.fingerprint:
                    raise reused_key()
                return Received(stored.answer["items"], place_of(stored.results, stored.answer["parts"]), replayed=True)
            customers = await _customers(c, intakes)
        ids = [_id(one, key, place) for place, one in enumerate(intakes)]
        async with deps.pool.acquire() as c:
            before = await received(c, SCHEMA, {one for one in ids if one is not None})
            continued = await _continued(c, intakes)
        ready = await _prepare(deps, intakes, ids, customers, before, continued, key)
        if len(intakes) == 1 and ready.items.get(0, {}).get("problem", {}).get("status") == 404:
            raise Problem("CUSTOMER_UNKNOWN")
        ready.items.update({place: _refusal(problem) for place, problem in unreadable.items()})
        await _name_twins(deps, ready)
        answer = await _append(deps, ready, key, meta)
        if answer is not None:
            return answer
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


def _id(intake: Intake | None, key: CommandKey, place: int) -> UUID | None:
    if intake is None:
        return None
    if intake.source is not None and intake.source_event_id is not None:
        return delivered_id(intake.source, intake.source_event_id)
    return key.new_id(2 * place)


async def _customers(c: Connection, intakes: Sequence[Intake | None]) -> list[UUID | None]:
    """Whom each complaint is about, None where nobody is known."""
    named = {one.external_id for one in intakes if one is not None and one.external_id is not None}
    by_id = {one.customer_id for one in intakes if one is not None and one.customer_id is not None}
    found = await owners(c, SCHEMA, list(named))
    there = await known(c, SCHEMA, list(by_id))

    def of(intake: Intake) -> UUID | None:
        if intake.external_id is not None:
            return found.get(intake.external_id)
        return intake.customer_id if intake.customer_id in there else None

    return [None if one is None else of(one) for one in intakes]


async def _continued(c: Connection, intakes: Sequence[Intake | None]) -> dict[UUID, Complaint]:
    """What has become of the complaints that are taken up again."""
    streams = {complaint_stream(one.continues): one.continues for one in intakes if one is not None and one.continues is not None}
    found = await load_many(c, SCHEMA, list(streams))
    return {streams[stream]: state_of(one.event for one in loaded.events) for stream, loaded in found.items()}


def _check_continues(intake: Intake, customer_id: UUID, continued: Mapping[UUID, Complaint]) -> None:
    before = None if intake.continues is None else continued.get(intake.continues)
    if intake.continues is not None and not (isinstance(before, Closed | Withdrawn) and before.customer_id == customer_id):
        raise NotContinuing


def _on_its_day(deps: Deps, intake: Intake) -> Intake:
    """The intake with the business day of the moment at which it arrived, where only that is known."""
    if intake.received_at is None:
        return intake
    if intake.received_at > deps.now():
        raise DayInFuture
    on = intake.received_on or intake.received_at.astimezone(deps.zone).date()
    return replace(intake, received_on=on)


async def _prepare(
    deps: Deps,
    intakes: Sequence[Intake | None],
    ids: Sequence[UUID | None],
    customers: Sequence[UUID | None],
    before: Mapping[UUID, ComplaintReceived],
    continued: Mapping[UUID, Complaint],
    key: CommandKey,
) -> _Prepared:
    ready = _Prepared()
    clear = await deps.sealer.unseal_structs([(event, complaint_stream(one)) for one, event in before.items()])
    seen = {event.complaint_id: event for event in clear}
    today = deps.today()
    for place, (intake, complaint_id, customer_id) in enumerate(zip(intakes, ids, customers, strict=True)):
        if intake is None or complaint_id is None:
            continue
        if customer_id is None:
            ready.items[place] = _refusal(Problem("CUSTOMER_UNKNOWN"))
            continue
        try:
            intake = _on_its_day(deps, intake)
            _check_continues(intake, customer_id, continued)
            (event,) = decide(NotReceived(), intake.command(complaint_id, customer_id, today, key.principal))
        except ComplaintRefused as refusal:
            ready.items[place] = _refusal(refused(refusal))
            continue
        if not isinstance(event, ComplaintReceived):
            raise AssertionError(f"receiving led to {event!r}")
        stored = seen.get(complaint_id)
        if stored is None:
            seen[complaint_id] = event
            ready.new.append((place, event))
            ready.moments[place] = intake.received_at or deps.moment_of(event.received_on)
            ready.items[place] = _item("recorded", event)
        elif intake.repeats(stored, event):
            ready.items[place] = _item("duplicate", stored)
        else:
            shown = (
                _item("conflict", stored) if stored.customer_id == customer_id or narrowing() is None else {"status": "conflict"}
            )
            ready.items[place] = {**shown, "problem": Problem(COMPLAINT_CONFLICT).body()}
    return ready


async def _name_twins(deps: Deps, ready: _Prepared) -> None:
    """Say at once what may be the same matter as a new complaint; to link them is for a person."""
    async with deps.pool.acquire() as c:
        found = await twins(c, SCHEMA, [matters.received(event) for _, event in ready.new])
    for place, event in ready.new:
        if event.complaint_id in found:
            alike = [
                {"id": str(one.complaint_id), "received_on": one.received_on.isoformat(), "alike": list(one.alike)}
                for one in found[event.complaint_id]
            ]
            ready.items[place] = {**ready.items[place], "likely_twins": alike}


def _item(status: str, event: ComplaintReceived) -> dict[str, Any]:
    return {"status": status, "id": str(event.complaint_id), "customer_id": str(event.customer_id)}


def _refusal(problem: Problem) -> Mapping[str, Any]:
    return {"status": "rejected", "problem": problem.body()}


async def _append(deps: Deps, ready: _Prepared, key: CommandKey, meta: Mapping[str, str]) -> Received | None:
    """None: somebody else was quicker with one of them, and all is to be decided again."""
    await deps.sealer.keys_for([event.customer_id for _, event in ready.new])
    appends = []
    for place, event in ready.new:
        stream = complaint_stream(event.complaint_id)
        sealed = deps.sealer.seal(event, stream, event.customer_id)
        new = NewEvent(key.new_id(2 * place + 1), sealed, ready.moments[place], meta)
        appends.append(Append(stream, "new", event.customer_id, part_of(str(event.customer_id), deps.parts), [new]))
    items = [ready.items[place] for place in sorted(ready.items)]
    parts = [append.part for append in appends]
    command = CommandRecord(key.principal, key.route, key.key, key.fingerprint, 200, {"items": items, "parts": parts})
    async with deps.pool.acquire() as c:
        done = await append_many(c, SCHEMA, appends, command=command)
    if done.outcome == "key_reused":
        raise reused_key()
    if done.outcome == "replayed" and done.answer is not None:
        return Received(done.answer["items"], place_of(done.results, done.answer["parts"]), replayed=True)
    return Received(items, place_of(done.results, parts), replayed=False) if done.outcome == "appended" else None
