"""What are the customers of a scope made of? Net sales of a period by any mark, or pair of marks, with the ABC inside.

Who bought nothing and returned nothing in the period is not in it. A mark that is not known is a kind of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.classification.domain.value_class import Standard
from services.classification.read_models.mark_columns import UNKNOWN, MarkDay, mark_columns
from services.classification.read_models.scoping import Question, scoped_sales
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection

Mark = Literal[
    "shop_kind",
    "nature",
    "ownership",
    "location",
    "industry",
    "kind",
    "legal_form",
    "area_id",
    "salesperson_id",
    "trade_process",
    "time_series",
    "position_class",
    "value_class",
    "customer_grade",
    "credit_grade",
]


class Split(NamedTuple):
    """By which mark, and by which other one inside it, as of a day; the bounds of the ABC are those of the standard."""

    by: Mark
    and_by: Mark | None
    abc: Standard
    at: MarkDay


class Group(NamedTuple):
    """Net sales of a kind, and of its customers that are A, B and C within the scope. `and_kind` None: not split any further."""

    kind: str
    and_kind: str | None
    customers: int
    net: Decimal
    a_customers: int
    a_net: Decimal
    b_customers: int
    b_net: Decimal
    c_customers: int
    c_net: Decimal


class Member(NamedTuple):
    """A customer of a kind. `class_in_total` and `class_in_kind`: the ABC of the whole scope, and of the kind alone."""

    customer_id: UUID
    kind: str
    and_kind: str | None
    net: Decimal
    kind_net: Decimal
    total_net: Decimal
    class_in_total: str
    class_in_kind: str


# Who has positive net sales comes first, so the sum through a customer less its own is what the customers before it have.
_MARKED = """WITH bought AS (SELECT s.customer_id, sum(s.net) AS net FROM ({sales}) s GROUP BY s.customer_id),
marked AS (SELECT b.customer_id, b.net, coalesce({kind}, '{unknown}') AS kind, {and_kind} AS and_kind
  FROM bought b
  {joins})"""
_CLASS = """CASE WHEN net <= 0 THEN 'C'
   WHEN sum(net) OVER {ordered} - net < {a_below} * sum(net) FILTER (WHERE net > 0) OVER {all} THEN 'A'
   WHEN sum(net) OVER {ordered} - net < {b_below} * sum(net) FILTER (WHERE net > 0) OVER {all} THEN 'B' ELSE 'C' END"""
_GROUPS = """{marked},
classed AS (SELECT kind, and_kind, net, {in_total} AS class FROM marked
  WINDOW ranked AS (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING))
SELECT kind, and_kind, count(*) AS customers, sum(net) AS net,
       count(*) FILTER (WHERE class = 'A') AS a_customers, coalesce(sum(net) FILTER (WHERE class = 'A'), 0) AS a_net,
       count(*) FILTER (WHERE class = 'B') AS b_customers, coalesce(sum(net) FILTER (WHERE class = 'B'), 0) AS b_net,
       count(*) FILTER (WHERE class = 'C') AS c_customers, coalesce(sum(net) FILTER (WHERE class = 'C'), 0) AS c_net
  FROM classed GROUP BY kind, and_kind ORDER BY sum(net) DESC, kind, and_kind"""
_MEMBERS = """{marked},
classed AS (SELECT customer_id, kind, and_kind, net, sum(net) OVER of_kind AS kind_net, sum(net) OVER () AS total_net,
    {in_total} AS class_in_total,
    {in_kind} AS class_in_kind FROM marked
  WINDOW ranked AS (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING),
         of_kind AS (PARTITION BY kind, and_kind),
         ranked_in_kind AS (PARTITION BY kind, and_kind ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING))
SELECT * FROM classed WHERE {conditions} ORDER BY net DESC, customer_id LIMIT {limit:d}"""


async def _statement(c: Connection, schema: str, asked: Question, split: Split) -> tuple[dict[str, str], list[Any]]:
    sales = await scoped_sales(c, schema, asked)
    marks = [split.by] if split.and_by is None else [split.by, split.and_by]
    columns = await mark_columns(c, schema, marks, split.at)
    bounds = {"a_below": f"{split.abc.a_below:f}", "b_below": f"{split.abc.b_below:f}"}
    inside = "NULL::text" if split.and_by is None else f"coalesce({columns.of[split.and_by]}, '{UNKNOWN}')"
    words = {
        "marked": _MARKED.format(
            sales=sales.sql, kind=columns.of[split.by], and_kind=inside, joins=columns.joins, unknown=UNKNOWN
        ),
        "in_total": _CLASS.format(ordered="ranked", all="()", **bounds),
        "in_kind": _CLASS.format(ordered="ranked_in_kind", all="of_kind", **bounds),
    }
    return words, list(sales.arguments)


async def groups(c: Connection, schema: str, asked: Question, split: Split) -> Sequence[Group]:
    """All kinds, the one with the largest net sales first; their sums are the totals of the scope."""
    words, arguments = await _statement(c, schema, asked, split)
    return [Group(*row) for row in await c.fetch(_GROUPS.format(**words), *arguments)]


class Wanted(NamedTuple):
    """Only customers of these kinds and of this class."""

    kind: str | None = None
    and_kind: str | None = None
    class_in_total: str | None = None


async def members(
    c: Connection, schema: str, asked: Question, split: Split, wanted: Wanted, after: tuple[Decimal, UUID] | None, limit: int
) -> Sequence[Member]:
    """Customers by net sales, the largest first, behind the one at `after`."""
    words, arguments = await _statement(c, schema, asked, split)
    where = Conditions(arguments)
    for column, value in wanted._asdict().items():
        where.add(f"{column} = {{}}", value)
    where.behind("-net, customer_id", None if after is None else (-after[0], after[1]))
    found = await c.fetch(_MEMBERS.format(conditions=where.sql, limit=limit, **words), *where.values)
    return [Member(*row) for row in found]
