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
ranked AS (SELECT customer_id, net, sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS before FROM bought),
marked AS (SELECT b.customer_id, b.net, coalesce({kind}, '{unknown}') AS kind, {and_kind} AS and_kind,
    CASE WHEN b.net <= 0 THEN 'C' WHEN b.before < {a_below} * w.positive THEN 'A' WHEN b.before < {b_below} * w.positive THEN 'B'
    ELSE 'C' END AS class, w.whole
  FROM ranked b CROSS JOIN (SELECT sum(net) AS whole, sum(net) FILTER (WHERE net > 0) AS positive FROM bought) w
  {joins})"""
_GROUPS = """{marked}
SELECT kind, and_kind, count(*) AS customers, sum(net) AS net,
       count(*) FILTER (WHERE class = 'A') AS a_customers, coalesce(sum(net) FILTER (WHERE class = 'A'), 0) AS a_net,
       count(*) FILTER (WHERE class = 'B') AS b_customers, coalesce(sum(net) FILTER (WHERE class = 'B'), 0) AS b_net,
       count(*) FILTER (WHERE class = 'C') AS c_customers, coalesce(sum(net) FILTER (WHERE class = 'C'), 0) AS c_net
  FROM marked GROUP BY kind, and_kind ORDER BY sum(net) DESC, kind, and_kind"""
_MEMBERS = """{marked},
inside AS (SELECT *, sum(net) OVER of_kind AS kind_net, sum(net) FILTER (WHERE net > 0) OVER of_kind AS kind_positive,
    sum(net) OVER (PARTITION BY kind, and_kind ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS kind_before
  FROM marked WHERE {kinds} WINDOW of_kind AS (PARTITION BY kind, and_kind))
SELECT customer_id, kind, and_kind, net, kind_net, whole, class,
    CASE WHEN net <= 0 THEN 'C' WHEN kind_before < {a_below} * kind_positive THEN 'A' WHEN kind_before < {b_below} * kind_positive THEN 'B'
    ELSE 'C' END
  FROM inside WHERE {conditions} ORDER BY net DESC, customer_id LIMIT {limit:d}"""


async def _statement(c: Connection, schema: str, asked: Question, split: Split) -> tuple[dict[str, str], list[Any]]:
    sales = await scoped_sales(c, schema, asked)
    marks = [split.by] if split.and_by is None else [split.by, split.and_by]
    columns = await mark_columns(c, schema, marks, split.at)
    inside = "NULL::text" if split.and_by is None else f"coalesce({columns.of[split.and_by]}, '{UNKNOWN}')"
    bounds = {"a_below": f"{split.abc.a_below:f}", "b_below": f"{split.abc.b_below:f}"}
    marked = _MARKED.format(
        sales=sales.sql, kind=columns.of[split.by], and_kind=inside, joins=columns.joins, unknown=UNKNOWN, **bounds
    )
    return {"marked": marked, **bounds}, list(sales.arguments)


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
    # Of other kinds nothing is asked: only the customers of these are ranked once more.
    kinds = Conditions(arguments)
    kinds.add("kind = {}", wanted.kind)
    kinds.add("and_kind = {}", wanted.and_kind)
    where = Conditions(kinds.values)
    where.add("class = {}", wanted.class_in_total)
    where.behind("-net, customer_id", None if after is None else (-after[0], after[1]))
    statement = _MEMBERS.format(kinds=kinds.sql, conditions=where.sql, limit=limit, **words)
    return [Member(*row) for row in await c.fetch(statement, *where.values)]
