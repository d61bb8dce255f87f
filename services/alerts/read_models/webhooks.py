"""Who is told of alerts over HTTP? One row a subscription, written with its events, so that no alert behind it is overlooked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.alerts.domain.webhook import Secret, State, Wanted, Webhook
from services.alerts.read_models.webhook_queue import give_up, try_now
from shared.contracts.cursor import Cursor, parse_cursor
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """`since` is the place in the log behind which alerts are told. `waiting` and `dead` count calls."""

    hook: Webhook
    version: int
    since: Cursor
    created_at: datetime
    failing_since: datetime | None
    last_delivered_at: datetime | None
    waiting: int = 0
    dead: int = 0


_secrets = msgspec.json.Decoder(tuple[Secret, ...])

# What the sender has noted is of the subscription as it was: a resumed one begins anew, and so does one that a person has revised.
_SAVE = """
INSERT INTO alerts.webhooks AS w (webhook_id, version, state, reason, name, sealed_url, secrets, kinds, levels, rules, since)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11)
ON CONFLICT (webhook_id) DO UPDATE SET version = excluded.version, state = excluded.state, reason = excluded.reason,
  name = excluded.name, sealed_url = excluded.sealed_url, secrets = excluded.secrets, kinds = excluded.kinds,
  levels = excluded.levels, rules = excluded.rules,
  failing_since = CASE WHEN excluded.state = w.state AND excluded.sealed_url = w.sealed_url THEN w.failing_since END"""

_COLUMNS = """
w.webhook_id, w.name, w.sealed_url, w.secrets::text, w.kinds, w.levels, w.rules, w.state, w.reason, w.version, w.since, w.created_at,
w.failing_since, w.last_delivered_at"""
_COUNTED = """
SELECT {columns}, n.waiting, n.dead FROM alerts.webhooks w, LATERAL (
  SELECT count(*) FILTER (WHERE d.state = 'WAITING') AS waiting, count(*) FILTER (WHERE d.state = 'DEAD') AS dead
    FROM alerts.webhook_deliveries d WHERE d.webhook_id = w.webhook_id) n
 WHERE {conditions} ORDER BY w.created_at, w.webhook_id LIMIT {limit:d}"""
_SERVED = "SELECT {columns} FROM alerts.webhooks w WHERE w.state = ANY($1::text[]) ORDER BY w.created_at, w.webhook_id"


async def save(c: Connection, hook: Webhook, version: int, since: Cursor) -> None:
    """Write what a command has led to, in its transaction. `since` counts for a new subscription only."""
    secrets = msgspec.json.encode(hook.secrets).decode()
    wanted = hook.wanted
    await c.execute(
        _SAVE,
        hook.webhook_id,
        version,
        hook.state,
        hook.reason,
        hook.name,
        hook.sealed_url,
        secrets,
        list(wanted.kinds),
        list(wanted.levels),
        list(wanted.rules),
        str(since),
    )
    if hook.state == "ACTIVE":
        await try_now(c, hook.webhook_id)
    elif hook.state == "ENDED":
        await give_up(c, hook.webhook_id)


async def find(c: Connection, webhook_id: UUID) -> WebhookRow | None:
    """One subscription that has not ended, with its counts."""
    found = await _counted(c, Conditions([webhook_id], ["w.webhook_id = $1", "w.state <> 'ENDED'"]), 1)
    return found[0] if found else None


async def page(c: Connection, after: tuple[datetime, UUID] | None, limit: int) -> list[WebhookRow]:
    """Subscriptions that have not ended, the oldest first, behind the given one."""
    where = Conditions([], ["w.state <> 'ENDED'"])
    where.behind("w.created_at, w.webhook_id", after)
    return await _counted(c, where, limit)


async def served(c: Connection, *states: str) -> list[WebhookRow]:
    """All subscriptions in these states, without counts."""
    return [_row(tuple(record)) for record in await c.fetch(_SERVED.format(columns=_COLUMNS), list(states))]


async def _counted(c: Connection, where: Conditions, limit: int) -> list[WebhookRow]:
    statement = _COUNTED.format(columns=_COLUMNS, conditions=where.sql, limit=limit)
    return [_row(tuple(record)) for record in await c.fetch(statement, *where.values)]


class _Stored(NamedTuple):
    webhook_id: UUID
    name: str
    sealed_url: str
    secrets: str
    kinds: Sequence[str]
    levels: Sequence[str]
    rules: Sequence[str]
    state: str
    reason: str | None
    version: int
    since: str
    created_at: datetime
    failing_since: datetime | None
    last_delivered_at: datetime | None
    waiting: int = 0
    dead: int = 0


def _row(record: tuple[object, ...]) -> WebhookRow:
    r = _Stored._make((*record, 0, 0)[: len(_Stored._fields)])
    wanted = msgspec.convert({"kinds": r.kinds, "levels": r.levels, "rules": r.rules}, Wanted)
    state = msgspec.convert(r.state, State)
    hook = Webhook(r.webhook_id, r.name, r.sealed_url, _secrets.decode(r.secrets), wanted, state, r.reason)
    since = parse_cursor(r.since)
    return WebhookRow(hook, r.version, since, r.created_at, r.failing_since, r.last_delivered_at, r.waiting, r.dead)
