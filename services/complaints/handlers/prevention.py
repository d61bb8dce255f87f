"""Preventive measures: decided, carried out, their effect checked against what was received, or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from services.complaints.domain import prevention
from services.complaints.domain.prevention import (
    CheckMeasure,
    DecideMeasure,
    Measure,
    MeasureCommand,
    measure_of,
    measure_stream,
    spans,
)
from services.complaints.handlers.acts import Act, Done, carry_out
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.fact_problems import PREVENTION_UNKNOWN
from services.complaints.read_models.recurrence import around
from shared.contracts.complaint_facts import PreventionChecked
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey

Meta = Mapping[str, str]


async def begin(deps: Deps, command: DecideMeasure, key: CommandKey, meta: Meta) -> Answer:
    """Raises Problem: IDEMPOTENCY_KEY_REUSED, UNAVAILABLE."""

    def decided(loaded: Loaded) -> Done:
        return Done([prevention.begin(_measure(loaded), command)], {"id": str(command.measure_id), "state": "DECIDED"})

    location = f"/v1/prevention/{command.measure_id}"
    return await carry_out(
        deps, Act(measure_stream(command.measure_id), command.decided_on, decided, location=location), key, meta
    )


async def step(
    deps: Deps, measure_id: UUID, command: MeasureCommand, state: str, expected: int | None, key: CommandKey, meta: Meta
) -> Answer:
    """Raises Problem: PREVENTION_UNKNOWN, VERSION_STALE, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE."""

    def decided(loaded: Loaded) -> Done:
        event = prevention.decide(_measure(loaded), command)
        body: dict[str, object] = {"id": str(measure_id), "state": state}
        if isinstance(event, PreventionChecked):
            body |= {"before": event.before, "after": event.after, "effective": event.effective}
        return Done([event], body)

    act = Act(measure_stream(measure_id), command.on, decided, unknown=PREVENTION_UNKNOWN)
    return await carry_out(deps, act, key, meta, expected)


async def counted(deps: Deps, measure_id: UUID, on: date, today: date, principal: UUID) -> CheckMeasure:
    """The check of a measure with what was received before and after it, as far as is folded."""
    async with deps.pool.acquire() as c:
        measure = _measure(await load(c, SCHEMA, measure_stream(measure_id)))
        found = None if measure is None else spans(measure)
        before = after = 0
        if measure is not None and found is not None:
            before, after = await around(c, SCHEMA, measure.against, measure.value, *found)
    return CheckMeasure(on, today, principal, before, after)


def _measure(loaded: Loaded) -> Measure | None:
    return measure_of(envelope.event for envelope in loaded.events)
