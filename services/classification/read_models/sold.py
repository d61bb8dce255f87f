"""What was sold of which article? One row a customer, day, currency and article: sales less returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.pool import Connection
from shared.projections.routing import live_table
from shared.projections.sums import EXACT, summed

NO_ARTICLE = ""
"""The article of what a sale comes to beyond its lines, and of sales without lines."""
_NOTHING = Decimal(0)


class Sold(NamedTuple):
    """What is sold to a customer. `net` in `currency`; `cost` is that of the lines whose unit cost is known, whose net is `costed_net`: a margin is
    (costed_net - cost) / costed_net. `day` is the business day of the sale or return."""

    day: date
    currency: str
    article: str
    quantity: Decimal
    net: Decimal
    cost: Decimal
    costed_net: Decimal


def split(envelope: Envelope) -> Sequence[Sold]:
    fact = envelope.event
    if isinstance(fact, SaleRecorded):
        day, sign = fact.sold_on, 1
    elif isinstance(fact, GoodsReturned):
        day, sign = fact.returned_on, -1
    else:
        return ()
    currency, rest = fact.net.currency, fact.net.amount
    found = []
    for line in fact.lines:
        net, quantity = line.net, line.quantity
        rest -= net
        cost, costed = (_NOTHING, _NOTHING) if line.unit_cost is None else (EXACT.multiply(line.unit_cost, quantity), net)
        if sign < 0:
            quantity, net, cost, costed = -quantity, -net, -cost, -costed
        found.append(Sold(day, currency, line.article, quantity, net, cost, costed))
    if rest or not found:
        found.append(Sold(day, currency, NO_ARTICLE, _NOTHING, sign * rest, _NOTHING, _NOTHING))
    return found


SOLD = summed(
    name="sold",
    version=1,
    columns={
        "customer_id": "uuid",
        "day": "date",
        "currency": "text",
        "article": "text",
        "quantity": "numeric",
        "net": "numeric",
        "cost": "numeric",
        "costed_net": "numeric",
    },
    added=("quantity", "net", "cost", "costed_net"),
    topics={CARDS_TRANSACTIONS: frozenset({SaleRecorded.type, GoodsReturned.type})},
    split=split,
)


async def sold_table(c: Connection, schema: str) -> str:
    """The table that readers are shown; ask in every request. Its rows lie by (customer_id, day, currency, article)."""
    return await live_table(c, schema, SOLD)


_NETS = "SELECT customer_id, sum(net) AS net FROM {table} WHERE day BETWEEN $1 AND $2 AND currency = $3 GROUP BY customer_id"


async def nets(
    c: Connection, schema: str, first: date, last: date, currency: str, pieces: int = 5000
) -> AsyncIterator[list[tuple[UUID, Decimal]]]:
    """Net sales from `first` through `last` of all customers with sales or returns then, in pieces. Inside the caller's transaction."""
    cursor = await c.cursor(_NETS.format(table=await sold_table(c, schema)), first, last, currency)
    while rows := await cursor.fetch(pieces):
        yield [(row["customer_id"], row["net"]) for row in rows]
