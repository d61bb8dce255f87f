"""Commands on one stream: an alert, going live, a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.alerts.domain.alert import AlertCommand, ReportAbnormality, decide, evolve, name_of, state_of
from services.alerts.domain.decisions import GO_LIVE_STREAM, go_live, publish_rule, rule_stream
from services.alerts.domain.judging import stream_of
from services.alerts.domain.refusals import AlertRefused, RuleUnknown
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import ALERT_UNKNOWN, refused
from shared.contracts.alerts import AlertEvent
from shared.contracts.cursor import TopicPart, part_of
from shared.contracts.event import Event
from shared.contracts.topics import ALERTS_CONTROL, ALERTS_EVENTS
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

_TRIES = 5
Meta = Mapping[str, str]


class Decided(NamedTuple):
    """What a command leads to: events, already sealed, and the body of the answer."""

    events: Sequence[Event]
    body: Mapping[str, Any]
    customer_id: UUID | None
    status: int = 200
    location: str | None = None


async def act_on_alert(
    deps: Deps, alert_id: UUID, command: AlertCommand, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """What a person does about an alert. Raises Problem: 404, 412 when `expected` is not its version, 422 for a reused key."""
    stream = stream_of(alert_id)

    async def decided(before: Sequence[Event]) -> Decided:
        state = state_of(_alert_events(before))
        made = decide(state, command)
        customer_id = made[0].customer_id
        await deps.sealer.keys_for([customer_id])
        for event in made:
            state = evolve(state, event)
        sealed = [deps.sealer.seal(event, stream, customer_id) for event in made]
        return Decided(sealed, {"id": str(alert_id), "state": name_of(state)}, customer_id)

    return await _carry_out(deps, stream, decided, key, meta, expected, unknown=ALERT_UNKNOWN)


async def report(deps: Deps, command: ReportAbnormality, key: CommandKey, meta: Meta) -> Answer:
    """Somebody noticed something: it opens an alert for the superior. Raises Problem."""
    stream = stream_of(command.alert_id)

    async def decided(before: Sequence[Event]) -> Decided:
        made = decide(state_of(_alert_events(before)), command)
        await deps.sealer.keys_for([command.customer_id])
        sealed = [deps.sealer.seal(event, stream, command.customer_id) for event in made]
        body = {"id": str(command.alert_id), "state": "OPEN"}
        return Decided(sealed, body, command.customer_id, 201, f"/v1/alerts/{command.alert_id}")

    return await _carry_out(deps, stream, decided, key, meta, None)


async def declare_live(deps: Deps, live_on: Any, key: CommandKey, meta: Meta) -> Answer:
    """Rules fire from now on. Raises Problem."""

    async def decided(before: Sequence[Event]) -> Decided:
        event = go_live(before, live_on, deps.today(), key.principal)
        return Decided([event], {"live_on": event.live_on.isoformat()}, None, 201, "/v1/go-live")

    return await _carry_out(deps, GO_LIVE_STREAM, decided, key, meta, None)


async def set_parameters(
    deps: Deps, rule_id: str, parameters: Mapping[str, Any], key: CommandKey, meta: Meta, expected: int
) -> Answer:
    """A new version of a rule. Raises Problem."""
    if rule_id not in RULES_BY_ID:
        raise refused(RuleUnknown())

    async def decided(before: Sequence[Event]) -> Decided:
        event = publish_rule(before, rule_id, parameters, key.principal)
        return Decided([event], {"rule_id": rule_id, "version": event.version}, None)

    return await _carry_out(deps, rule_stream(rule_id), decided, key, meta, expected)


async def _carry_out(
    deps: Deps,
    stream: str,
    decided: Callable[[Sequence[Event]], Any],
    key: CommandKey,
    meta: Meta,
    expected: int | None,
    unknown: str | None = None,
) -> Answer:
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
    topic, part = (ALERTS_CONTROL, 0) if customer_id is None else (ALERTS_EVENTS, part_of(str(customer_id), deps.parts))
    new = [NewEvent(key.new_id(n), event, deps.now(), meta) for n, event in enumerate(events)]
    command = remembered(key, answer, place=[topic, part])
    async with deps.pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, [Append(stream, version, customer_id, part, new)], command=command)
    return concluded(done, answer, command, key, _place)


def _place(results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    topic, part = stored["place"]
    written = [result.cursor for result in results if result.cursor is not None]
    return position_token(TopicPart(topic, part), max(written)) if written else None


def _alert_events(events: Sequence[Event]) -> list[AlertEvent]:
    return [event for event in events if isinstance(event, AlertEvent)]
