"""What is to be collected through a day, from whom first? Computed when somebody asks, from receivables, promises and dossiers.

A line is a customer and a currency; what a merged card owes is collected from the card that leads. Disputed amounts are not asked
for, nor what the customer has promised to pay on a later day. The order, and why: docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from services.cards.read_models.dossier import DOSSIER
from services.cards.read_models.promises import PROMISES
from services.cards.read_models.receivables import RECEIVABLES
from services.cards.read_models.reporting import report
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

BROKEN_LATELY_DAYS = 90
"""A promise that was broken in so many days before makes the customer's debt go first."""

Step = Literal["PROMISE", "OVERDUE", "DUE"]
STEPS: tuple[Step, ...] = ("PROMISE", "OVERDUE", "DUE")

# {day} is an expression of type date; the names in braces are tables or subqueries of the live rows.
PLAN = """
WITH items AS (
    -- Added up row by row, and read in one go: most of the time goes into reading the items.
    SELECT coalesce(d.lead_id, r.customer_id) AS customer_id, b.key AS currency, i.*,
           array_position(ARRAY['stop', 'act', 'watch'], d.credit_level::text) AS grade
      FROM {receivables} r
      LEFT JOIN {dossier} d ON d.customer_id = r.customer_id
     CROSS JOIN LATERAL jsonb_each(r.open_items) b
     CROSS JOIN LATERAL (
           SELECT sum(x.open - coalesce(x.disputed, 0)) AS owed, coalesce(sum(x.disputed), 0) AS disputed,
                  coalesce(sum(x.open - coalesce(x.disputed, 0)) FILTER (WHERE x.due_on < {day}), 0) AS overdue,
                  min(x.due_on) FILTER (WHERE x.open > coalesce(x.disputed, 0)) AS oldest_due_on,
                  sum((x.open - coalesce(x.disputed, 0)) * ({day} - x.due_on)) AS amount_days
             FROM jsonb_to_recordset(b.value -> 'items') AS x(due_on date, open numeric, disputed numeric)
            WHERE x.due_on <= {day}) i
     WHERE r.oldest_due_on <= {day} AND i.owed IS NOT NULL {narrowed}
), awaited AS (
    SELECT coalesce(d.lead_id, p.customer_id) AS customer_id, p.currency, p.amount, p.invoices, p.due_on,
           p.state = 'PENDING' AND p.due_on > {day} AS later, p.state = 'PENDING' AND p.due_on <= {day} AS falls_due,
           p.state = 'BROKEN' AND p.ended_on > {day} - {lately} AS broken
      FROM {promises} p LEFT JOIN {dossier} d ON d.customer_id = p.customer_id
     WHERE p.made_by = 'CUSTOMER' AND p.kind = 'PAY' AND p.state IN ('PENDING', 'BROKEN')
), covered AS (
    SELECT a.*, CASE WHEN NOT a.later THEN 0 WHEN a.invoices = '[]' THEN a.amount ELSE least(a.amount, (
               SELECT coalesce(sum((x ->> 'open')::numeric - coalesce((x ->> 'disputed')::numeric, 0)), 0)
                 FROM {receivables} r
                CROSS JOIN LATERAL jsonb_array_elements(r.open_items -> a.currency -> 'items') x
                CROSS JOIN LATERAL jsonb_array_elements(a.invoices) v
                WHERE r.customer_id = ANY(a.customer_id || ARRAY(SELECT m.customer_id FROM {dossier} m WHERE m.lead_id = a.customer_id))
                  AND x ->> 'source' = v ->> 'source' AND x ->> 'number' = v ->> 'number' AND (x ->> 'due_on')::date <= {day})) END AS promised
      FROM awaited a
), lines AS (
    -- Added up rather than joined: how many items a row holds is unknown to the planner, and it chose such joins badly.
    SELECT customer_id, currency, sum(owed) AS due, sum(disputed) AS disputed, sum(overdue) AS overdue, min(oldest_due_on) AS oldest_due_on,
           sum(amount_days) AS amount_days, sum(promised) AS promised, min(promised_on) AS promised_on, min(grade) AS grade,
           count(*) FILTER (WHERE falls_due) AS promises_due, count(*) FILTER (WHERE broken) AS promises_broken
      FROM (SELECT customer_id, currency, owed, disputed, overdue, oldest_due_on, amount_days, 0 AS promised, NULL::date AS promised_on,
                   grade, false AS falls_due, false AS broken
              FROM items
             UNION ALL
            SELECT customer_id, currency, 0, 0, 0, NULL, 0, promised, CASE WHEN later THEN due_on END, NULL, falls_due, broken FROM covered) each
     GROUP BY 1, 2
    HAVING sum(owed) > sum(promised)
), plan AS (
    SELECT l.customer_id, r.name, r.area_id, r.salesperson_id, l.currency, l.due - l.promised AS to_collect, l.due, l.overdue, l.disputed,
           l.promised, l.promised_on, l.oldest_due_on, {day} - l.oldest_due_on AS days_overdue, l.amount_days, l.promises_due,
           l.promises_broken, (ARRAY['stop', 'act', 'watch'])[l.grade] AS credit_level, d.value_class,
           CASE WHEN l.promises_due + l.promises_broken > 0 THEN 1 WHEN l.overdue > 0 THEN 2 ELSE 3 END AS step,
           coalesce(l.grade, 4) AS grade
      FROM lines l
      JOIN {receivables} r ON r.customer_id = l.customer_id
      LEFT JOIN {dossier} d ON d.customer_id = l.customer_id
)
SELECT * FROM plan WHERE true"""
# A merged card may be somebody else's; its line is its lead's.
NARROWED = """
AND r.customer_id = ANY(ARRAY(SELECT o.customer_id FROM {receivables} o WHERE o.salesperson_id = $2 AND o.oldest_due_on <= {day}
                              UNION SELECT m.customer_id FROM {dossier} m WHERE m.lead_id IS NOT NULL))"""
ORDER = "step, grade, currency, amount_days DESC, to_collect DESC, customer_id"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What to collect from a customer in one currency. `due` is what is due through the day and not disputed, `overdue` of it what
    was due before; `promised` of it what is promised for later, first on `promised_on`. `amount_days`: each overdue amount times
    its days, added up. `step`: 1 a promise is due or was broken lately, 2 overdue, 3 due on the day."""

    customer_id: UUID
    name: str | None
    area_id: str | None
    salesperson_id: str | None
    currency: str
    to_collect: Decimal
    due: Decimal
    overdue: Decimal
    disputed: Decimal
    promised: Decimal
    promised_on: date | None
    oldest_due_on: date
    days_overdue: int
    amount_days: Decimal
    promises_due: int
    promises_broken: int
    credit_level: str | None
    value_class: str | None
    step: int
    grade: int


class After(NamedTuple):
    """Where a page goes on: the keys of the order, of the line before."""

    step: int
    grade: int
    currency: str
    amount_days: Decimal
    to_collect: Decimal
    customer_id: UUID


async def page(
    c: Connection, schema: str, day: date, salesperson_id: str | None, after: After | None, limit: int
) -> Sequence[PlanLine]:
    """Lines in the order in which to collect."""
    values: list[object] = [day]
    tables = {
        "day": "$1::date",
        "receivables": await live_table(c, schema, RECEIVABLES),
        "dossier": await live_table(c, schema, DOSSIER),
    }
    conditions = narrowed = ""
    if salesperson_id is not None:
        values.append(salesperson_id)
        narrowed = NARROWED.format(**tables)
        conditions = " AND salesperson_id = $2"
    if after is not None:
        n = len(values)
        values += [after.step, after.grade, after.currency, -after.amount_days, -after.to_collect, after.customer_id]
        places = ", ".join(f"${n + i}" for i in range(1, 7))
        conditions += f" AND (step, grade, currency, -amount_days, -to_collect, customer_id) > ({places})"
    promises = await live_table(c, schema, PROMISES)
    statement = PLAN.format(lately=BROKEN_LATELY_DAYS, narrowed=narrowed, promises=promises, **tables)
    rows = await report(c, f"{statement}{conditions} ORDER BY {ORDER} LIMIT {limit:d}", *values)
    return [PlanLine(**row) for row in rows]
