"""Which open alerts of customers may a silent source explain? Those whose line was passed after its last day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from services.alerts.domain.watched_customer import read
from shared.contracts.company_alerts import Child
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

_SILENT = """
SELECT customer_id, silence_alert, state FROM {watched} WHERE silence_alert IS NOT NULL AND quiet_since > $1 ORDER BY customer_id"""
_OPEN = """
SELECT customer_id, alert_id FROM {alerts}
 WHERE rule_id = ANY($2::text[]) AND true_on > $1 AND state IN ('OPEN', 'ACKNOWLEDGED') ORDER BY customer_id, alert_id"""


async def silences_after(c: Connection, through: date, source: str) -> tuple[Child, ...]:
    """Customers of a source who have fallen silent since."""
    rows = await c.fetch(_SILENT.format(watched=await live_table(c, "alerts", "watched_customers")), through)
    return tuple(
        Child(alert_id=row["silence_alert"], customer_id=row["customer_id"])
        for row in rows
        if source in read(row["state"]).sales_sources
    )


async def alerts_after(c: Connection, through: date, rules: Collection[str]) -> tuple[Child, ...]:
    """Open alerts of these rules that became true since."""
    rows = await c.fetch(_OPEN.format(alerts=await live_table(c, "alerts", "alerts")), through, list(rules))
    return tuple(Child(alert_id=row["alert_id"], customer_id=row["customer_id"]) for row in rows)
