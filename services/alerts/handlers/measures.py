"""Measures: decided with the customer's figures of that day, by when they are due, and when the data will be asked what they came to."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from services.alerts.domain.alert import DecideMeasure, MeasureName, TakeMeasure
from services.alerts.domain.areas import upwards
from services.alerts.domain.at_stake import figures_of
from services.alerts.domain.judging import stream_of
from services.alerts.domain.working_days import after, calendar_for
from services.alerts.handlers.carrying_out import Meta
from services.alerts.handlers.commands import act_on_alert
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import ALERT_UNKNOWN
from services.alerts.handlers.standards import organisation, procedure_in_force
from services.alerts.read_models.customers import serving
from services.alerts.read_models.watched_customers import watched
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem


async def decide_measure(
    deps: Deps, alert_id: UUID, measure: MeasureName, due_on: date | None, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """Without `due_on` it is due in the working days that the procedure gives. Raises Problem."""
    today = deps.today()
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream_of(alert_id))
        if not loaded.events or loaded.events[0].customer_id is None:
            raise Problem(ALERT_UNKNOWN)
        customer_id = loaded.events[0].customer_id
        customer = (await watched(c, [customer_id])).get(customer_id)
        if due_on is None:
            procedure = (await procedure_in_force(c)).procedure
            areas, calendars = await organisation(c)
            serves = (await serving(c, [customer_id])).get(customer_id)
            calendar = calendar_for(calendars, upwards(areas, None if serves is None else serves.area_id))
            due_on = after(calendar, today, procedure.take_days)
    figures = None if customer is None else figures_of(customer, today)
    command = DecideMeasure(key.principal, measure, key.new_id(1), due_on, today, figures)
    return await act_on_alert(deps, alert_id, command, key, meta, expected)


async def take_measure(
    deps: Deps,
    alert_id: UUID,
    measure_id: UUID,
    taken_on: date | None,
    verify_on: date | None,
    key: CommandKey,
    meta: Meta,
    expected: int | None,
) -> Answer:
    """Without `verify_on` the data are asked after the days that the procedure gives. Raises Problem."""
    today = deps.today()
    day = taken_on or today
    if verify_on is None:
        async with deps.pool.acquire() as c:
            verify_on = day + timedelta(days=(await procedure_in_force(c)).procedure.verify_days)
    command = TakeMeasure(key.principal, measure_id, day, today, verify_on)
    return await act_on_alert(deps, alert_id, command, key, meta, expected)
