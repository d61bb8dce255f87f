"""How much was sold of what there are tasks for? (S2.22)"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.sales_tasks import SALES_TASKS, Task
from services.classification.read_models.served import SERVED, Scope
from services.classification.read_models.sold import sold_table
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table


class Reached(NamedTuple):
    """A task, and what was sold of it in its period through the day asked for: net sales, or a quantity where it is one."""

    task: Task
    reached: Decimal


_TASKS = """
WITH page AS (SELECT {columns} FROM {tasks} t WHERE {where} ORDER BY article, first_on, task_id LIMIT {limit})
SELECT p.*, coalesce(sum(CASE WHEN p.currency IS NULL THEN s.quantity ELSE s.net END), 0) AS reached
  FROM page p
  LEFT JOIN (SELECT s.article, s.day, s.currency, s.quantity, s.net, v.area_id, v.salesperson_id
               FROM {sold} s LEFT JOIN {served} v USING (customer_id)
              WHERE s.day <= $1 AND s.article IN (SELECT article FROM page) AND s.day >= (SELECT min(first_on) FROM page)) s
    ON s.article = p.article AND s.day BETWEEN p.first_on AND p.last_on AND (p.currency IS NULL OR s.currency = p.currency)
   AND (p.area_id IS NULL OR s.area_id = p.area_id) AND (p.salesperson_id IS NULL OR s.salesperson_id = p.salesperson_id)
 GROUP BY {grouped} ORDER BY p.article, p.first_on, p.task_id"""


async def tasks_between(
    c: Connection,
    schema: str,
    first: date,
    last: date,
    scope: Scope,
    article: str | None,
    after: tuple[str, date, UUID] | None,
    limit: int,
) -> list[Reached]:
    """Tasks whose period has days from `first` to `last`, by article, with what was sold of them through `last`.

    `scope`: only the tasks of this area or salesperson. What a task counts is sold to the customers that are of its scope now.
    """
    conditions = Conditions([last], ["first_on <= $1"])
    conditions.add("last_on >= {}", first)
    conditions.add("article = {}", article)
    conditions.add("area_id = {}", scope.area_id)
    conditions.add("salesperson_id = {}", scope.salesperson_id)
    conditions.behind("article, first_on, task_id", after)
    columns = list(SALES_TASKS.columns)
    statement = _TASKS.format(
        columns=", ".join(columns),
        grouped=", ".join(f"p.{name}" for name in columns),
        tasks=await live_table(c, schema, SALES_TASKS),
        sold=await sold_table(c, schema),
        served=await live_table(c, schema, SERVED),
        where=conditions.sql,
        limit=f"${len(conditions.values) + 1}",
    )
    rows = await c.fetch(statement, *conditions.values, limit)
    return [Reached(Task(**{name: row[name] for name in columns}), row["reached"]) for row in rows]
