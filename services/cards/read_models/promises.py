"""What is promised, by whom, and when is it due? One row a promise. The words of it are in its stream only, sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.promises import OfPromise, PromiseBroken, PromiseKept, PromiseMade, PromiseWaived
from shared.contracts.topics import CARDS_EVENTS
from shared.contracts.transactions import InvoiceRef
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

PromiseState = Literal["PENDING", "KEPT", "BROKEN", "WAIVED"]
STATES: Mapping[type[Event], PromiseState] = {
    PromiseMade: "PENDING",
    PromiseKept: "KEPT",
    PromiseBroken: "BROKEN",
    PromiseWaived: "WAIVED",
}
"""What a promise is after its last event."""


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """`state` is PENDING, KEPT, BROKEN or WAIVED; a pending one stays so after its day until somebody says what became of it."""

    promise_id: UUID
    customer_id: UUID
    made_by: str
    kind: str
    made_on: date
    due_on: date
    amount: Decimal | None
    currency: str | None
    invoices: str
    state: str
    ended_on: date | None
    version: int


_encoder = msgspec.json.Encoder()
_invoices = msgspec.json.Decoder(tuple[InvoiceRef, ...])


def invoices_of(text: str) -> tuple[InvoiceRef, ...]:
    return _invoices.decode(text)


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.promise_id if isinstance(envelope.event, OfPromise) else None


def evolve(row: PromiseRow | None, envelope: Envelope) -> PromiseRow | None:
    event = envelope.event
    match event:
        case PromiseMade():
            return PromiseRow(
                promise_id=event.promise_id,
                customer_id=event.customer_id,
                made_by=event.made_by,
                kind=event.kind,
                made_on=event.made_on,
                due_on=event.due_on,
                amount=None if event.amount is None else event.amount.amount,
                currency=None if event.amount is None else event.amount.currency,
                invoices=_encoder.encode(event.invoices).decode(),
                state=STATES[PromiseMade],
                ended_on=None,
                version=envelope.version,
            )
        case PromiseKept(kept_on=day) | PromiseBroken(broken_on=day) | PromiseWaived(waived_on=day) if row is not None:
            return replace(row, state=STATES[type(event)], ended_on=day, version=envelope.version)
    return row


def folded(envelopes: Iterable[Envelope]) -> PromiseRow | None:
    """The row of a promise from its own stream."""
    row: PromiseRow | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    return row


PROMISES = ReadModel(
    name="promises",
    version=1,
    row=PromiseRow,
    columns={
        "promise_id": "uuid",
        "customer_id": "uuid",
        "made_by": "text",
        "kind": "text",
        "made_on": "date",
        "due_on": "date",
        "amount": "numeric",
        "currency": "text",
        "invoices": "jsonb",
        "state": "text",
        "ended_on": "date",
        "version": "integer",
    },
    key_column="promise_id",
    topics={CARDS_EVENTS: frozenset(cls.type for cls in (PromiseMade, PromiseKept, PromiseBroken, PromiseWaived))},
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any. `due_through`: due on that day or before."""

    customer_id: UUID | None = None
    made_by: str | None = None
    kind: str | None = None
    state: str | None = None
    salesperson_id: str | None = None
    due_through: date | None = None


class Listed(NamedTuple):
    """A promise, and its customer's name (a company's) and salesperson."""

    row: PromiseRow
    name: str | None
    salesperson_id: str | None


_COLUMNS = ", ".join(f"p.{name}" + ("::text" if kind == "jsonb" else "") for name, kind in PROMISES.columns.items())
_CONDITIONS = {
    "customer_id": "p.customer_id = {}",
    "made_by": "p.made_by = {}",
    "kind": "p.kind = {}",
    "state": "p.state = {}",
    "salesperson_id": "r.salesperson_id = {}",
    "due_through": "p.due_on <= {}",
}
_PAGE = """
SELECT {columns}, r.name, r.salesperson_id FROM {table} p LEFT JOIN {receivables} r USING (customer_id)
 WHERE {conditions} ORDER BY p.due_on, p.promise_id LIMIT {limit:d}"""
_OF_CUSTOMERS = "SELECT {columns} FROM {table} p WHERE customer_id = ANY($1::uuid[]) ORDER BY due_on, promise_id"


async def page(c: Connection, schema: str, filters: Filters, after: tuple[date, UUID] | None, limit: int) -> Sequence[Listed]:
    """Promises by the day on which they are due, then id."""
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("p.due_on, p.promise_id", after)
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, schema, PROMISES),
        receivables=await live_table(c, schema, "receivables"),
        conditions=where.sql,
        limit=limit,
    )
    return [_listed(row) for row in await c.fetch(statement, *where.values)]


def _listed(record: Iterable[Any]) -> Listed:
    *values, name, salesperson = record
    return Listed(PromiseRow(*values), name, salesperson)


async def of_customers(c: Connection, schema: str, customers: Sequence[UUID]) -> Sequence[PromiseRow]:
    """All promises of some customers, by the day on which they are due."""
    statement = _OF_CUSTOMERS.format(columns=_COLUMNS, table=await live_table(c, schema, PROMISES))
    return [PromiseRow(*row) for row in await c.fetch(statement, customers)]
