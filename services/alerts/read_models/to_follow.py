"""About whose alerts has the procedure something to say, and which alerts of theirs does it need to know?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.alerts.read_models.alerts import ALERTS
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

_TO_FOLLOW = """
SELECT customer_id, min(part) AS part FROM (
  SELECT customer_id, part FROM {table} WHERE look_on < $1
  UNION ALL
  SELECT customer_id, part FROM {table} WHERE held AND muted_by IS NOT NULL AND NOT muted_by = ANY($2::uuid[])
  UNION ALL
  SELECT a.customer_id, a.part FROM {table} a WHERE a.held AND a.inhibited_by IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM {table} b WHERE b.alert_id = a.inhibited_by AND b.state IN ('OPEN', 'ACKNOWLEDGED'))
  UNION ALL
  SELECT customer_id, part FROM {table} WHERE state = 'RECOVERED' AND NOT restricts AND kind || '/' || level = ANY($3::text[])
  {handed_over}
) AS found WHERE customer_id > $4 GROUP BY customer_id ORDER BY customer_id LIMIT {limit:d}"""


# Looks at every alert that goes on.
_HANDED_OVER = """UNION ALL
  SELECT a.customer_id, a.part FROM {table} a JOIN {customers} w ON w.customer_id = a.customer_id
   WHERE a.state IN ('OPEN', 'ACKNOWLEDGED') AND a.routed AND NOT a.held
     AND (a.area_id, a.salesperson_id) IS DISTINCT FROM (w.area_id, w.salesperson_id)"""


async def to_follow(
    c: Connection,
    today: date,
    holding: Sequence[UUID],
    closes_itself: Sequence[str],
    after: UUID,
    limit: int,
    *,
    handed_over: bool,
) -> dict[UUID, int]:
    """Customers, with their parts, about whose alerts the procedure has something to say: sides to ask, steps that are late,
    mutes that hold no longer (`holding` do), inhibition that is over, what closes itself, and, where asked for, whom somebody else
    serves now."""
    table, customers = await live_table(c, "alerts", ALERTS), await live_table(c, "alerts", "customers")
    also = _HANDED_OVER.format(table=table, customers=customers) if handed_over else ""
    statement = _TO_FOLLOW.format(table=table, handed_over=also, limit=limit)
    rows = await c.fetch(statement, today, list(holding), list(closes_itself), after)
    return {row["customer_id"]: row["part"] for row in rows}


class Known(NamedTuple):
    """An alert of a customer; `ended_at` is None while it goes on."""

    alert_id: UUID
    customer_id: UUID
    rule_id: str | None
    channel: str | None
    opened_at: datetime
    ended_at: datetime | None


_KNOWN = """
SELECT alert_id, customer_id, rule_id, channel, opened_at, CASE WHEN state IN ('RECOVERED', 'CLOSED') THEN ended_at END
  FROM {table} WHERE customer_id = ANY($1::uuid[]) AND (state <> 'CLOSED' OR look_on IS NOT NULL OR ended_at >= $2)
 ORDER BY opened_at, alert_id"""


async def known_alerts(c: Connection, customers: Sequence[UUID], since: datetime) -> list[Known]:
    """Alerts of customers that are not closed, or still to be verified, or were closed no longer ago than `since`."""
    rows = await c.fetch(_KNOWN.format(table=await live_table(c, "alerts", ALERTS)), list(customers), since)
    return [Known(*row) for row in rows]
