"""What do dealers sell to their sub-distributors? One row a dealer and sub-distributor, by currency and month. None of it is our trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import SubSaleReported
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


class Month(msgspec.Struct, frozen=True):
    """What was sold in a month, and by how many sales."""

    net: Decimal = Decimal(0)
    sales: int = 0


Months = dict[str, dict[str, Month]]
"""Currency, then month as YYYY-MM."""


@dataclass(frozen=True, slots=True)
class SubSales:
    """`months` is JSON as `Months` says."""

    pair: str
    dealer_id: UUID
    customer_id: UUID
    last_sold_on: date
    months: str


_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")
_months = msgspec.json.Decoder(Months)


def key(envelope: Envelope) -> str | None:
    event = envelope.event
    return f"{event.dealer_id}/{event.customer_id}" if isinstance(event, SubSaleReported) else None


def evolve(row: SubSales | None, envelope: Envelope) -> SubSales | None:
    event = envelope.event
    if not isinstance(event, SubSaleReported):
        return row
    if row is None:
        row = SubSales(f"{event.dealer_id}/{event.customer_id}", event.dealer_id, event.customer_id, event.sold_on, "{}")
    months = _months.decode(row.months)
    of_currency, month = months.setdefault(event.net.currency, {}), f"{event.sold_on:%Y-%m}"
    before = of_currency.get(month, Month())
    of_currency[month] = Month(before.net + event.net.amount, before.sales + 1)
    text = _encoder.encode(months).decode()
    return replace(row, last_sold_on=max(row.last_sold_on, event.sold_on), months=text)


SUB_SALES = ReadModel(
    name="sub_sales",
    version=1,
    row=SubSales,
    columns={"pair": "text", "dealer_id": "uuid", "customer_id": "uuid", "last_sold_on": "date", "months": "jsonb"},
    key_column="pair",
    topics={CARDS_TRANSACTIONS: frozenset({SubSaleReported.type})},
    key=key,
    evolve=evolve,
)


class Sold(NamedTuple):
    """What a dealer sold in a period to one sub-distributor, or to all where `customer_id` is None, in one currency."""

    customer_id: UUID | None
    name: str | None
    currency: str
    net: Decimal
    sales: int
    last_sold_on: date


# What merged cards sold, the one that leads them has sold.
_SOLD = """
WITH sold AS (
    SELECT s.customer_id, s.last_sold_on, y.key AS currency, (m.value ->> 'net')::numeric AS net, (m.value ->> 'sales')::int AS sales
      FROM {table} s CROSS JOIN LATERAL jsonb_each(s.months) y CROSS JOIN LATERAL jsonb_each(y.value) m
     WHERE s.dealer_id IN (SELECT $1::uuid UNION ALL SELECT customer_id FROM {customers} WHERE merged_into = $1)
       AND m.key BETWEEN $2 AND $3)
SELECT {who}, s.currency, sum(s.net) AS net, sum(s.sales)::int AS sales, max(s.last_sold_on) AS last_sold_on
  FROM sold s LEFT JOIN {customers} c USING (customer_id) {more}"""
_ALL = "GROUP BY s.currency ORDER BY s.currency"
_EACH = "WHERE s.customer_id > $4 GROUP BY s.customer_id, c.name, s.currency ORDER BY s.customer_id, s.currency"


async def totals(c: Connection, schema: str, dealer_id: UUID, first: str, last: str) -> Sequence[Sold]:
    """What a dealer sold in the months from `first` through `last` (YYYY-MM), one line a currency."""
    statement = await _statement(c, schema, "NULL::uuid AS customer_id, NULL::text AS name", _ALL)
    return [Sold(*row) for row in await c.fetch(statement, dealer_id, first, last)]


async def by_customer(
    c: Connection, schema: str, dealer_id: UUID, first: str, last: str, after: UUID | None, limit: int
) -> Sequence[Sold]:
    """The same for each sub-distributor, by id, behind `after`; whole sub-distributors, `limit` of them at most."""
    statement = await _statement(c, schema, "s.customer_id, c.name", _EACH)
    found = [Sold(*row) for row in await c.fetch(statement, dealer_id, first, last, after or UUID(int=0))]
    kept = list(dict.fromkeys(one.customer_id for one in found))[:limit]
    return [one for one in found if one.customer_id in kept]


async def _statement(c: Connection, schema: str, who: str, more: str) -> str:
    table, customers = await live_table(c, schema, SUB_SALES), await live_table(c, schema, "customers")
    return _SOLD.format(table=table, customers=customers, who=who, more=more)
