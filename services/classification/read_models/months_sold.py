"""How much was sold in each month in a scope? Read from `sold` when asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.classification.read_models.scoping import Question, scoped_sales
from shared.postgres.pool import Connection

_MONTHS = """
SELECT date_trunc('month', day::timestamp)::date AS month, sum(net) AS net
  FROM (SELECT day, sum(net) AS net FROM ({sales}) x GROUP BY day) d GROUP BY 1 ORDER BY 1"""


async def months_sold(c: Connection, schema: str, asked: Question) -> dict[date, Decimal]:
    """Net sales by first day of the month, the oldest first; months without sales and returns are left out."""
    sales = await scoped_sales(c, schema, asked)
    return {row["month"]: row["net"] for row in await c.fetch(_MONTHS.format(sales=sales.sql), *sales.arguments)}
