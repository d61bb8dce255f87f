"""What do we owe to customers, and when? Rebates and refunds that we promised to pay, and credit that no invoice has used up.

Computed when somebody asks. Credit that was promised back is owed on the promised day, not once more as credit.
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

Reason = Literal["PROMISED", "CREDIT"]
NO_DAY = date.max
"""Credit has no day on which it must be paid: it stands behind everything that has one."""

_PLAN = """
WITH promised AS (
    SELECT coalesce(d.lead_id, p.customer_id) AS customer_id, p.currency, p.amount, p.due_on, p.promise_id
      FROM {promises} p LEFT JOIN {dossier} d ON d.customer_id = p.customer_id
     WHERE p.made_by = 'COMPANY' AND p.kind = 'PAY' AND p.state = 'PENDING'
), credit AS (
    SELECT coalesce(d.lead_id, r.customer_id) AS customer_id, b.key AS currency, sum((b.value ->> 'unallocated')::numeric) AS amount
      FROM {receivables} r LEFT JOIN {dossier} d ON d.customer_id = r.customer_id
     CROSS JOIN LATERAL jsonb_each(r.open_items) b
     WHERE r.in_credit
     GROUP BY 1, 2
), plan AS (
    SELECT 'PROMISED' AS reason, customer_id, currency, amount, due_on, promise_id FROM promised
    UNION ALL
    SELECT 'CREDIT', c.customer_id, c.currency, c.amount - coalesce(p.amount, 0), NULL, c.customer_id
      FROM credit c LEFT JOIN (SELECT customer_id, currency, sum(amount) AS amount FROM promised GROUP BY 1, 2) p USING (customer_id, currency)
     WHERE c.amount > coalesce(p.amount, 0)
)
SELECT a.reason, a.customer_id, r.name, r.salesperson_id, a.currency, a.amount, a.due_on, a.promise_id
  FROM plan a JOIN {receivables} r ON r.customer_id = a.customer_id
 WHERE {conditions} ORDER BY coalesce(a.due_on, {no_day}), a.promise_id, a.currency LIMIT {limit:d}"""


@dataclass(frozen=True, slots=True)
class Owed:
    """What we owe to a customer in one currency. `promise_id` of a credit is the customer's id."""

    reason: Reason
    customer_id: UUID
    name: str | None
    salesperson_id: str | None
    currency: str
    amount: Decimal
    due_on: date | None
    promise_id: UUID


class After(NamedTuple):
    """Where a page goes on."""

    due_on: date
    promise_id: UUID
    currency: str


async def page(
    c: Connection, schema: str, through: date | None, salesperson_id: str | None, after: After | None, limit: int
) -> Sequence[Owed]:
    """By the day on which it is due; credit, which has none, at the end. `through`: due on that day or before, and all credit."""
    values: list[object] = [NO_DAY]
    conditions = ["true"]
    if through is not None:
        values.append(through)
        conditions.append(f"(a.due_on IS NULL OR a.due_on <= ${len(values)})")
    if salesperson_id is not None:
        values.append(salesperson_id)
        conditions.append(f"r.salesperson_id = ${len(values)}")
    if after is not None:
        values += after
        n = len(values)
        conditions.append(f"(coalesce(a.due_on, $1), a.promise_id, a.currency) > (${n - 2}, ${n - 1}, ${n})")
    statement = _PLAN.format(
        no_day="$1::date",
        conditions=" AND ".join(conditions),
        limit=limit,
        receivables=await live_table(c, schema, RECEIVABLES),
        dossier=await live_table(c, schema, DOSSIER),
        promises=await live_table(c, schema, PROMISES),
    )
    return [Owed(**row) for row in await c.fetch(statement, *values)]
