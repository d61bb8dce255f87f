"""Who once bought and does not any more, and who never bought? From the engine's rows of watched customers."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.alerts.read_models.watched_customers import NAME
from shared.postgres.pool import Connection
from shared.projections.routing import live_slot, live_table, own_rows


class Dormant(NamedTuple):
    """`quiet_since`: the day on which the customer's silence passed its own line. `silence_alert`: the open alert, where
    there is one; none where the line was passed too long before anybody could be warned."""

    customer_id: UUID
    name: str | None
    orders: int
    last_purchase_on: date | None
    quiet_since: date | None
    silence_alert: UUID | None


_COLUMNS = "w.customer_id, c.name, w.orders, w.last_purchase_on, w.quiet_since, w.silence_alert"
_WATCHED = ("customer_id", "orders", "bought", "last_purchase_on", "quiet_last_on", "quiet_since", "silence_alert")
_QUIET = """
SELECT {columns} FROM {watched} w LEFT JOIN {customers} c ON c.customer_id = w.customer_id
 WHERE w.quiet_last_on IS NOT NULL AND ($1::boolean IS NULL OR (w.silence_alert IS NOT NULL) = $1)
   AND ($2::date IS NULL OR (w.quiet_last_on, w.customer_id) < ($2, $3::uuid))
 ORDER BY w.quiet_last_on DESC, w.customer_id DESC LIMIT $4"""
_NEVER = """
SELECT {columns} FROM {watched} w LEFT JOIN {customers} c ON c.customer_id = w.customer_id
 WHERE NOT w.bought AND ($1::uuid IS NULL OR w.customer_id > $1) ORDER BY w.customer_id LIMIT $2"""


async def quiet(c: Connection, alerted: bool | None, after: tuple[date, UUID] | None, limit: int) -> list[Dormant]:
    """Customers past their own line of silence, the latest purchase first. `alerted`: only those with an open alert, or without."""
    day, customer_id = (None, None) if after is None else after
    statement = _QUIET.format(columns=_COLUMNS, **await _tables(c))
    return [Dormant(*row) for row in await c.fetch(statement, alerted, day, customer_id, limit)]


async def never_bought(c: Connection, after: UUID | None, limit: int) -> list[Dormant]:
    """Customers with a card and without any purchase, by id."""
    statement = _NEVER.format(columns=_COLUMNS, **await _tables(c))
    return [Dormant(*row) for row in await c.fetch(statement, after, limit)]


async def _tables(c: Connection) -> dict[str, str]:
    watched = f"alerts.{NAME}_{await live_slot(c, 'alerts', NAME)}"
    return {"watched": await own_rows(c, watched, _WATCHED), "customers": await live_table(c, "alerts", "customers")}
