"""The procedure and the calendars: what is in force, and publishing the next version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from services.alerts.domain.areas import Areas
from services.alerts.domain.procedure import STREAM, procedure_of, publish_procedure
from services.alerts.domain.working_days import (
    COMPANY,
    Calendar,
    calendar_of,
    calendar_stream,
    publish_calendar,
)
from services.alerts.handlers.carrying_out import Decided, Meta, carry_out
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import AREA_UNKNOWN
from services.alerts.read_models.areas import all_areas
from shared.contracts.alert_steps import ProcedurePublished
from shared.contracts.event import Event
from shared.event_store.load import load, load_many
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem


class InForce(NamedTuple):
    """The procedure and the version of its stream, 0 when none was published."""

    procedure: ProcedurePublished
    version: int


async def procedure_in_force(c: Connection) -> InForce:
    loaded = await load(c, SCHEMA, STREAM)
    return InForce(procedure_of(envelope.event for envelope in loaded.events), loaded.version)


async def calendars_in_force(c: Connection, areas: Iterable[str]) -> dict[str, Calendar]:
    """The calendars of the company and of these areas that have one."""
    found = await load_many(c, SCHEMA, [calendar_stream(one) for one in (COMPANY, *areas)])
    calendars = {}
    for stream, loaded in found.items():
        calendar = calendar_of(envelope.event for envelope in loaded.events)
        if calendar is not None:
            calendars[stream.removeprefix("calendar-")] = calendar
    return calendars


async def organisation(c: Connection) -> tuple[Areas, dict[str, Calendar]]:
    """The areas, and the calendars that were published for them."""
    areas = await all_areas(c)
    return areas, await calendars_in_force(c, areas)


async def set_procedure(deps: Deps, wanted: ProcedurePublished, key: CommandKey, meta: Meta, expected: int) -> Answer:
    """The next version of the procedure. Raises Problem."""

    async def decided(before: Sequence[Event]) -> Decided:
        event = publish_procedure(procedure_of(before), wanted, key.principal)
        return Decided([event], procedure_shown(event), None)

    return await carry_out(deps, STREAM, decided, key, meta, expected)


async def set_calendar(
    deps: Deps,
    area_id: str,
    weekend: Sequence[int],
    holidays: Sequence[date],
    working_days: Sequence[date],
    key: CommandKey,
    meta: Meta,
    expected: int,
) -> Answer:
    """The next version of an area's calendar, or of the company's. Raises Problem."""
    if area_id != COMPANY:
        async with deps.pool.acquire() as c:
            if area_id not in await all_areas(c):
                raise Problem(AREA_UNKNOWN)

    async def decided(before: Sequence[Event]) -> Decided:
        event = publish_calendar(calendar_of(before), area_id, weekend, holidays, working_days, key.principal)
        calendar = calendar_of([event])
        return Decided([event], {} if calendar is None else calendar_shown(area_id, calendar), None)

    return await carry_out(deps, calendar_stream(area_id), decided, key, meta, expected)


def procedure_shown(procedure: ProcedurePublished) -> dict[str, object]:
    """Every field, also where it names nothing."""
    shown = {name: msgspec.to_builtins(getattr(procedure, name)) for name in procedure.__struct_fields__}
    shown.pop("decided_by")
    return shown


def calendar_shown(area_id: str, calendar: Calendar) -> dict[str, object]:
    return {
        "area_id": area_id,
        "version": calendar.version,
        "weekend": sorted(calendar.weekend),
        "holidays": [day.isoformat() for day in sorted(calendar.holidays)],
        "working_days": [day.isoformat() for day in sorted(calendar.working_days)],
    }
