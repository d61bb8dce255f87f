"""Which calls are to be made? Written in the transaction that moves the place read; taken by senders, each call by one at a time.

INVARIANT: of one customer, a subscription has one call that is due, the oldest that waits, and no other is made. Whoever adds,
ends or repeats calls holds the lock of the subscription, so that each end finds the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from shared.postgres.pool import Connection

LEASE = timedelta(seconds=60)
"""A sender that died is waited for so long."""
KEPT = timedelta(days=30)
OUTAGE = timedelta(minutes=1)
"""A receiver that took nothing for so long was away; one that refuses a call now and then is not."""


class Queued(NamedTuple):
    """A call that is to be made. What has the same `queue_key`, a customer, is delivered in order."""

    webhook_id: UUID
    event_id: UUID
    queue_key: UUID
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What an alert is at the place that was read."""

    level: str
    rule_id: str | None


class Claimed(NamedTuple):
    """A call that is this sender's until its lease ends. `attempts` counts this one and fences what the sender writes.

    `tried_for`: since the first attempt.
    """

    webhook_id: UUID
    event_id: UUID
    queue_key: UUID
    body: str
    attempts: int
    tried_for: timedelta


_LOCK = "SELECT FROM alerts.webhooks WHERE webhook_id = ANY($1::uuid[]) ORDER BY webhook_id FOR UPDATE"

_QUEUE = """
INSERT INTO alerts.webhook_deliveries (webhook_id, event_id, queue_key, type, body)
SELECT n.webhook_id, n.event_id, n.queue_key, n.type, n.body
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
    AS n(webhook_id, event_id, queue_key, type, body, place)
 ORDER BY n.place
ON CONFLICT (webhook_id, event_id) DO NOTHING"""

# Nobody looks at calls that are not due, however many wait behind one.
_PROMOTE = """
UPDATE alerts.webhook_deliveries d SET due = true, next_at = now()
  FROM (SELECT k.webhook_id, (SELECT min(o.place) FROM alerts.webhook_deliveries o
                               WHERE o.webhook_id = k.webhook_id AND o.queue_key = k.queue_key AND o.state = 'WAITING') AS place
          FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[])) AS k(webhook_id, queue_key)
         WHERE NOT EXISTS (SELECT FROM alerts.webhook_deliveries o
                            WHERE o.webhook_id = k.webhook_id AND o.queue_key = k.queue_key AND o.due)) h
 WHERE d.webhook_id = h.webhook_id AND d.place = h.place"""

_CLAIM = """
WITH found AS (
  SELECT f.webhook_id, f.event_id
    FROM unnest($1::uuid[], $2::int[]) AS h(webhook_id, room), LATERAL (
      SELECT d.webhook_id, d.event_id FROM alerts.webhook_deliveries d
       WHERE d.webhook_id = h.webhook_id AND d.due AND d.next_at <= now()
         AND (d.leased_until IS NULL OR d.leased_until < now())
       ORDER BY d.next_at LIMIT h.room FOR UPDATE SKIP LOCKED) f)
UPDATE alerts.webhook_deliveries d SET attempts = d.attempts + 1, leased_until = now() + $3::interval, began_at = coalesce(d.began_at, now())
  FROM found WHERE d.webhook_id = found.webhook_id AND d.event_id = found.event_id
RETURNING d.webhook_id, d.event_id, d.queue_key, d.body, d.attempts, now() - d.began_at"""

_END = """
UPDATE alerts.webhook_deliveries
   SET state = $4, due = false, ended_at = now(), leased_until = NULL, last_status = $5, last_error = $6
 WHERE webhook_id = $1 AND event_id = $2 AND attempts = $3 AND due RETURNING 1"""
_WAIT = """
UPDATE alerts.webhook_deliveries SET next_at = now() + $4::interval, leased_until = NULL, last_status = $5, last_error = $6
 WHERE webhook_id = $1 AND event_id = $2 AND attempts = $3 AND due"""
_WELL = """
UPDATE alerts.webhooks w SET last_delivered_at = now(), failing_since = NULL FROM (
  SELECT webhook_id, failing_since FROM alerts.webhooks WHERE webhook_id = $1 FOR UPDATE) before
 WHERE w.webhook_id = before.webhook_id RETURNING before.failing_since < now() - $2::interval"""
_ALL_NOW = "UPDATE alerts.webhook_deliveries SET next_at = now() WHERE webhook_id = $1 AND due AND next_at > now()"
_FAILING = """
UPDATE alerts.webhooks SET failing_since = coalesce(failing_since, now()) WHERE webhook_id = $1 RETURNING failing_since"""

_AGAIN = """
UPDATE alerts.webhook_deliveries SET state = 'WAITING', attempts = 0, began_at = NULL, leased_until = NULL, ended_at = NULL
 WHERE webhook_id = $1 AND state = ANY($2::text[]) AND ($3::uuid IS NULL OR event_id = $3)
   AND ($4::timestamptz IS NULL OR queued_at >= $4)
RETURNING webhook_id, queue_key"""
_GIVE_UP = """
UPDATE alerts.webhook_deliveries SET state = 'DEAD', due = false, ended_at = now(), last_error = 'SUBSCRIPTION_ENDED'
 WHERE webhook_id = $1 AND state = 'WAITING'"""

_OLDEST = "SELECT coalesce(extract(epoch FROM now() - min(queued_at)), 0)::float FROM alerts.webhook_deliveries WHERE due"
_LOCK_ALL = "SELECT FROM alerts.webhooks ORDER BY webhook_id FOR UPDATE"
_PRUNE = "DELETE FROM alerts.webhook_deliveries WHERE state <> 'WAITING' AND queued_at < now() - $1::interval"
_EXPIRE = """
UPDATE alerts.webhook_deliveries SET state = 'DEAD', due = false, ended_at = now(), last_error = 'TOO_OLD'
 WHERE state = 'WAITING' AND queued_at < now() - $1::interval AND (leased_until IS NULL OR leased_until < now())
RETURNING webhook_id, queue_key"""

_MARKS = "SELECT alert_id, level, rule_id FROM alerts.webhook_alerts WHERE alert_id = ANY($1::uuid[])"
_SAVE_MARKS = """
INSERT INTO alerts.webhook_alerts (alert_id, level, rule_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT (alert_id) DO UPDATE SET level = excluded.level, rule_id = excluded.rule_id"""


async def queue(c: Connection, calls: Sequence[Queued]) -> None:
    """Add calls in their order; one that is there already stays as it is."""
    if calls:
        columns = [list(column) for column in zip(*calls, strict=True)]
        await c.execute(_LOCK, columns[0])
        await c.execute(_QUEUE, *columns)
        await c.execute(_PROMOTE, columns[0], columns[2])


async def claim(c: Connection, rooms: Mapping[UUID, int]) -> list[Claimed]:
    """Take calls that are due, of each subscription as many as there is room for."""
    records = await c.fetch(_CLAIM, list(rooms), list(rooms.values()), LEASE)
    return [Claimed(*record) for record in records]


async def delivered(c: Connection, call: Claimed, status: int | None) -> None:
    """The receiver took the call; the next one of the customer is due. After an outage everything is tried at once."""
    if await c.fetchval(_WELL, call.webhook_id, OUTAGE):
        await c.execute(_ALL_NOW, call.webhook_id)
    await _ended(c, call, "DELIVERED", status, None)


async def failed(c: Connection, call: Claimed, wait: timedelta | None, status: int | None, failure: str | None) -> datetime:
    """The receiver did not take the call: it is made again after `wait`, or given up. Since when the receiver has taken none."""
    since: datetime = await c.fetchval(_FAILING, call.webhook_id)
    if wait is None:
        await _ended(c, call, "DEAD", status, failure)
    else:
        await c.execute(_WAIT, call.webhook_id, call.event_id, call.attempts, wait, status, failure)
    return since


async def _ended(c: Connection, call: Claimed, state: str, status: int | None, failure: str | None) -> None:
    # Nothing, where it is somebody else's by now.
    if await c.fetchval(_END, call.webhook_id, call.event_id, call.attempts, state, status, failure) is not None:
        await c.execute(_PROMOTE, [call.webhook_id], [call.queue_key])


async def again(c: Connection, webhook_id: UUID, states: Iterable[str], event_id: UUID | None, since: datetime | None) -> None:
    """Calls that had ended are made once more, in their order, behind what is under way."""
    await c.execute(_LOCK, [webhook_id])
    await _promote(c, await c.fetch(_AGAIN, webhook_id, list(states), event_id, since))


async def oldest(c: Connection) -> float:
    """Seconds since the oldest call that is not yet made was queued; 0 where none waits."""
    age: float = await c.fetchval(_OLDEST)
    return age


async def try_now(c: Connection, webhook_id: UUID) -> None:
    await c.execute(_ALL_NOW, webhook_id)


async def give_up(c: Connection, webhook_id: UUID) -> None:
    await c.execute(_GIVE_UP, webhook_id)


async def prune(c: Connection, kept: timedelta = KEPT) -> None:
    """What is older: calls that still wait are given up, ended ones are forgotten with their bodies. In a transaction."""
    await c.execute(_LOCK_ALL)
    await c.execute(_PRUNE, kept)
    await _promote(c, await c.fetch(_EXPIRE, kept))


async def _promote(c: Connection, rows: Sequence[asyncpg.Record]) -> None:
    await c.execute(_PROMOTE, [row["webhook_id"] for row in rows], [row["queue_key"] for row in rows])


async def marks_of(c: Connection, alert_ids: Iterable[UUID]) -> dict[UUID, Mark]:
    return {row["alert_id"]: Mark(row["level"], row["rule_id"]) for row in await c.fetch(_MARKS, list(alert_ids))}


async def save_marks(c: Connection, marks: Mapping[UUID, Mark]) -> None:
    if marks:
        await c.execute(_SAVE_MARKS, list(marks), [m.level for m in marks.values()], [m.rule_id for m in marks.values()])
