"""What did each customer buy in a period and in the one that it is compared with? One row a customer, for statements around it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from services.classification.domain.months import Span
from services.classification.domain.sales_formula import Side
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.scoping import Question, Selected, scoped_sales
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

# The sales end with the later period and begin with the earlier one: one day each tells which of them a sale belongs to.
_PAIRED = """
SELECT customer_id, coalesce(sum(net) FILTER (WHERE day >= ${first}), 0) AS now,
       coalesce(sum(net) FILTER (WHERE day <= ${last}), 0) AS before FROM ({sales}) x{gap} GROUP BY customer_id"""
_GAP = " WHERE day >= ${first} OR day <= ${last}"
_SIDE = """count(*) FILTER (WHERE p.{net} > 0 AND b.first_sale_on < ${n}) AS {net}_kept,
       count(*) FILTER (WHERE p.{net} > 0 AND b.first_sale_on >= ${n}) AS {net}_new,
       coalesce(sum(p.{net}) FILTER (WHERE p.{net} > 0 AND b.first_sale_on < ${n}), 0) AS {net}_kept_net,
       coalesce(sum(p.{net}) FILTER (WHERE p.{net} > 0 AND b.first_sale_on >= ${n}), 0) AS {net}_new_net,
       coalesce(sum(p.{net}) FILTER (WHERE p.{net} <= 0), 0) AS {net}_others"""
_SIDES = "SELECT {now}, {before} FROM ({paired}) p JOIN {bought} b USING (customer_id)"


class Sides(NamedTuple):
    now: Side
    before: Side


class Paired(NamedTuple):
    """Rows (customer_id, now, before), and where the four days are among the arguments."""

    selected: Selected
    first: int
    last: int
    before_first: int
    before_last: int


async def paired(c: Connection, schema: str, asked: Question, before: Span) -> Paired:
    """Net sales of each customer in a period and an earlier one, nothing where there were none; whoever bought in neither is left out."""
    sales = await scoped_sales(c, schema, asked._replace(first=before.first))
    places = {"first": sales.following, "last": sales.following + 1}
    apart = before.last + timedelta(days=1) < asked.first
    sql = _PAIRED.format(sales=sales.sql, gap=_GAP.format(**places) if apart else "", **places)
    return Paired(Selected(sql, (*sales.arguments, asked.first, before.last)), places["first"], 2, 1, places["last"])


async def sides(c: Connection, schema: str, asked: Question, before: Span) -> Sides:
    """The two periods by number of dealers and net sales. Who bought first in a period is new in it, in whatever currency."""
    pair = await paired(c, schema, asked, before)
    statement = _SIDES.format(
        now=_SIDE.format(net="now", n=pair.first),
        before=_SIDE.format(net="before", n=pair.before_first),
        paired=pair.selected.sql,
        bought=await live_table(c, schema, CUSTOMER_SALES),
    )
    row = await c.fetchrow(statement, *pair.selected.arguments)
    if row is None:
        raise AssertionError("sums without a row")
    names = ("kept", "new", "kept_net", "new_net", "others")
    return Sides(Side(*(row[f"now_{one}"] for one in names)), Side(*(row[f"before_{one}"] for one in names)))
