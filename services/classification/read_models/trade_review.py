"""What moved between two periods, in sums and by customer, and whose visits are to change? Read from `sold` when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from services.classification.domain.months import Span
from services.classification.domain.trade_review import MOVED, Movement, Reason, Visits, advised
from services.classification.read_models.class_changes import CLASS_CHANGES
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.scoping import Question, Selected
from services.classification.read_models.served import SERVED
from services.classification.read_models.two_periods import Paired, paired
from shared.contracts.classification import ValueClass
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

GroupBy = Literal["area_id", "salesperson_id"]


class Sum(NamedTuple):
    """Customers of a group who moved alike: how many, and their net sales in both periods. `group` None: nobody serves them."""

    group: str | None
    movement: Movement
    customers: int
    before: Decimal
    now: Decimal


class Mover(NamedTuple):
    customer_id: UUID
    movement: Movement
    before: Decimal
    now: Decimal
    area_id: str | None
    salesperson_id: str | None
    first_sale_on: date | None


class Adjustment(NamedTuple):
    """A customer whose visits are to change, with its value class at the end of each period."""

    mover: Mover
    class_before: ValueClass | None
    class_now: ValueClass | None
    visits: Visits
    reason: Reason


class Route(NamedTuple):
    """How many customers of an area are to be visited more and less."""

    area_id: str | None
    more: int
    less: int


class After(NamedTuple):
    """Where a page ended: the amount moved, either way, and the customer."""

    amount: Decimal
    customer_id: UUID


_MOVED = """
SELECT p.customer_id, p.before, p.now, b.first_sale_on, v.area_id, v.salesperson_id,
       CASE WHEN p.before <= 0 AND p.now <= 0 THEN 'RETURNS'
            WHEN p.before <= 0 THEN CASE WHEN b.first_sale_on >= ${first} THEN 'NEW' ELSE 'BACK' END
            WHEN p.now <= 0 THEN 'LOST'
            WHEN p.now > p.before THEN 'GROWN' WHEN p.now < p.before THEN 'SHRUNK' ELSE 'EVEN' END AS movement
  FROM ({paired}) p JOIN {bought} b USING (customer_id) LEFT JOIN {served} v USING (customer_id)"""
# OFFSET 0: PostgreSQL expects few movements then, and does not sort everybody to sum them.
_SUMS = """SELECT {group} AS group_key, movement, count(*) AS customers, sum(before) AS before, sum(now) AS now
 FROM ({moved} OFFSET 0) m GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2"""
_MOVERS = """SELECT customer_id, movement, before, now, area_id, salesperson_id, first_sale_on FROM ({moved}) m
 WHERE (${n}::text IS NULL OR movement = ${n})
   AND (${n1}::numeric IS NULL OR (-abs(now - before), customer_id) > (-${n1}::numeric, ${n2}::uuid))
 ORDER BY abs(now - before) DESC, customer_id LIMIT ${n3}"""
_CLASS = "SELECT DISTINCT ON (customer_id) customer_id, value_class FROM {changes} WHERE since <= {day} ORDER BY customer_id, since DESC, version DESC"
# The rule comes as a table, so that one statement knows whom it concerns, how many they are, and which page is asked for. It is met
# last: PostgreSQL cannot know that each customer fits one case.
_ADJUSTED = """
WITH moved AS ({moved}), class_now AS ({now}), class_before AS ({before}),
cases AS MATERIALIZED (
    SELECT m.*, b.value_class AS class_before, a.value_class AS class_now,
           concat_ws('/', m.movement, coalesce(b.value_class, ''), coalesce(a.value_class, ''), abs(m.now - m.before) >= ${n2} * m.before) AS case_key
      FROM moved m LEFT JOIN class_now a USING (customer_id) LEFT JOIN class_before b USING (customer_id)),
adjusted AS MATERIALIZED (
    SELECT c.*, split_part(r.advice, '/', 1) AS visits, split_part(r.advice, '/', 2) AS reason
      FROM cases c JOIN unnest(${n}::text[], ${n1}::text[]) AS r(case_key, advice) USING (case_key)
     WHERE ${n3}::text IS NULL OR r.advice LIKE ${n3} || '/%')
SELECT NULL::uuid AS customer_id, NULL AS movement, count(*) FILTER (WHERE visits = 'MORE') AS before,
       count(*) FILTER (WHERE visits = 'LESS') AS now, area_id, NULL AS salesperson_id, NULL::date AS first_sale_on,
       NULL AS class_before, NULL AS class_now, NULL AS visits, NULL AS reason FROM adjusted GROUP BY area_id
UNION ALL
(SELECT customer_id, movement, before, now, area_id, salesperson_id, first_sale_on, class_before, class_now, visits, reason FROM adjusted
  WHERE ${n4}::numeric IS NULL OR (-abs(now - before), customer_id) > (-${n4}::numeric, ${n5}::uuid)
  ORDER BY abs(now - before) DESC, customer_id LIMIT ${n6})"""


async def sums_by(c: Connection, schema: str, asked: Question, before: Span, group: GroupBy) -> Sequence[Sum]:
    """What moved, by area or salesperson."""
    moved, _ = await _moved(c, schema, asked, before)
    return [Sum(*row) for row in await c.fetch(_SUMS.format(moved=moved.sql, group=group), *moved.arguments)]


async def movers(
    c: Connection, schema: str, asked: Question, before: Span, movement: Movement | None, after: After | None, limit: int
) -> Sequence[Mover]:
    """Customers by the amount that they moved, either way, the largest first."""
    moved, _ = await _moved(c, schema, asked, before)
    statement = _MOVERS.format(moved=moved.sql, **_places(moved, 4))
    amount, customer = after or (None, None)
    return [Mover(*row) for row in await c.fetch(statement, *moved.arguments, movement, amount, customer, limit)]


async def adjustments(
    c: Connection, schema: str, asked: Question, before: Span, visits: Visits | None, after: After | None, limit: int
) -> tuple[Sequence[Route], Sequence[Adjustment]]:
    """How many visits are to change in each area, and a page of the customers, by the amount that they moved."""
    moved, pair = await _moved(c, schema, asked, before)
    changes = await live_table(c, schema, CLASS_CHANGES)
    statement = _ADJUSTED.format(
        moved=moved.sql,
        now=_CLASS.format(changes=changes, day=f"${pair.last}"),
        before=_CLASS.format(changes=changes, day=f"${pair.before_last}"),
        **_places(moved, 7),
    )
    cases = advised()
    keys = ["/".join((case.movement, case.class_before or "", case.class_now or "", "ft"[case.enough])) for case, _ in cases]
    rule = (keys, [f"{found.visits}/{found.reason}" for _, found in cases])
    amount, customer = after or (None, None)
    rows = await c.fetch(statement, *moved.arguments, *rule, MOVED, visits, amount, customer, limit)
    routes = [Route(row["area_id"], int(row["before"]), int(row["now"])) for row in rows if row["customer_id"] is None]
    found = [Adjustment(Mover(*tuple(row)[:7]), *tuple(row)[7:]) for row in rows if row["customer_id"] is not None]
    return sorted(routes, key=lambda one: (one.area_id is None, one.area_id)), found


async def _moved(c: Connection, schema: str, asked: Question, before: Span) -> tuple[Selected, Paired]:
    pair = await paired(c, schema, asked, before)
    bought, served = await live_table(c, schema, CUSTOMER_SALES), await live_table(c, schema, SERVED)
    sql = _MOVED.format(paired=pair.selected.sql, bought=bought, served=served, first=pair.first)
    return Selected(sql, pair.selected.arguments), pair


def _places(selected: Selected, count: int) -> dict[str, int]:
    return {f"n{at or ''}": selected.following + at for at in range(count)}
