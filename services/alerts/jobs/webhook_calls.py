"""From alerts to calls: reads the service's own log in commit order and queues what subscriptions ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import takewhile
from uuid import UUID

import msgspec

from services.alerts.domain.alert_state import REPORTED_LEVEL
from services.alerts.domain.webhook_call import body_of
from services.alerts.handlers.deps import SCHEMA
from services.alerts.read_models.webhook_queue import Mark, Queued, marks_of, queue, save_marks
from services.alerts.read_models.webhooks import WebhookRow, served
from shared.contracts.alerts import AbnormalityReported, AlertEvent, AlertOpened, AlertReopened, AlertWorsened
from shared.contracts.company_alerts import CompanyAlertChanged, CompanyAlertEvent, CompanyAlertOpened
from shared.contracts.event import decode, event_types
from shared.contracts.topics import ALERTS_EVENTS
from shared.event_store.events import StoredRow
from shared.event_store.tail import tail
from shared.postgres.pool import Pool
from shared.privacy.fields import change
from shared.projections.positions import PartLost, Position, make_unrouted, move, read_positions

POSITION = "webhooks"
AT_ONCE = 1000
Told = AlertEvent | CompanyAlertEvent
POLL_SECONDS = 0.5


async def queue_calls(pool: Pool) -> None:
    """Follow the log for ever. Several processes may: the place that was read is moved by compare-and-set."""
    while True:
        try:
            while await queue_next(pool):
                pass
        except PartLost:
            # Another process was faster; the place is read again.
            continue
        await asyncio.sleep(POLL_SECONDS)


async def queue_next(pool: Pool) -> bool:
    """Queue what lies behind the place reached, in one transaction with it. False: there is nothing more. Raises PartLost."""
    async with pool.acquire() as c:
        position = await _position(pool)
        found = await tail(c, SCHEMA, position.cursor(ALERTS_EVENTS), AT_ONCE)
    # What a newer version of the program has recorded waits for a process that knows it.
    rows = list(takewhile(lambda row: row.type in event_types(), found))
    if not rows:
        return False
    told = [(row, event) for row in rows if isinstance(event := decode(row.type, row.body), AlertEvent | CompanyAlertEvent)]
    async with pool.acquire() as c, c.transaction():
        await move(c, SCHEMA, [position.moved(ALERTS_EVENTS, rows[-1].cursor, None)])
        # Read behind the log: a subscription that an event follows has been committed by now.
        hooks = await served(c, "ACTIVE", "PAUSED", "DISABLED")
        marks = await marks_of(c, {event.alert_id for _, event in told})
        calls, changed = calls_of(told, marks, hooks)
        await save_marks(c, changed)
        await queue(c, calls)
    return len(found) == AT_ONCE


def calls_of(
    told: Sequence[tuple[StoredRow, Told]], marks: Mapping[UUID, Mark], hooks: Sequence[WebhookRow]
) -> tuple[list[Queued], dict[UUID, Mark]]:
    """The calls that these events ask for, in order, and what the alerts are behind them."""
    calls: list[Queued] = []
    changed: dict[UUID, Mark] = {}
    for row, event in told:
        mark = _marked(event) or changed.get(event.alert_id) or marks.get(event.alert_id)
        if _marked(event) is not None and mark is not None:
            changed[event.alert_id] = mark
        level, rule_id = (None, None) if mark is None else (mark.level, mark.rule_id)
        kind, queue_key = (event.kind, event.customer_id) if isinstance(event, AlertEvent) else ("company", event.alert_id)
        takers = [h for h in hooks if h.since < row.cursor and h.hook.wanted.includes(kind, level, rule_id)]
        if takers:
            body = _body(row, event)
            calls += [Queued(h.hook.webhook_id, row.event_id, queue_key, row.type, body) for h in takers]
    return calls, changed


def _marked(event: Told) -> Mark | None:
    match event:
        case AlertOpened() | AlertWorsened() | AlertReopened() | CompanyAlertOpened() | CompanyAlertChanged():
            return Mark(event.finding.level, event.finding.rule_id)
        case AbnormalityReported():
            return Mark(REPORTED_LEVEL, None)
    return None


def _body(row: StoredRow, event: Told) -> str:
    data = msgspec.to_builtins(change(event, lambda field, text: None))
    more = {"event_id": row.event_id, "occurred_at": row.occurred_at, "recorded_at": row.recorded_at, "version": row.version}
    return body_of(row.type, row.occurred_at, data | more)


async def _position(pool: Pool) -> Position:
    async with pool.acquire() as c:
        found = await read_positions(c, SCHEMA, {POSITION: 1}, [0])
        if not found:
            await make_unrouted(c, SCHEMA, POSITION, [0])
            found = await read_positions(c, SCHEMA, {POSITION: 1}, [0])
    return found[0]
