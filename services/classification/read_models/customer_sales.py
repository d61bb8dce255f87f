"""What did each customer buy, net of returns? One row a customer, by currency and day; whole months for what is old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from shared.contracts.cards import CustomerRegistered, StubOpened
from shared.contracts.claims import months_before
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.pool import Connection
from shared.projections.read_model import Gains, Held, ReadModel, Totals
from shared.projections.routing import live_table, whole_totals

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
    """`registered` comes from the card, everything else from the ledger. `newest` is never later than the fact's recording."""

    customer_id: UUID
    registered: bool
    sales: Spans
    newest: date | None
    first_sale_on: date | None
    last_sale_on: date | None


_encoder = msgspec.json.Encoder(decimal_format="string", order="sorted")
_decoder: msgspec.json.Decoder[Spans] = msgspec.json.Decoder(dict[str, dict[str, Net]])


def read_spans(text: str) -> Spans:
    return _decoder.decode(text)


def write_spans(spans: Spans) -> str:
    return _encoder.encode(spans).decode()


_NONE: Spans = {}
_NOTHING: Mapping[str, Net] = {}


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CustomerSales | None, envelope: Envelope) -> CustomerSales | None:
    return evolve_all(row, (envelope,))


def evolve_all(row: CustomerSales | None, envelopes: Sequence[Envelope]) -> CustomerSales | None:
    """For all that a batch tells of a customer the days are copied once."""
    customer_id = envelopes[0].customer_id
    if customer_id is None:
        return row
    row = row or CustomerSales(customer_id, False, _NONE, None, None, None)
    registered, newest, first, last = row.registered, row.newest, row.first_sale_on, row.last_sale_on
    more: list[tuple[str, date, Net]] = []
    for envelope in envelopes:
        fact = envelope.event
        if isinstance(fact, SaleRecorded):
            on = fact.sold_on
            first = on if first is None or on < first else first
            last = on if last is None or on > last else last
            more.append((fact.net.currency, on, Net(fact.net.amount, 1)))
        elif isinstance(fact, GoodsReturned):
            on = fact.returned_on
            more.append((fact.net.currency, on, Net(-fact.net.amount, 0)))
        else:
            registered = registered or isinstance(fact, (CustomerRegistered, StubOpened))
            continue
        recorded_on = envelope.recorded_at.date()
        latest = on if on < recorded_on else recorded_on
        newest = latest if newest is None or latest > newest else newest
    spans = row.sales if newest is None else _with_all(row, more, newest)
    return CustomerSales(row.customer_id, registered, spans, newest, first, last)


def _with_all(row: CustomerSales, more: Sequence[tuple[str, date, Net]], newest: date) -> Spans:
    first_day = months_before(newest, DAYS_KEPT_MONTHS)
    changed: dict[str, dict[str, Net]] = {}
    for currency, on, net in more:
        spans = changed.get(currency)
        if spans is None:
            spans = changed[currency] = dict(row.sales.get(currency, _NOTHING))
        _add(spans, on.isoformat() if on >= first_day else on.isoformat()[:7], net)
    found: Spans = {**row.sales, **changed}
    if row.newest is not None and first_day > months_before(row.newest, DAYS_KEPT_MONTHS):
        found = {currency: _compacted(spans, first_day.isoformat()) for currency, spans in found.items()}
    return found


def _add(spans: dict[str, Net], span: str, more: Net) -> None:
    before = spans.get(span)
    spans[span] = more if before is None else Net(before.net + more.net, before.sales + more.sales)


def _compacted(spans: Mapping[str, Net], first_day: str) -> Mapping[str, Net]:
    if min(spans, default=first_day) >= first_day:
        return spans
    found: dict[str, Net] = {}
    for span, net in spans.items():
        _add(found, span if len(span) == 7 or span >= first_day else span[:7], net)
    return found


def totals(row: CustomerSales) -> Totals:
    """The company's net sales and number of sales by currency and month."""
    found: dict[str, dict[str, Decimal | int]] = {}
    for currency, spans in row.sales.items():
        for span, net in spans.items():
            month = found.setdefault(f"{currency}/{span[:7]}", {"net": Decimal(0), "sales": 0})
            month["net"] += net.net
            month["sales"] += net.sales
    return found


def gained(old: CustomerSales | None, new: CustomerSales | None) -> Gains:
    """What `totals` gain when one row becomes another, by looking at the spans that differ: few of hundreds."""
    found: dict[tuple[str, str], Decimal | int] = {}
    before: Spans = _NONE if old is None else old.sales
    after: Spans = _NONE if new is None else new.sales
    for currency in {*before, *after}:
        was, now = before.get(currency, {}), after.get(currency, {})
        for span, b in now.items():
            a = was.get(span)
            if a is not b:
                _gain(found, currency, span, b.net if a is None else b.net - a.net, b.sales if a is None else b.sales - a.sales)
        for span in was.keys() - now.keys():
            _gain(found, currency, span, -was[span].net, -was[span].sales)
    return found


def _gain(found: dict[tuple[str, str], Decimal | int], currency: str, span: str, net: Decimal, sales: int) -> None:
    month = f"{currency}/{span[:7]}"
    found[month, "net"] = found.get((month, "net"), 0) + net
    found[month, "sales"] = found.get((month, "sales"), 0) + sales


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
    evolve_all=evolve_all,
    totals=totals,
    gained=gained,
    held={"sales": Held(write_spans, read_spans)},
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
    table = await whole_totals(c, schema, CUSTOMER_SALES)
    found: str | None = await c.fetchval(_BUSIEST.format(table=table), first.isoformat()[:7], last.isoformat()[:7])
    return found


async def company_month(c: Connection, schema: str, currency: str, month: str) -> Decimal:
    """The company's net sales in a month (2026-03) and currency."""
    table = await whole_totals(c, schema, CUSTOMER_SALES)
    found: Decimal = await c.fetchval(_MONTH.format(table=table), f"{currency}/{month}")
    return found


async def company_months(c: Connection, schema: str, currency: str, first: date, last: date) -> dict[str, Decimal]:
    """The company's net sales by month (2026-03), from that of one day through that of another; those without sales are left out."""
    table = await whole_totals(c, schema, CUSTOMER_SALES)
    rows = await c.fetch(_MONTHS.format(table=table), f"{currency}/{first:%Y-%m}", f"{currency}/{last:%Y-%m}")
    return {row["month"]: row["net"] for row in rows}


async def one(c: Connection, schema: str, customer_id: UUID) -> CustomerSales | None:
    table = await live_table(c, schema, CUSTOMER_SALES)
    row: Any = await c.fetchrow(_ONE.format(table=table), customer_id)
    if row is None:
        return None
    return CustomerSales(
        **{name: row[name] for name in CUSTOMER_SALES.columns if name != "sales"}, sales=read_spans(row["sales"])
    )
