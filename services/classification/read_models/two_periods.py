"""What did each customer buy in a period and in the one that it is compared with? One row a customer, for statements around it."""

from __future__ import annotations

from typing import NamedTuple

from services.classification.domain.months import Span
from services.classification.domain.sales_formula import Side
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.scoping import Question, Selected, scoped_sales
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

_PAIRED = """
SELECT customer_id, coalesce(sum(net) FILTER (WHERE day BETWEEN ${n} AND ${n1}), 0) AS now,
       coalesce(sum(net) FILTER (WHERE day BETWEEN ${n2} AND ${n3}), 0) AS before
  FROM ({sales}) x WHERE day BETWEEN ${n} AND ${n1} OR day BETWEEN ${n2} AND ${n3} GROUP BY customer_id"""
_SIDE = """count(*) FILTER (WHERE p.{net} > 0 AND b.first_sale_on < ${n}) AS {net}_kept,
       count(*) FILTER (WHERE p.{net} > 0 AND b.first_sale_on >= ${n}) AS {net}_new,
       coalesce(sum(p.{net}) FILTER (WHERE p.{net} > 0 AND b.first_sale_on < ${n}), 0) AS {net}_kept_net,
       coalesce(sum(p.{net}) FILTER (WHERE p.{net} > 0 AND b.first_sale_on >= ${n}), 0) AS {net}_new_net,
       coalesce(sum(p.{net}) FILTER (WHERE p.{net} <= 0), 0) AS {net}_others"""
_SIDES = "SELECT {now}, {before} FROM ({paired}) p JOIN {bought} b USING (customer_id)"


class Sides(NamedTuple):
    now: Side
    before: Side


async def paired(c: Connection, schema: str, asked: Question, before: Span) -> Selected:
    """Rows (customer_id, now, before): net sales in both periods, nothing where there were none. Whoever bought in neither is left out.

    `asked` has a currency; the first days of the two periods are the arguments at `following` - 4 and - 2.
    """
    first, last = min(asked.first, before.first), max(asked.last, before.last)
    sales = await scoped_sales(c, schema, asked._replace(first=first, last=last))
    n = sales.following
    sql = _PAIRED.format(sales=sales.sql, n=n, n1=n + 1, n2=n + 2, n3=n + 3)
    return Selected(sql, (*sales.arguments, asked.first, asked.last, *before))


async def sides(c: Connection, schema: str, asked: Question, before: Span) -> Sides:
    """The two periods by number of dealers and net sales. Who bought first in a period is new in it, in whatever currency."""
    pair = await paired(c, schema, asked, before)
    statement = _SIDES.format(
        now=_SIDE.format(net="now", n=pair.following - 4),
        before=_SIDE.format(net="before", n=pair.following - 2),
        paired=pair.sql,
        bought=await live_table(c, schema, CUSTOMER_SALES),
    )
    row = await c.fetchrow(statement, *pair.arguments)
    if row is None:
        raise AssertionError("sums without a row")
    names = ("kept", "new", "kept_net", "new_net", "others")
    return Sides(Side(*(row[f"now_{one}"] for one in names)), Side(*(row[f"before_{one}"] for one in names)))
