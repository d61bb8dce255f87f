"""Who owes what? One row a customer: the account folded from the ledger, the claims, the terms.

What depends on today (overdue, ageing, disputed) is not stored: it is computed from the row when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.contracts.account_columns import account_of, text_after
from shared.contracts.cards import (
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    SalespersonAssigned,
    StubOpened,
    TradeTermsAgreed,
)
from shared.contracts.claims import Claims, apply_claim
from shared.contracts.envelope import Envelope
from shared.contracts.open_items import Account, Item, apply, disputed, open_items
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINT_TYPES, COMPLAINTS_EVENTS, TRANSACTION_TYPES
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Receivable:
    """`account` comes from the ledger, `claims` from complaints, the rest of the first lines from the card; each only from there.

    `since`: from when what the card says holds, as JSON; of two statements that of the later day stands. The others follow from
    account and claims: by currency what is open and how much of it disputed, as JSON, whatever the day; whether credit is left.
    """

    customer_id: UUID
    name: str | None
    area_id: str | None
    salesperson_id: str | None
    payment_days: int | None
    credit_limit: Decimal | None
    credit_currency: str | None
    since: str
    account: str
    claims: str
    open_items: str
    oldest_due_on: date | None
    in_credit: bool


ZERO = Decimal(0)


class OpenItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    source: str
    number: str
    issued_on: date
    due_on: date
    amount: Decimal
    open: Decimal
    disputed: Decimal = ZERO


class OpenBalance(msgspec.Struct, frozen=True, kw_only=True):
    """One currency. The items' open amounts add up to `outstanding`; `unallocated` is credit that no invoice has used up."""

    outstanding: Decimal
    unallocated: Decimal
    items: tuple[OpenItem, ...]


_encoder = msgspec.json.Encoder(decimal_format="string")
_balances = msgspec.json.Decoder(dict[str, OpenBalance])
_claims = msgspec.json.Decoder(Claims)
_since = msgspec.json.Decoder(dict[str, datetime])
NO_CLAIMS = "{}"


def balances_of(text: str) -> dict[str, OpenBalance]:
    return _balances.decode(text)


def claims_of(text: str) -> Claims:
    return _claims.decode(text)


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Receivable | None, envelope: Envelope) -> Receivable | None:
    if envelope.customer_id is None:
        return row
    row = row or Receivable(envelope.customer_id, None, None, None, None, None, None, "{}", "{}", NO_CLAIMS, "{}", None, False)
    if envelope.topic == CARDS_TRANSACTIONS:
        account = apply(account_of(row.account), envelope.event, envelope.recorded_at.date())
        return _with_open_items(replace(row, account=text_after(row.account, account)), account)
    if envelope.topic == COMPLAINTS_EVENTS:
        claims = _encoder.encode(apply_claim(_claims.decode(row.claims), envelope.event)).decode()
        return _with_open_items(replace(row, claims=claims), account_of(row.account))
    return _with_card(row, envelope)


def _with_open_items(row: Receivable, account: Account) -> Receivable:
    disputes = {} if row.claims == NO_CLAIMS else disputed(account, _claims.decode(row.claims), date.max)
    found = {
        currency: OpenBalance(
            outstanding=standing.outstanding,
            unallocated=standing.unallocated,
            items=tuple(_open_item(item, disputes.get(currency, {})) for item in standing.items),
        )
        for currency, standing in open_items(account, date.max).items()
    }
    oldest = min((item.due_on for balance in found.values() for item in balance.items), default=None)
    credit = any(balance.unallocated > 0 for balance in found.values())
    return replace(row, open_items=_encoder.encode(found).decode(), oldest_due_on=oldest, in_credit=credit)


def _open_item(item: Item, disputes: Mapping[Item, Decimal]) -> OpenItem:
    return OpenItem(
        source=item.source,
        number=item.number,
        issued_on=item.issued_on,
        due_on=item.due_on,
        amount=item.amount,
        open=item.open,
        disputed=disputes.get(item, ZERO),
    )


def _with_card(row: Receivable, envelope: Envelope) -> Receivable:
    event = envelope.event
    match event:
        case CustomerRegistered():
            row = _stated(row, "name", envelope, name=event.basics.name)
            return _stated(row, "assigned", envelope, area_id=event.area_id, salesperson_id=event.salesperson_id)
        case BasicsRevised():
            return _stated(row, "name", envelope, name=event.basics.name)
        case SalespersonAssigned():
            return _stated(row, "assigned", envelope, area_id=event.area_id, salesperson_id=event.salesperson_id)
        case TradeTermsAgreed():
            limit = event.credit_limit
            return _stated(
                row,
                "terms",
                envelope,
                payment_days=event.payment_days,
                credit_limit=None if limit is None else limit.amount,
                credit_currency=None if limit is None else limit.currency,
            )
        case CustomerErased():
            return replace(row, name=None)
    return row


def _stated(row: Receivable, what: str, envelope: Envelope, **fields: Any) -> Receivable:
    """The row with these fields, unless what stands of them holds from a later day."""
    since = _since.decode(row.since)
    if what in since and since[what] > envelope.occurred_at:
        return row
    return replace(row, since=_encoder.encode({**since, what: envelope.occurred_at}).decode(), **fields)


RECEIVABLES = ReadModel(
    name="receivables",
    version=2,
    row=Receivable,
    columns={
        "customer_id": "uuid",
        "name": "text",
        "area_id": "text",
        "salesperson_id": "text",
        "payment_days": "integer",
        "credit_limit": "numeric",
        "credit_currency": "text",
        "since": "text",
        "account": "text",
        "claims": "text",
        "open_items": "jsonb",
        "oldest_due_on": "date",
        "in_credit": "boolean",
    },
    key_column="customer_id",
    topics={
        # Sales and returns make no receivable: they would only be read and thrown away.
        CARDS_TRANSACTIONS: TRANSACTION_TYPES - {SaleRecorded.type, GoodsReturned.type},
        CARDS_EVENTS: frozenset(
            cls.type
            for cls in (StubOpened, CustomerRegistered, BasicsRevised, SalespersonAssigned, TradeTermsAgreed, CustomerErased)
        ),
        COMPLAINTS_EVENTS: COMPLAINT_TYPES,
    },
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to. `due_before`: only customers with something overdue on that day."""

    salesperson_id: str | None = None
    overdue: bool | None = None


_COLUMNS = ", ".join(name + ("::text" if kind == "jsonb" else "") for name, kind in RECEIVABLES.columns.items())
_SOME = "SELECT {columns} FROM {table} WHERE customer_id = ANY($1::uuid[])"
_OPEN = "SELECT open_items::text AS open_items FROM {table} WHERE customer_id = ANY($1::uuid[])"
_PAGE = """SELECT {columns} FROM {table}
 WHERE oldest_due_on IS NOT NULL AND {conditions} ORDER BY oldest_due_on, customer_id LIMIT {limit:d}"""


async def one(c: Connection, schema: str, customer_id: UUID) -> Receivable | None:
    return (await some(c, schema, [customer_id])).get(customer_id)


async def some(c: Connection, schema: str, customers: Sequence[UUID]) -> Mapping[UUID, Receivable]:
    """The rows of some customers, where they have one."""
    statement = _SOME.format(columns=_COLUMNS, table=await live_table(c, schema, RECEIVABLES))
    return {row["customer_id"]: Receivable(**row) for row in await c.fetch(statement, customers)}


async def open_balances(c: Connection, schema: str, customers: Sequence[UUID]) -> Sequence[Mapping[str, OpenBalance]]:
    """What is open by currency, whatever the day, of each of the customers that has a row: without the ledgers behind it."""
    statement = _OPEN.format(table=await live_table(c, schema, RECEIVABLES))
    return [balances_of(row["open_items"]) for row in await c.fetch(statement, customers)]


async def page(
    c: Connection, schema: str, filters: Filters, today: date, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Receivable]:
    """Customers with something open, the oldest due first. Overdue: due before `today`."""
    where = Conditions()
    where.add("salesperson_id = {}", filters.salesperson_id)
    if filters.overdue is not None:
        where.add(f"oldest_due_on {'<' if filters.overdue else '>='} {{}}", today)
    where.behind("oldest_due_on, customer_id", after)
    table = await live_table(c, schema, RECEIVABLES)
    statement = _PAGE.format(columns=_COLUMNS, table=table, conditions=where.sql, limit=limit)
    return [Receivable(**row) for row in await c.fetch(statement, *where.values)]
