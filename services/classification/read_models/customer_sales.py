"""What did each customer buy, net of returns? One row a customer, by currency and day; whole months for what is old."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from shared.contracts.cards import CustomerRegistered, StubOpened
from shared.contracts.claims import months_before
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel, Totals
from shared.projections.routing import live_table, live_totals

DAYS_KEPT_MONTHS = 36
"""A customer's sales are kept by day for so many months before the latest one, and by month before that."""


class Net(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Sales less returns of a day or month, and how many sales there were."""

    net: Decimal
    sales: int


Spans = dict[str, dict[str, Net]]
"""Currency, then day (2026-03-02) or month (2023-01)."""


@dataclass(frozen=True, slots=True)
class CustomerSales:
    """`registered` comes from the card, everything else from the ledger. `newest` is never later than the fact's recording."""

    customer_id: UUID
    registered: bool
    sales: str
    newest: date | None
    first_sale_on: date | None
    last_sale_on: date | None


_encoder = msgspec.json.Encoder(decimal_format="string", order="sorted")
_decoder = msgspec.json.Decoder(Spans)


def spans_of(row: CustomerSales) -> Spans:
    return _decoder.decode(row.sales)


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CustomerSales | None, envelope: Envelope) -> CustomerSales | None:
    if envelope.customer_id is None:
        return row
    row = row or CustomerSales(envelope.customer_id, False, "{}", None, None, None)
    recorded_on = envelope.recorded_at.date()
    match envelope.event:
        case SaleRecorded() as sale:
            first = sale.sold_on if row.first_sale_on is None else min(sale.sold_on, row.first_sale_on)
            last = sale.sold_on if row.last_sale_on is None else max(sale.sold_on, row.last_sale_on)
            row = replace(row, first_sale_on=first, last_sale_on=last)
            return _with(row, sale.sold_on, sale.net, sale.net.amount, 1, recorded_on)
        case GoodsReturned() as back:
            return _with(row, back.returned_on, back.net, -back.net.amount, 0, recorded_on)
        case CustomerRegistered() | StubOpened():
            return replace(row, registered=True)
    return row


def _with(row: CustomerSales, on: date, money: Money, amount: Decimal, sales: int, recorded_on: date) -> CustomerSales:
    spans = spans_of(row)
    day = min(on, recorded_on)
    newest = day if row.newest is None else max(row.newest, day)
    first_day = months_before(newest, DAYS_KEPT_MONTHS)
    _add(spans.setdefault(money.currency, {}), on.isoformat() if on >= first_day else on.isoformat()[:7], Net(amount, sales))
    if row.newest is not None and first_day > months_before(row.newest, DAYS_KEPT_MONTHS):
        spans = {currency: _compacted(found, first_day.isoformat()) for currency, found in spans.items()}
    return replace(row, sales=_encoder.encode(spans).decode(), newest=newest)


def _add(spans: dict[str, Net], span: str, more: Net) -> None:
    before = spans.get(span)
    spans[span] = more if before is None else Net(before.net + more.net, before.sales + more.sales)


def _compacted(spans: Mapping[str, Net], first_day: str) -> dict[str, Net]:
    found: dict[str, Net] = {}
    for span, net in spans.items():
        _add(found, span if len(span) == 7 or span >= first_day else span[:7], net)
    return found


def totals(row: CustomerSales) -> Totals:
    """The company's net sales and number of sales by currency and month."""
    found: dict[str, dict[str, Decimal | int]] = {}
    for currency, spans in spans_of(row).items():
        for span, net in spans.items():
            month = found.setdefault(f"{currency}/{span[:7]}", {"net": Decimal(0), "sales": 0})
            month["net"] += net.net
            month["sales"] += net.sales
    return found


CUSTOMER_SALES = ReadModel(
    name="customer_sales",
    version=1,
    row=CustomerSales,
    columns={
        "customer_id": "uuid",
        "registered": "boolean",
        "sales": "text",
        "newest": "date",
        "first_sale_on": "date",
        "last_sale_on": "date",
    },
    key_column="customer_id",
    topics={
        CARDS_TRANSACTIONS: frozenset({SaleRecorded.type, GoodsReturned.type}),
        CARDS_EVENTS: frozenset({CustomerRegistered.type, StubOpened.type}),
    },
    key=key,
    evolve=evolve,
    totals=totals,
)


def net_between(spans: Mapping[str, Net], first: date, last: date) -> Decimal | None:
    """Net sales from `first` through `last`; None when there was neither a sale nor a return. Days only: see DAYS_KEPT_MONTHS."""
    low, high = first.isoformat(), last.isoformat()
    found = [net.net for span, net in spans.items() if len(span) == 10 and low <= span <= high]
    return sum(found, Decimal(0)) if found else None


_ALL = "SELECT customer_id, sales FROM {table} WHERE newest IS NOT NULL"
_BUSIEST = """
SELECT split_part(group_key, '/', 1) AS currency, sum(value) AS sales FROM {table}
 WHERE measure = 'sales' AND split_part(group_key, '/', 2) BETWEEN $1 AND $2
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"""
_ONE = "SELECT * FROM {table} WHERE customer_id = $1"


async def busiest_currency(c: Connection, schema: str, first: date, last: date) -> str | None:
    """The currency with the most sales in the months of the period: how many they are, since amounts cannot be compared."""
    table = await live_totals(c, schema, CUSTOMER_SALES)
    found: str | None = await c.fetchval(_BUSIEST.format(table=table), first.isoformat()[:7], last.isoformat()[:7])
    return found


async def all_sales(c: Connection, schema: str, pieces: int = 1000) -> AsyncIterator[list[tuple[UUID, Spans]]]:
    """All customers with sales or returns, in pieces. Inside the caller's transaction, whose snapshot it shows."""
    table = await live_table(c, schema, CUSTOMER_SALES)
    cursor = await c.cursor(_ALL.format(table=table))
    while rows := await cursor.fetch(pieces):
        yield [(row["customer_id"], _decoder.decode(row["sales"])) for row in rows]


async def one(c: Connection, schema: str, customer_id: UUID) -> CustomerSales | None:
    table = await live_table(c, schema, CUSTOMER_SALES)
    row: Any = await c.fetchrow(_ONE.format(table=table), customer_id)
    return None if row is None else CustomerSales(**{name: row[name] for name in CUSTOMER_SALES.columns})
