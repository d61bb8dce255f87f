"""The list of alerts as it is read: narrowed, in pages, with the customers' names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.alerts.read_models.alerts import ALERTS, AlertRow
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table


class Filters(NamedTuple):
    """What a page is narrowed to; None for any. `side` waits for an acknowledgement, `person` stands at a side or was told of a
    delay; `due_by`: something is due by that day; `held`: muted or inhibited."""

    kind: str | None = None
    level: str | None = None
    state: str | None = None
    rule_id: str | None = None
    customer_id: UUID | None = None
    group_id: UUID | None = None
    side: str | None = None
    person: str | None = None
    area_id: str | None = None
    salesperson_id: str | None = None
    due_by: date | None = None
    due_step: str | None = None
    held: bool | None = None
    muted_by: UUID | None = None


_CONDITIONS = {name: f"a.{name} = {{}}" for name in Filters._fields} | {
    "side": "a.waiting && ARRAY[{}::text]",
    "person": "a.persons && ARRAY[{}::text]",
    "due_by": "a.due_on <= {}",
}


class Listed(NamedTuple):
    """An alert and the customer's name, where it is a company's."""

    row: AlertRow
    name: str | None


_COLUMNS = ", ".join(f"a.{name}" + ("::text" if kind == "jsonb" else "") for name, kind in ALERTS.columns.items())
_PAGE = """
SELECT {columns}, w.name AS customer_name FROM {table} a LEFT JOIN {customers} w ON w.customer_id = a.customer_id
 WHERE {conditions} ORDER BY a.opened_at DESC, a.alert_id DESC LIMIT {limit:d}"""


async def page(c: Connection, filters: Filters, after: tuple[datetime, UUID] | None, limit: int) -> list[Listed]:
    """Alerts, the latest opened first, after the given one."""
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("a.opened_at, a.alert_id", after, descending=True)
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, "alerts", ALERTS),
        customers=await live_table(c, "alerts", "customers"),
        conditions=where.sql,
        limit=limit,
    )
    return [_listed(row) for row in await c.fetch(statement, *where.values)]


def _listed(record: Iterable[Any]) -> Listed:
    *values, name = record
    return Listed(AlertRow(*values), name)
