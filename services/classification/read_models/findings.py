"""What did a run find for each customer? One row for a thousand of them, by rank, and one for a thousand by id that says the ranks.

A row a customer would be most of a run's work, and nobody asks for them otherwise than by rank or by customer. Findings of older runs than
the last two are cleared away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.value_class import Reason
from services.classification.read_models.runs import Run
from services.classification.read_models.served import SERVED, Scope
from shared.contracts.classification import ValueClass
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.narrowing import narrowing
from shared.projections.routing import live_table

A_ROW = 1000
"""Customers in a row; ranks of rows begin with 1 and go up by so many."""
_SHARE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Finding:
    """One customer in one run, as in Ranked: amounts in the run's currency, shares as fractions."""

    customer_id: UUID
    value_class: ValueClass
    reason: Reason
    net: Decimal
    rank: int
    share: Decimal
    cumulated_share: Decimal
    to_next: Decimal | None
    to_fall: Decimal | None
    by_margin: bool


class Found(NamedTuple):
    """A customer as the rows have it: amounts in minor units, 0 where there is no better or no worse class."""

    customer_id: UUID
    net: int
    before: int
    value_class: ValueClass
    by_margin: bool
    to_next: int
    to_fall: int
    rank: int


_FORGET = (
    "DELETE FROM {schema}.value_class_findings WHERE run_id = $1",
    "DELETE FROM {schema}.value_class_ranks WHERE run_id = $1",
)
_CLEAR = """
DELETE FROM {schema}.{table} WHERE run_id IN (
    SELECT r.run_id FROM {schema}.value_class_runs r WHERE r.state IN ('DONE', 'FAILED')
       AND EXISTS (SELECT FROM {schema}.{table} f WHERE f.run_id = r.run_id)
     ORDER BY r.decided_at DESC NULLS LAST OFFSET 2)"""
_UNPACKED = """
SELECT u.customer_id, u.net, u.before, u.value_class, u.by_margin, u.to_next, u.to_fall, (f.first_rank + u.place - 1)::int AS rank
  FROM {schema}.value_class_findings f
 CROSS JOIN LATERAL unnest(f.customers, f.net, f.before, string_to_array(f.classes, NULL), f.by_margin, f.to_next, f.to_fall)
       WITH ORDINALITY AS u(customer_id, net, before, value_class, by_margin, to_next, to_fall, place)"""
# Rows lie by rank in the order of the key: what is behind the page is not unpacked.
_PAGE = """{unpacked} {served}
 WHERE f.run_id = $1 AND f.first_rank > $2 - {a_row} AND f.first_rank + u.place - 1 > $2
   AND ($3::text IS NULL OR strpos(f.classes, $3) > 0 AND u.value_class = $3) {of}
 ORDER BY f.first_rank, u.place LIMIT $4"""
_OF_CUSTOMER = """WITH one AS (
    SELECT ranks[array_position(customers, $2)] AS rank FROM {schema}.value_class_ranks
     WHERE run_id = $1 AND first_customer <= $2 ORDER BY first_customer DESC LIMIT 1
) {unpacked} JOIN one ON f.first_rank + u.place - 1 = one.rank
 WHERE f.run_id = $1 AND f.first_rank = (SELECT one.rank - (one.rank - 1) % {a_row} FROM one)"""


async def forget(c: Connection, schema: str, run_id: UUID) -> None:
    """What an attempt that broke off had stored."""
    for statement in _FORGET:
        await c.execute(within(schema, statement), run_id)


async def clear(c: Connection, schema: str) -> None:
    for table in ("value_class_findings", "value_class_ranks"):
        await c.execute(within(schema, _CLEAR.replace("{table}", table)))


def finding(run: Run, found: Found) -> Finding:
    """What a run that has decided says of a customer."""
    net, total = found.net * run.unit, run.total or Decimal(0)
    return Finding(
        customer_id=found.customer_id,
        value_class=found.value_class,
        reason="SALES" if net > 0 else "RETURNS",
        net=net,
        rank=found.rank,
        share=(net / total if total else Decimal(0)).quantize(_SHARE),
        cumulated_share=((found.before * run.unit + net) / total if net > 0 else Decimal(1)).quantize(_SHARE),
        to_next=found.to_next * run.unit if found.to_next else None,
        to_fall=found.to_fall * run.unit if found.to_fall else None,
        by_margin=found.by_margin,
    )


async def page(
    c: Connection, schema: str, run: Run, value_class: str | None, scope: Scope, after: int, limit: int
) -> Sequence[Finding]:
    """Findings behind rank `after`, by rank, of customers whom the caller may know of. Ranks are the company's, whatever the scope."""
    served, of, values = "", "", [run.run_id, after, value_class, limit]
    if scope != Scope() or narrowing() is not None:
        served = f"JOIN {await live_table(c, schema, SERVED)} v ON v.customer_id = u.customer_id"
        of = "AND ($5::text IS NULL OR v.area_id = $5) AND ($6::text IS NULL OR v.salesperson_id = $6)"
        values += [scope.area_id, scope.salesperson_id]
    statement = _sql(schema, _PAGE.replace("{served}", served).replace("{of}", of))
    return [finding(run, Found(**row)) for row in await c.fetch(statement, *values)]


async def of_customer(c: Connection, schema: str, run: Run, customer_id: UUID) -> Finding | None:
    row = await c.fetchrow(_sql(schema, _OF_CUSTOMER), run.run_id, customer_id)
    return None if row is None else finding(run, Found(**row))


def _sql(schema: str, text: str) -> str:
    return within(schema, text.replace("{unpacked}", _UNPACKED).replace("{a_row}", str(A_ROW)))
