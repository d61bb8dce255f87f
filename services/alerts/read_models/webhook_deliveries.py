"""What became of the calls of a subscription?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection


class Delivery(NamedTuple):
    """One call. `body` is empty in lists; `last_status` and `last_error` are of the last attempt."""

    event_id: UUID
    place: int
    queue_key: UUID
    type: str
    state: str
    attempts: int
    next_at: datetime
    queued_at: datetime
    ended_at: datetime | None
    last_status: int | None
    last_error: str | None
    body: str


_COLUMNS = "event_id, place, queue_key, type, state, attempts, next_at, queued_at, ended_at, last_status, last_error"
_PAGE = "SELECT {columns}, '' AS body FROM alerts.webhook_deliveries WHERE {conditions} ORDER BY place DESC LIMIT {limit:d}"
_ONE = "SELECT {columns}, body FROM alerts.webhook_deliveries WHERE webhook_id = $1 AND event_id = $2"


async def deliveries(
    c: Connection, webhook_id: UUID, state: str | None, customer_id: UUID | None, after: int | None, limit: int
) -> list[Delivery]:
    """Calls, the latest first, behind the given place."""
    where = Conditions()
    where.add("webhook_id = {}", webhook_id)
    where.add("state = {}", state)
    where.add("queue_key = {}", customer_id)
    where.add("place < {}", after)
    statement = _PAGE.format(columns=_COLUMNS, conditions=where.sql, limit=limit)
    return [Delivery(*record) for record in await c.fetch(statement, *where.values)]


async def delivery(c: Connection, webhook_id: UUID, event_id: UUID) -> Delivery | None:
    record = await c.fetchrow(_ONE.format(columns=_COLUMNS), webhook_id, event_id)
    return None if record is None else Delivery(*record)
