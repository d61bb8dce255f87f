"""Who owes what? One row a customer: the account folded from the ledger, the claims, the terms.

What depends on today (overdue, ageing, disputed) is not stored: it is computed from the row when somebody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.cards.read_models.accounts import account_of, text_after
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
from shared.contracts.open_items import apply, open_items
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINT_TYPES, COMPLAINTS_EVENTS, TRANSACTION_TYPES
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Receivable:
    """`account` comes from the ledger, `claims` from complaints, the rest of the first line from the card; each only from there.

    `open_items` and `oldest_due_on` follow from the account alone: by currency what is open, as JSON, whatever the day.
    """

    customer_id: UUID
    name: str | None
    area_id: str | None
    salesperson_id: str | None
    payment_days: int | None
    credit_limit: Decimal | None
    credit_currency: str | None
    account: str
    claims: str
    open_items: str
    oldest_due_on: date | None


class OpenItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    source: str
    number: str
    issued_on: date
    due_on: date
    amount: Decimal
    open: Decimal


class OpenBalance(msgspec.Struct, frozen=True, kw_only=True):
    """One currency. The items' open amounts add up to `outstanding`; `unallocated` is credit that no invoice has used up."""

    outstanding: Decimal
    unallocated: Decimal
    items: tuple[OpenItem, ...]


_encoder = msgspec.json.Encoder(decimal_format="string")
_balances = msgspec.json.Decoder(dict[str, OpenBalance])
_claims = msgspec.json.Decoder(Claims)


def balances_of(text: str) -> dict[str, OpenBalance]:
    return _balances.decode(text)


def claims_of(text: str) -> Claims:
    return _claims.decode(text)


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Receivable | None, envelope: Envelope) -> Receivable | None:
    if envelope.customer_id is None:
        return row
    row = row or Receivable(envelope.customer_id, None, None, None, None, None, None, "{}", "{}", "{}", None)
    if envelope.topic == CARDS_TRANSACTIONS:
        return _with_fact(row, envelope)
    if envelope.topic == COMPLAINTS_EVENTS:
        return replace(row, claims=_encoder.encode(apply_claim(_claims.decode(row.claims), envelope.event)).decode())
    return _with_card(row, envelope)


def _with_fact(row: Receivable, envelope: Envelope) -> Receivable:
    account = apply(account_of(row.account), envelope.event, envelope.recorded_at.date())
    found = {
        currency: OpenBalance(
            outstanding=standing.outstanding,
            unallocated=standing.unallocated,
            items=tuple(
                OpenItem(
                    source=item.source,
                    number=item.number,
                    issued_on=item.issued_on,
                    due_on=item.due_on,
                    amount=item.amount,
                    open=item.open,
                )
                for item in standing.items
            ),
        )
        for currency, standing in open_items(account, date.max).items()
    }
    oldest = min((item.due_on for balance in found.values() for item in balance.items), default=None)
    return replace(
        row, account=text_after(row.account, account), open_items=_encoder.encode(found).decode(), oldest_due_on=oldest
    )


def _with_card(row: Receivable, envelope: Envelope) -> Receivable:
    event = envelope.event
    match event:
        case CustomerRegistered():
            return replace(row, name=event.basics.name, area_id=event.area_id, salesperson_id=event.salesperson_id)
        case BasicsRevised():
            return replace(row, name=event.basics.name)
        case SalespersonAssigned():
            return replace(row, area_id=event.area_id, salesperson_id=event.salesperson_id)
        case TradeTermsAgreed():
            limit = event.credit_limit
            return replace(
                row,
                payment_days=event.payment_days,
                credit_limit=None if limit is None else limit.amount,
                credit_currency=None if limit is None else limit.currency,
            )
        case CustomerErased():
            return replace(row, name=None)
    return row


RECEIVABLES = ReadModel(
    name="receivables",
    version=1,
    row=Receivable,
    columns={
        "customer_id": "uuid",
        "name": "text",
        "area_id": "text",
        "salesperson_id": "text",
        "payment_days": "integer",
        "credit_limit": "numeric",
        "credit_currency": "text",
        "account": "text",
        "claims": "text",
        "open_items": "jsonb",
        "oldest_due_on": "date",
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
_ONE = "SELECT {columns} FROM {table} WHERE customer_id = $1"
_PAGE = """SELECT {columns} FROM {table}
 WHERE oldest_due_on IS NOT NULL AND {conditions} ORDER BY oldest_due_on, customer_id LIMIT {limit:d}"""


async def one(c: Connection, schema: str, customer_id: UUID) -> Receivable | None:
    table = await live_table(c, schema, RECEIVABLES)
    row = await c.fetchrow(_ONE.format(columns=_COLUMNS, table=table), customer_id)
    return None if row is None else Receivable(**row)


async def page(
    c: Connection, schema: str, filters: Filters, today: date, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Receivable]:
    """Customers with something open, the oldest due first. Overdue: due before `today`."""
    conditions, values = ["true"], list[object]()
    if filters.salesperson_id is not None:
        values.append(filters.salesperson_id)
        conditions.append(f"salesperson_id = ${len(values)}")
    if filters.overdue is not None:
        values.append(today)
        conditions.append(f"oldest_due_on {'<' if filters.overdue else '>='} ${len(values)}")
    if after is not None:
        values.extend(after)
        conditions.append(f"(oldest_due_on, customer_id) > (${len(values) - 1}, ${len(values)})")
    table = await live_table(c, schema, RECEIVABLES)
    statement = _PAGE.format(columns=_COLUMNS, table=table, conditions=" AND ".join(conditions), limit=limit)
    return [Receivable(**row) for row in await c.fetch(statement, *values)]
