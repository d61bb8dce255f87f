"""The procedure, on the watermark: finds customers about whose alerts something is to be said, and appends what follows.

What follows is decided on the alerts' own streams and appended at the versions that were read: a person who is faster is never
passed over, and two processes that both believe to lead say nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.alerts.domain.alert_state import Alert, state_of
from services.alerts.domain.at_stake import figures_of
from services.alerts.domain.business_days import business_day, start_of
from services.alerts.domain.control import awaited, complete_through
from services.alerts.domain.following import Customer, Standards, follow
from services.alerts.domain.judging import stream_of
from services.alerts.domain.signs import Awaited
from services.alerts.domain.watched_customer import WatchedCustomer
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.standards import organisation, procedure_in_force
from services.alerts.read_models.customers import Serving, serving
from services.alerts.read_models.mutes import mutes_on
from services.alerts.read_models.to_follow import Known, known_alerts, to_follow
from services.alerts.read_models.watched_customers import places_as_they_are, watched
from shared.contracts.alerts import AlertEvent
from shared.contracts.cards import FactKind
from shared.event_store.append import append_many
from shared.event_store.events import Append, Loaded, NewEvent
from shared.event_store.load import load_many
from shared.feed.scan import read_watermark
from shared.postgres.pool import Connection, Pool

IDLE_SECONDS = 0.5
AT_ONCE = 200
HANDED_OVER_EVERY = 8
"""Rounds after which is looked for customers whom somebody else serves: it reads every alert that goes on."""
NOBODY = Serving(None, None)
JUDGED_BY: tuple[FactKind, ...] = ("sales", "invoices", "payments")
"""Kinds of fact that say what a measure came to."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What follows for one customer."""

    customer_id: UUID
    appends: Sequence[Append]


async def follow_alerts(pool: Pool, zone: ZoneInfo) -> None:
    """Take alerts through the procedure, for ever. Any error ends the process; what was appended stands."""
    for number in count():
        if not await follow_once(pool, zone, handed_over=number % HANDED_OVER_EVERY == 0):
            await asyncio.sleep(IDLE_SECONDS)


async def follow_once(pool: Pool, zone: ZoneInfo, *, handed_over: bool) -> int:
    """One round over all customers about whom something is to be said; how many events were appended. `handed_over`: also over those
    whom somebody else serves now."""
    async with pool.acquire() as c:
        watermark = await read_watermark(c, SCHEMA)
        if watermark is None:
            return 0
        today = business_day(watermark.t, zone)
        areas, calendars = await organisation(c)
        standards = Standards((await procedure_in_force(c)).procedure, calendars, areas, await mutes_on(c, today))
        places = await places_as_they_are(c, [0])
    sources = awaited(places[0].control) if places else []
    appended, after = 0, UUID(int=0)
    while True:
        async with pool.acquire() as c:
            holding = [mute.mute_id for mute in standards.mutes]
            closes = standards.procedure.closes_itself
            customers = await to_follow(c, today, holding, closes, after, AT_ONCE, handed_over=handed_over)
            if not customers:
                return appended
            since = start_of(today - timedelta(days=standards.procedure.continues_days), zone)
            followed = await _decide(c, list(customers), customers, standards, sources, today, since, watermark.t)
        appended += await _append(pool, followed)
        after = max(customers)


async def _decide(
    c: Connection,
    customers: Sequence[UUID],
    parts: Mapping[UUID, int],
    standards: Standards,
    sources: Sequence[Awaited],
    today: date,
    since: datetime,
    at: datetime,
) -> list[Followed]:
    known: dict[UUID, list[Known]] = {}
    for one in await known_alerts(c, customers, since):
        known.setdefault(one.customer_id, []).append(one)
    streams = [stream_of(one.alert_id) for several in known.values() for one in several]
    loaded = await load_many(c, SCHEMA, streams)
    rows = await watched(c, customers)
    serves = await serving(c, customers)
    found = []
    for customer_id in customers:
        there = {one.alert_id: loaded[stream_of(one.alert_id)] for one in known.get(customer_id, [])}
        states = [state for alert in there.values() if (state := _state(alert)) is not None]
        customer = _customer(
            serves.get(customer_id, NOBODY), rows.get(customer_id), known.get(customer_id, []), sources, today, since
        )
        events = follow(states, standards, customer, today)
        found.append(Followed(customer_id, _appends(events, there, parts[customer_id], at)))
    return found


def _state(loaded: Loaded) -> Alert | None:
    return state_of(envelope.event for envelope in loaded.events if isinstance(envelope.event, AlertEvent))


def _customer(
    serves: Serving,
    row: WatchedCustomer | None,
    known: Sequence[Known],
    sources: Sequence[Awaited],
    today: date,
    since: datetime,
) -> Customer:
    earlier = {}
    for one in known:
        before = [
            other
            for other in known
            if (other.rule_id, other.channel) == (one.rule_id, one.channel)
            and one.rule_id is not None
            and other.ended_at is not None
            and other.ended_at >= since
            and other.opened_at < one.opened_at
        ]
        if before:
            earlier[one.alert_id] = max(before, key=lambda other: (other.opened_at, other.alert_id)).alert_id
    return Customer(
        area_id=serves.area_id,
        salesperson_id=serves.salesperson_id,
        figures=None if row is None else figures_of(row, today),
        earlier=earlier,
        complete_through=complete_through(sources, JUDGED_BY, () if row is None else row.sales_sources),
    )


def _appends(events: Sequence[AlertEvent], loaded: Mapping[UUID, Loaded], part: int, at: datetime) -> list[Append]:
    by_alert: dict[UUID, list[AlertEvent]] = {}
    for event in events:
        by_alert.setdefault(event.alert_id, []).append(event)
    return [
        Append(
            stream_of(alert_id),
            loaded[alert_id].version,
            several[0].customer_id,
            part,
            [
                NewEvent(uuid5(alert_id, f"{event.type}/{version}"), event, at)
                for version, event in enumerate(several, loaded[alert_id].version + 1)
            ],
        )
        for alert_id, several in by_alert.items()
    ]


async def _append(pool: Pool, followed: Sequence[Followed]) -> int:
    """All at once; where somebody was faster at one alert, customer by customer, and that one in the next round."""
    together: list[Any] = [append for one in followed for append in one.appends]
    if not together:
        return 0
    if await _appended(pool, together):
        return sum(len(append.events) for append in together)
    appended = 0
    for one in followed:
        if one.appends and await _appended(pool, one.appends):
            appended += sum(len(append.events) for append in one.appends)
    return appended


async def _appended(pool: Pool, appends: Sequence[Append]) -> bool:
    async with pool.acquire() as c, c.transaction():
        return (await append_many(c, SCHEMA, appends)).outcome == "appended"
