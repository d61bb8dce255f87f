"""What was counted at customers, and what was sold of it meanwhile: by us to them, and by them to others where they report it. (S2.27, S2.28)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.stock import Count
from services.classification.read_models.scoping import Question, scoped_customers
from services.classification.read_models.sold import sold_table
from services.classification.read_models.stock_counts import STOCK_COUNTS
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowed
from shared.projections.routing import live_table


class Stocked(NamedTuple):
    customer_id: UUID
    article: str


class Amounts(NamedTuple):
    """What was sold in the period: the quantity of all sales, and their net; None where some were not in the currency that is asked for."""

    quantity: Decimal
    net: Decimal | None


NOTHING = Amounts(Decimal(0), Decimal(0))

_PAGE = """
WITH page AS (
    SELECT DISTINCT customer_id, article FROM ({counts}) k WHERE {where} ORDER BY customer_id, article LIMIT {limit})
SELECT customer_id, article, counted_on, quantity, unit FROM page JOIN {table} USING (customer_id, article)
 WHERE counted_on BETWEEN $1 AND $2 ORDER BY customer_id, article, counted_on"""
_SOLD = """
SELECT p.customer_id, p.article, sum(s.quantity) AS quantity, CASE WHEN bool_and(s.currency = $5) THEN sum(s.net) END AS net
  FROM unnest($1::uuid[], $2::text[]) AS p(customer_id, article)
  JOIN {table} s ON s.{customer} = p.customer_id AND s.article = p.article AND s.day BETWEEN $3 AND $4
 GROUP BY p.customer_id, p.article"""


async def counted(
    c: Connection,
    schema: str,
    asked: Question,
    within_days: int,
    customer_id: UUID | None,
    article: str | None,
    after: Stocked | None,
    limit: int,
) -> dict[Stocked, list[Count]]:
    """Customers of the scope and articles with counts near the period, with those counts; by customer and article."""
    table = await live_table(c, schema, STOCK_COUNTS)
    near = asked.first - timedelta(days=within_days + 1), asked.last + timedelta(days=within_days)
    counts = await scoped_customers(c, schema, asked.scope, table=table, arguments=near)
    conditions = Conditions(list(counts.arguments), ["counted_on BETWEEN $1 AND $2"])
    conditions.add("customer_id = {}", customer_id)
    conditions.add("article = {}", article)
    conditions.behind("customer_id, article", after)
    limited = f"${len(conditions.values) + 1}"
    statement = _PAGE.format(counts=counts.sql, table=table, where=conditions.sql, limit=limited)
    found: dict[Stocked, list[Count]] = {}
    for row in await c.fetch(statement, *conditions.values, limit):
        pair = Stocked(row["customer_id"], row["article"])
        found.setdefault(pair, []).append(Count(row["counted_on"], row["quantity"], row["unit"]))
    return found


async def our_sales(c: Connection, schema: str, asked: Question, pairs: Sequence[Stocked]) -> Mapping[Stocked, Amounts]:
    """What we sold of these articles to these customers, less returns; pairs without any are left out."""
    return await _sums(c, await sold_table(c, schema), "customer_id", asked, pairs)


async def sell_out(c: Connection, schema: str, asked: Question, pairs: Sequence[Stocked]) -> Mapping[Stocked, Amounts]:
    """What these customers are reported to have sold on of these articles; pairs without any report are left out."""
    # Narrowed, it would leave out what they sold to others' customers. The dealers are the caller's, and it is summed by them.
    with narrowed(None):
        table = await live_table(c, schema, SUB_SOLD)
    return await _sums(c, table, "dealer_id", asked, pairs)


async def _sums(c: Connection, table: str, customer: str, asked: Question, pairs: Sequence[Stocked]) -> Mapping[Stocked, Amounts]:
    customers, articles = [one.customer_id for one in pairs], [one.article for one in pairs]
    statement = _SOLD.format(table=table, customer=customer)
    rows = await c.fetch(statement, customers, articles, asked.first, asked.last, asked.currency)
    return {Stocked(row["customer_id"], row["article"]): Amounts(row["quantity"], row["net"]) for row in rows}
