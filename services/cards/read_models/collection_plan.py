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
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

BROKEN_LATELY_DAYS = 90
"""A promise that was broken in so many days before makes the customer's debt go first."""

Step = Literal["PROMISE", "OVERDUE", "DUE"]
STEPS: tuple[Step, ...] = ("PROMISE", "OVERDUE", "DUE")

# {day} is an expression of type date; the names in braces are tables or subqueries of the live rows.
PLAN = """
WITH items AS (
    SELECT coalesce(d.lead_id, r.customer_id) AS customer_id, b.key AS currency, x ->> 'source' AS source, x ->> 'number' AS number,
           (x ->> 'due_on')::date AS due_on, (x ->> 'open')::numeric AS open,
           coalesce((x ->> 'disputed')::numeric, 0) AS disputed
      FROM {receivables} r
      LEFT JOIN {dossier} d ON d.customer_id = r.customer_id
     CROSS JOIN LATERAL jsonb_each(r.open_items) b
     CROSS JOIN LATERAL jsonb_array_elements(b.value -> 'items') x
     WHERE r.oldest_due_on <= {day} AND (x ->> 'due_on')::date <= {day} {narrowed}
), due AS (
    SELECT customer_id, currency, sum(open - disputed) AS due, sum(disputed) AS disputed,
           coalesce(sum(open - disputed) FILTER (WHERE due_on < {day}), 0) AS overdue,
           min(due_on) FILTER (WHERE open > disputed) AS oldest_due_on,
           coalesce(sum((open - disputed) * ({day} - due_on)), 0) AS amount_days
      FROM items GROUP BY 1, 2
), promised AS (
    SELECT coalesce(d.lead_id, p.customer_id) AS customer_id, p.currency,
           min(p.due_on) FILTER (WHERE p.state = 'PENDING' AND p.due_on > {day}) AS promised_on,
           coalesce(sum(CASE WHEN p.invoices = '[]' THEN p.amount ELSE least(p.amount, n.named) END)
               FILTER (WHERE p.state = 'PENDING' AND p.due_on > {day}), 0) AS promised,
           count(*) FILTER (WHERE p.state = 'PENDING' AND p.due_on <= {day}) AS promises_due,
           count(*) FILTER (WHERE p.state = 'BROKEN' AND p.ended_on > {day} - {lately}) AS promises_broken
      FROM {promises} p
      LEFT JOIN {dossier} d ON d.customer_id = p.customer_id
      LEFT JOIN LATERAL (SELECT coalesce(sum(i.open - i.disputed), 0) AS named
                           FROM items i, jsonb_array_elements(p.invoices) v
                          WHERE i.customer_id = coalesce(d.lead_id, p.customer_id) AND i.currency = p.currency
                            AND i.source = v ->> 'source' AND i.number = v ->> 'number') n ON p.due_on > {day}
     WHERE p.made_by = 'CUSTOMER' AND p.kind = 'PAY' AND p.state IN ('PENDING', 'BROKEN')
     GROUP BY 1, 2
), graded AS (
    SELECT coalesce(lead_id, customer_id) AS customer_id, min(array_position(ARRAY['stop', 'act', 'watch'], credit_level::text)) AS grade
      FROM {dossier} d WHERE credit_level IS NOT NULL GROUP BY 1
), plan AS (
    SELECT u.customer_id, r.name, r.area_id, r.salesperson_id, u.currency, u.due - coalesce(p.promised, 0) AS to_collect, u.due,
           u.overdue, u.disputed, least(coalesce(p.promised, 0), u.due) AS promised, p.promised_on, u.oldest_due_on,
           greatest({day} - u.oldest_due_on, 0) AS days_overdue, u.amount_days, coalesce(p.promises_due, 0) AS promises_due,
           coalesce(p.promises_broken, 0) AS promises_broken, (ARRAY['stop', 'act', 'watch'])[g.grade] AS credit_level, d.value_class,
           CASE WHEN coalesce(p.promises_due, 0) + coalesce(p.promises_broken, 0) > 0 THEN 1 WHEN u.overdue > 0 THEN 2 ELSE 3 END AS step,
           coalesce(g.grade, 4) AS grade
      FROM due u
      JOIN {receivables} r ON r.customer_id = u.customer_id
      LEFT JOIN {dossier} d ON d.customer_id = u.customer_id
      LEFT JOIN graded g ON g.customer_id = u.customer_id
      LEFT JOIN promised p ON p.customer_id = u.customer_id AND p.currency = u.currency
)
SELECT * FROM plan WHERE to_collect > 0"""
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
    conditions = ""
    narrowed = ""
    if salesperson_id is not None:
        values.append(salesperson_id)
        # A merged card may be somebody else's; the line is its lead's.
        narrowed = "AND (r.salesperson_id = $2 OR d.lead_id IS NOT NULL)"
        conditions += " AND salesperson_id = $2"
    if after is not None:
        n = len(values)
        values += [after.step, after.grade, after.currency, -after.amount_days, -after.to_collect, after.customer_id]
        places = ", ".join(f"${n + i}" for i in range(1, 7))
        conditions += f" AND (step, grade, currency, -amount_days, -to_collect, customer_id) > ({places})"
    statement = PLAN.format(
        day="$1::date",
        lately=BROKEN_LATELY_DAYS,
        narrowed=narrowed,
        receivables=await live_table(c, schema, RECEIVABLES),
        dossier=await live_table(c, schema, DOSSIER),
        promises=await live_table(c, schema, PROMISES),
    )
    rows = await c.fetch(f"{statement}{conditions} ORDER BY {ORDER} LIMIT {limit:d}", *values)
    return [PlanLine(**row) for row in rows]
