"""Commands on one stream: an alert, going live, a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.alerts.domain.alert import AlertCommand, ReportAbnormality, decide
from services.alerts.domain.alert_state import evolve, state_of
from services.alerts.domain.decisions import GO_LIVE_STREAM, go_live
from services.alerts.domain.judging import stream_of
from services.alerts.handlers.carrying_out import Decided, Meta, carry_out
from services.alerts.handlers.deps import Deps
from services.alerts.handlers.problems import ALERT_UNKNOWN
from shared.contracts.alerts import AlertEvent, MeasureDecided
from shared.contracts.event import Event
from shared.web.answers import Answer
from shared.web.commands import CommandKey


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
        body: dict[str, Any] = {"id": str(alert_id), "state": None if state is None else state.state}
        for event in made:
            if isinstance(event, MeasureDecided):
                body |= {
                    "measure_id": str(event.measure_id),
                    "due_on": None if event.due_on is None else event.due_on.isoformat(),
                }
        return Decided(sealed, body, customer_id)

    return await carry_out(deps, stream, decided, key, meta, expected, unknown=ALERT_UNKNOWN)


async def report(deps: Deps, command: ReportAbnormality, key: CommandKey, meta: Meta) -> Answer:
    """Somebody noticed something: it opens an alert for the superior. Raises Problem."""
    stream = stream_of(command.alert_id)

    async def decided(before: Sequence[Event]) -> Decided:
        made = decide(state_of(_alert_events(before)), command)
        await deps.sealer.keys_for([command.customer_id])
        sealed = [deps.sealer.seal(event, stream, command.customer_id) for event in made]
        body = {"id": str(command.alert_id), "state": "OPEN"}
        return Decided(sealed, body, command.customer_id, 201, f"/v1/alerts/{command.alert_id}")

    return await carry_out(deps, stream, decided, key, meta, None)


async def declare_live(deps: Deps, live_on: Any, key: CommandKey, meta: Meta) -> Answer:
    """Rules fire from now on. Raises Problem."""

    async def decided(before: Sequence[Event]) -> Decided:
        event = go_live(before, live_on, deps.today(), key.principal)
        return Decided([event], {"live_on": event.live_on.isoformat()}, None, 201, "/v1/go-live")

    return await carry_out(deps, GO_LIVE_STREAM, decided, key, meta, None)


def _alert_events(events: Sequence[Event]) -> list[AlertEvent]:
    return [event for event in events if isinstance(event, AlertEvent)]
