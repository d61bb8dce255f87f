"""How much did each customer buy by month or year, and what share is that? Read from `sold` when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from services.classification.read_models.scoping import Question, scoped_sales
from shared.postgres.pool import Connection

Unit = Literal["month", "year"]


class Bought(NamedTuple):
    customer_id: UUID
    net: Decimal


class Ranked(NamedTuple):
    """Net sales of the scope by period's first day, how many customers they come from, and some of these, the largest first."""

    periods: dict[date, Decimal]
    customers: int
    shown: Sequence[Bought]


# One pass over the sales gives the sums of the customers and those of the days.
_RANKED = """
WITH sums AS MATERIALIZED (
    SELECT customer_id, day, sum(net) AS net FROM ({sales}) x GROUP BY GROUPING SETS ((customer_id), (day)))
SELECT NULL::uuid AS customer_id, date_trunc('{unit}', day::timestamp)::date AS period, sum(net) AS net FROM sums
 WHERE customer_id IS NULL GROUP BY 2
UNION ALL
SELECT NULL, NULL, count(*) FROM sums WHERE customer_id IS NOT NULL
UNION ALL
(SELECT customer_id, NULL, net FROM sums WHERE customer_id IS NOT NULL AND (${n}::numeric IS NULL OR (-net, customer_id) > (-${n}::numeric, ${who}::uuid))
  ORDER BY net DESC, customer_id LIMIT ${limit})"""
_PERIODS = """
SELECT customer_id, date_trunc('{unit}', day::timestamp)::date AS period, sum(net) AS net FROM ({sales}) x
 WHERE customer_id = ANY(${customers}) GROUP BY 1, 2 ORDER BY 1, 2"""


async def ranked(c: Connection, schema: str, asked: Question, unit: Unit, after: Bought | None, limit: int) -> Ranked:
    """Customers with sales or returns in the period, behind `after`."""
    sales = await scoped_sales(c, schema, asked)
    n = sales.following
    statement = _RANKED.format(sales=sales.sql, unit=unit, n=n, who=n + 1, limit=n + 2)
    net, customer = (None, None) if after is None else (after.net, after.customer_id)
    periods, shown, customers = {}, [], 0
    for row in await c.fetch(statement, *sales.arguments, net, customer, limit):
        if row["customer_id"] is not None:
            shown.append(Bought(row["customer_id"], row["net"]))
        elif row["period"] is not None:
            periods[row["period"]] = row["net"]
        else:
            customers = int(row["net"])
    return Ranked(dict(sorted(periods.items())), customers, sorted(shown, key=lambda one: (-one.net, one.customer_id)))


async def by_period(
    c: Connection, schema: str, asked: Question, unit: Unit, customers: Sequence[UUID]
) -> dict[UUID, dict[date, Decimal]]:
    """Net sales of some customers by the period's first day."""
    sales = await scoped_sales(c, schema, asked)
    statement = _PERIODS.format(sales=sales.sql, unit=unit, customers=sales.following)
    found: dict[UUID, dict[date, Decimal]] = {}
    for row in await c.fetch(statement, *sales.arguments, customers):
        found.setdefault(row["customer_id"], {})[row["period"]] = row["net"]
    return found
