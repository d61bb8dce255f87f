"""What did each customer buy, net of returns? One row a customer, by currency and day; whole months for what is old."""

from __future__ import annotations

from collections.abc import Mapping
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
from shared.projections.read_model import Gains, Growing, Held, ReadModel, Totals
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
_NO_DAY: date | None = None


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


class _Growing:
    """A customer's sales that are added to in place; those of a currency are copied when the first of them changes."""

    __slots__ = ("added", "customer_id", "first", "last", "newest", "oldest", "registered", "row")

    def __init__(self, row: CustomerSales | None) -> None:
        self.row = row
        self.added: dict[str, dict[str, Net]] = {}
        self.oldest = date.max
        self.customer_id: UUID | None = None
        self.registered, self.newest, self.first, self.last = False, _NO_DAY, _NO_DAY, _NO_DAY
        if row is not None:
            self.customer_id, self.registered = row.customer_id, row.registered
            self.newest, self.first, self.last = row.newest, row.first_sale_on, row.last_sale_on


def _add_event(growing: _Growing, envelope: Envelope) -> None:
    growing.customer_id = growing.customer_id or envelope.customer_id
    fact = envelope.event
    if isinstance(fact, SaleRecorded):
        on, amount, sales = fact.sold_on, fact.net.amount, 1
        if growing.first is None or on < growing.first:
            growing.first = on
        if growing.last is None or on > growing.last:
            growing.last = on
    elif isinstance(fact, GoodsReturned):
        on, amount, sales = fact.returned_on, -fact.net.amount, 0
    else:
        growing.registered = growing.registered or isinstance(fact, (CustomerRegistered, StubOpened))
        return
    if on < growing.oldest:
        growing.oldest = on
    recorded_on = envelope.recorded_at.date()
    latest = on if on < recorded_on else recorded_on
    if growing.newest is None or latest > growing.newest:
        growing.newest = latest
    spans = growing.added.get(fact.net.currency)
    if spans is None:
        before = _NONE if growing.row is None else growing.row.sales
        spans = growing.added[fact.net.currency] = dict(before.get(fact.net.currency, _NOTHING))
    _add(spans, on.isoformat(), Net(amount, sales))


def _grown(growing: _Growing) -> CustomerSales | None:
    row, newest, customer_id = growing.row, growing.newest, growing.customer_id
    if customer_id is None:
        return row
    spans: Spans = growing.added if row is None else {**row.sales, **growing.added}
    if newest is not None:
        first_day = months_before(newest, DAYS_KEPT_MONTHS)
        before = None if row is None else row.newest
        if growing.oldest < first_day or (before is not None and first_day > months_before(before, DAYS_KEPT_MONTHS)):
            spans = {currency: _compacted(its, first_day.isoformat()) for currency, its in spans.items()}
    return CustomerSales(customer_id, growing.registered, spans, newest, growing.first, growing.last)


def evolve(row: CustomerSales | None, envelope: Envelope) -> CustomerSales | None:
    growing = _Growing(row)
    _add_event(growing, envelope)
    return _grown(growing)


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
        was, now = before.get(currency, _NOTHING), after.get(currency, _NOTHING)
        months: dict[str, Net] = {}
        for span, b in now.items():
            a = was.get(span)
            if a is not b:
                _add(months, span[:7], b if a is None else Net(b.net - a.net, b.sales - a.sales))
        for span in was.keys() - now.keys() if was else ():
            _add(months, span[:7], Net(-was[span].net, -was[span].sales))
        for month, more in months.items():
            group = f"{currency}/{month}"
            found[group, "net"] = more.net
            found[group, "sales"] = more.sales
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
    growing=Growing(_Growing, _add_event, _grown),
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
