"""What did each customer buy, net of returns? One row a customer, by currency and day; whole months for what is old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from shared.projections.read_model import Gains, ReadModel, Totals
from shared.projections.routing import live_table, live_totals

DAYS_KEPT_MONTHS = 36
"""A customer's sales are kept by day for so many months before the latest one, and by month before that."""


class Net(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Sales less returns of a day or month, and how many sales there were."""

    net: Decimal
    sales: int


Spans = Mapping[str, Mapping[str, Net]]
"""Currency, then day (2026-03-02) or month (2023-01)."""


@dataclass(frozen=True, slots=True)
class CustomerSales:
    """`registered` comes from the card, everything else from the ledger. `newest` is never later than the fact's recording.

    `spans` is what `sales` says, kept from when it was written or first read; nobody changes it in place.
    """

    customer_id: UUID
    registered: bool
    sales: str
    newest: date | None
    first_sale_on: date | None
    last_sale_on: date | None
    spans: Spans | None = field(default=None, compare=False, repr=False)


_encoder = msgspec.json.Encoder(decimal_format="string", order="sorted")
_decoder: msgspec.json.Decoder[Spans] = msgspec.json.Decoder(dict[str, dict[str, Net]])


def spans_of(row: CustomerSales) -> Spans:
    spans = row.spans
    if spans is None:
        spans = read_spans(row.sales)
        # Each event and both sides of the totals ask for it; reading is most of the work of a fold.
        object.__setattr__(row, "spans", spans)
    return spans


def read_spans(text: str) -> Spans:
    return _decoder.decode(text)


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
            text, newest, spans = _with(row, sale.sold_on, sale.net, sale.net.amount, 1, recorded_on)
            return CustomerSales(row.customer_id, row.registered, text, newest, first, last, spans)
        case GoodsReturned() as back:
            text, newest, spans = _with(row, back.returned_on, back.net, -back.net.amount, 0, recorded_on)
            return replace(row, sales=text, newest=newest, spans=spans)
        case CustomerRegistered() | StubOpened():
            return replace(row, registered=True)
    return row


def _with(row: CustomerSales, on: date, money: Money, amount: Decimal, sales: int, recorded_on: date) -> tuple[str, date, Spans]:
    day = min(on, recorded_on)
    newest = day if row.newest is None else max(row.newest, day)
    first_day = months_before(newest, DAYS_KEPT_MONTHS)
    before = spans_of(row)
    changed = dict(before.get(money.currency, {}))
    _add(changed, on.isoformat() if on >= first_day else on.isoformat()[:7], Net(amount, sales))
    spans: Spans = {**before, money.currency: changed}
    if row.newest is not None and newest > row.newest and first_day > months_before(row.newest, DAYS_KEPT_MONTHS):
        spans = {currency: _compacted(found, first_day.isoformat()) for currency, found in spans.items()}
    return _encoder.encode(spans).decode(), newest, spans


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


def gained(old: CustomerSales | None, new: CustomerSales | None) -> Gains:
    """What `totals` gain when one row becomes another, by looking at the spans that differ: few of hundreds."""
    found: dict[tuple[str, str], Decimal | int] = {}
    before: Spans = {} if old is None else spans_of(old)
    after: Spans = {} if new is None else spans_of(new)
    for currency in {*before, *after}:
        was, now = before.get(currency, {}), after.get(currency, {})
        for span in was.keys() | now.keys():
            a, b = was.get(span), now.get(span)
            if a is b or a == b:
                continue
            month = f"{currency}/{span[:7]}"
            for one, sign in ((a, -1), (b, 1)):
                if one is not None:
                    found[month, "net"] = found.get((month, "net"), 0) + sign * one.net
                    found[month, "sales"] = found.get((month, "sales"), 0) + sign * one.sales
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
    gained=gained,
)


_BUSIEST = """
SELECT split_part(group_key, '/', 1) AS currency, sum(value) AS sales FROM {table}
 WHERE measure = 'sales' AND split_part(group_key, '/', 2) BETWEEN $1 AND $2
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"""
_MONTH = "SELECT coalesce(sum(value), 0) FROM {table} WHERE measure = 'net' AND group_key = $1"
_MONTHS = """SELECT split_part(group_key, '/', 2) AS month, sum(value) AS net FROM {table}
 WHERE measure = 'net' AND group_key BETWEEN $1 AND $2 GROUP BY 1"""
_ONE = "SELECT * FROM {table} WHERE customer_id = $1"


async def busiest_currency(c: Connection, schema: str, first: date, last: date) -> str | None:
    """The currency with the most sales in the months of the period: how many they are, since amounts cannot be compared."""
    table = await live_totals(c, schema, CUSTOMER_SALES)
    found: str | None = await c.fetchval(_BUSIEST.format(table=table), first.isoformat()[:7], last.isoformat()[:7])
    return found


async def company_month(c: Connection, schema: str, currency: str, month: str) -> Decimal:
    """The company's net sales in a month (2026-03) and currency."""
    table = await live_totals(c, schema, CUSTOMER_SALES)
    found: Decimal = await c.fetchval(_MONTH.format(table=table), f"{currency}/{month}")
    return found


async def company_months(c: Connection, schema: str, currency: str, first: date, last: date) -> dict[str, Decimal]:
    """The company's net sales by month (2026-03), from that of one day through that of another; those without sales are left out."""
    table = await live_totals(c, schema, CUSTOMER_SALES)
    rows = await c.fetch(_MONTHS.format(table=table), f"{currency}/{first:%Y-%m}", f"{currency}/{last:%Y-%m}")
    return {row["month"]: row["net"] for row in rows}


async def one(c: Connection, schema: str, customer_id: UUID) -> CustomerSales | None:
    table = await live_table(c, schema, CUSTOMER_SALES)
    row: Any = await c.fetchrow(_ONE.format(table=table), customer_id)
    return None if row is None else CustomerSales(**{name: row[name] for name in CUSTOMER_SALES.columns})
