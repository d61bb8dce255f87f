"""Which marks does each customer have, and why? Computed when asked for, as of the end of any day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.read_models.mark_columns import MarkDay, mark_columns
from services.classification.read_models.profiles import profiles_table
from services.classification.read_models.scoping import Question, scoped_customers
from services.classification.read_models.sold import sold_table
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowed

MARKS = (
    "nature",
    "ownership",
    "shop_kind",
    "location",
    "industry",
    "trade_process",
    "time_series",
    "position_class",
)
_FIGURES = ("first_sale_on", "last_sale_on", "began_on", "net", "buying_days", "average")


class CustomerMarks(NamedTuple):
    """None: not known, and for the position: nothing bought in the period. `net` of the standard's period beside the average of all buyers."""

    customer_id: UUID
    merged_into: UUID | None
    nature: str | None
    ownership: str | None
    shop_kind: str | None
    location: str | None
    industry: str | None
    trade_process: str
    time_series: str
    position_class: str | None
    first_sale_on: date | None
    last_sale_on: date | None
    began_on: date | None
    net: Decimal | None
    buying_days: int | None
    average: Decimal | None


_PAGE = """SELECT b.customer_id, b.merged_into, {columns} FROM ({customers}) b
  {joins}
 WHERE {conditions} ORDER BY b.customer_id LIMIT {limit:d}"""
# The period's currency is an argument also where no mark asks for trade.
_ARGUMENTS = "$1::date IS NOT NULL AND $2::date IS NOT NULL AND coalesce($3::text, '') IS NOT NULL"

_AVERAGE = """SELECT avg(net) FILTER (WHERE net > 0) FROM (
  SELECT sum(net) AS net FROM {sold} WHERE currency = $1 AND day BETWEEN $2 AND $3 GROUP BY customer_id) x"""


async def page(
    c: Connection, schema: str, asked: Question, at: MarkDay, wanted: Mapping[str, str | None], after: UUID | None, limit: int
) -> Sequence[CustomerMarks]:
    """Customers of the scope with their marks, by id, behind the one at `after`; `wanted`: only those with these marks."""
    return await _rows(c, schema, asked, at, wanted, after, None, limit)


async def of_customer(c: Connection, schema: str, asked: Question, at: MarkDay, customer_id: UUID) -> CustomerMarks | None:
    found = await _rows(c, schema, asked, at, {}, None, customer_id, 1)
    return found[0] if found else None


async def _rows(
    c: Connection,
    schema: str,
    asked: Question,
    at: MarkDay,
    wanted: Mapping[str, str | None],
    after: UUID | None,
    customer_id: UUID | None,
    limit: int,
) -> Sequence[CustomerMarks]:
    names = (*MARKS, *_FIGURES)
    columns = await mark_columns(c, schema, names, at)
    arguments: list[Any] = [asked.first, asked.last, asked.currency]
    table = await profiles_table(c, schema)
    customers = await scoped_customers(c, schema, asked.scope, table=table, arguments=arguments)
    where = Conditions(list(customers.arguments))
    where.hold(_ARGUMENTS)
    where.add("b.customer_id = {}", customer_id)
    where.add("b.customer_id > {}", after)
    where.add_all({mark: f"{columns.of[mark]} = {{}}" for mark in MARKS}, wanted)
    statement = _PAGE.format(
        columns=", ".join(f"{columns.of[name]} AS {name}" for name in names),
        customers=customers.sql,
        joins=columns.joins,
        conditions=where.sql,
        limit=limit,
    )
    return [CustomerMarks(*row) for row in await c.fetch(statement, *where.values)]


async def average_bought(c: Connection, schema: str, currency: str | None, first: date, last: date) -> Decimal | None:
    """Mean net sales of those with positive net sales in the period, of the whole company; None where there are none."""
    with narrowed(None):
        sold = await sold_table(c, schema)
    found: Decimal | None = await c.fetchval(_AVERAGE.format(sold=sold), currency, first, last)
    return found
