"""How much was put into new customers and how much into old ones, and how many were won and kept by it?"""

from __future__ import annotations

from typing import NamedTuple

from services.classification.domain.effort import Spent
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.scoping import Question, scoped_customers, scoped_sales
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

# Whoever never bought is new, and stays so for some days after the first purchase.
_SPENT = """
WITH spent AS (SELECT e.customer_id, e.currency, e.cost, e.hours,
                      (f.first_sale_on IS NULL OR e.spent_on < f.first_sale_on + $1::int) AS is_new
                 FROM ({investments}) e LEFT JOIN {sales} f ON f.customer_id = e.customer_id
                WHERE e.spent_on BETWEEN $2 AND $3)
SELECT is_new, count(DISTINCT customer_id) AS customers, count(*) AS investments, coalesce(sum(hours), 0) AS hours,
       coalesce(sum(cost) FILTER (WHERE currency = $4), 0) AS cost, count(*) FILTER (WHERE currency <> $4) AS in_other_currencies
  FROM spent GROUP BY is_new"""
_TRADED = """
SELECT f.first_sale_on >= $1 AS won, v.value_class, count(*) AS customers
  FROM (SELECT DISTINCT customer_id FROM ({sold}) s WHERE s.net > 0) b JOIN {sales} f USING (customer_id)
  LEFT JOIN {classes} v USING (customer_id) WHERE f.first_sale_on IS NOT NULL GROUP BY 1, 2"""
_BUSIEST = """
SELECT currency FROM {investments} WHERE spent_on BETWEEN $1 AND $2 AND currency IS NOT NULL
 GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1"""


class Traded(NamedTuple):
    """Customers who bought in the period: `won` for the first time, by the value class that they have now (None: none yet), and `kept`
    those of before."""

    won: dict[str | None, int]
    kept: int


async def spending_currency(c: Connection, schema: str, asked: Question) -> str | None:
    """That of most investments of the period."""
    statement = _BUSIEST.format(investments=await live_table(c, schema, INVESTMENTS))
    found: str | None = await c.fetchval(statement, asked.first, asked.last)
    return found


async def spent(c: Connection, schema: str, asked: Question, new_days: int) -> tuple[Spent, Spent]:
    """Into new customers, and into old ones: who had first bought `new_days` or more before the day of the investment."""
    table = await live_table(c, schema, INVESTMENTS)
    before = (new_days, asked.first, asked.last, asked.currency)
    chosen = await scoped_customers(c, schema, asked.scope, table=table, arguments=before)
    statement = _SPENT.format(investments=chosen.sql, sales=await live_table(c, schema, CUSTOMER_SALES))
    found = {row["is_new"]: Spent(*list(row)[1:]) for row in await c.fetch(statement, *chosen.arguments)}
    return found.get(True, Spent()), found.get(False, Spent())


async def traded(c: Connection, schema: str, asked: Question) -> Traded:
    """Sales in the currency of the question count."""
    sold = await scoped_sales(c, schema, asked)
    tables = {"sales": await live_table(c, schema, CUSTOMER_SALES), "classes": await live_table(c, schema, VALUE_CLASSES)}
    rows = await c.fetch(_TRADED.format(sold=sold.sql, **tables), *sold.arguments)
    won = {row["value_class"]: row["customers"] for row in rows if row["won"]}
    return Traded(won, sum(row["customers"] for row in rows if not row["won"]))
