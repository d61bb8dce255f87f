"""Which complaints are there, and which of them are open? One row a complaint, for lists; the record itself is the stream."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.complaints.domain.states import NAMES
from services.complaints.read_models.served import SERVED
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.envelope import Envelope
from shared.contracts.topics import COMPLAINT_FACT_TYPES, COMPLAINT_STREAM_TYPES, COMPLAINTS_EVENTS
from shared.contracts.transactions import InvoiceRef
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel, Totals
from shared.projections.routing import live_table, live_totals


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """`state` as `domain/states.py` names it, from OPEN to CLOSED or WITHDRAWN. `ended_on` is the day of closing or withdrawing.

    `disputed`: an amount or invoices are claimed and the claim is neither settled nor ended.
    """

    complaint_id: UUID
    customer_id: UUID
    kind: str
    channel: str
    state: str
    received_on: date
    remedy_sought: str | None
    claimed: Decimal | None
    currency: str | None
    invoices: str
    article: str | None
    batch: str | None
    source: str | None
    source_event_id: str | None
    founded: bool | None
    severity: str | None
    solution: str | None
    settled_on: date | None
    agreed: Decimal | None
    ended_on: date | None
    lesson: str | None
    disputed: bool
    version: int


_encoder = msgspec.json.Encoder()
_invoices = msgspec.json.Decoder(tuple[InvoiceRef, ...])


def invoices_of(text: str) -> tuple[InvoiceRef, ...]:
    return _invoices.decode(text)


def key(envelope: Envelope) -> UUID | None:
    complaint_id: UUID | None = getattr(envelope.event, "complaint_id", None)
    return complaint_id


def evolve(row: ComplaintRow | None, envelope: Envelope) -> ComplaintRow | None:
    event = envelope.event
    if isinstance(event, ComplaintReceived):
        return _received(event, envelope.version)
    if row is None:
        return None
    row = replace(row, version=envelope.version, state=NAMES.get(type(event), row.state))
    match event:
        case ComplaintAssessed():
            return replace(row, founded=event.founded, severity=event.severity)
        case SolutionCarriedOut():
            return replace(row, solution=event.solution)
        case ClaimSettled():
            row = replace(row, settled_on=event.settled_on, disputed=False)
            if event.agreed is None:
                return row
            # What is claimed and what is agreed have one currency; where no amount was claimed it is that of the gift.
            return replace(row, agreed=event.agreed.amount, currency=event.agreed.currency)
        case ComplaintClosed():
            return replace(row, ended_on=event.closed_on, lesson=event.lesson, disputed=False)
        case ComplaintWithdrawn():
            return replace(row, ended_on=event.withdrawn_on, disputed=False)
    return row


def _received(event: ComplaintReceived, version: int) -> ComplaintRow:
    return ComplaintRow(
        complaint_id=event.complaint_id,
        customer_id=event.customer_id,
        kind=event.kind,
        channel=event.channel,
        state=NAMES[ComplaintReceived],
        received_on=event.received_on,
        remedy_sought=event.remedy_sought,
        claimed=None if event.claimed is None else event.claimed.amount,
        currency=None if event.claimed is None else event.claimed.currency,
        invoices=_encoder.encode(event.invoices).decode(),
        article=event.article,
        batch=event.batch,
        source=event.source,
        source_event_id=event.source_event_id,
        founded=None,
        severity=None,
        solution=None,
        settled_on=None,
        agreed=None,
        ended_on=None,
        lesson=None,
        disputed=event.claimed is not None or bool(event.invoices),
        version=version,
    )


def totals(row: ComplaintRow) -> Totals:
    """Open complaints by kind, and what they claim by currency."""
    if row.ended_on is not None:
        return {}
    found: dict[str, dict[str, Decimal | int]] = {f"kind:{row.kind}": {"open": 1}}
    if row.disputed and row.claimed is not None:
        found[f"currency:{row.currency}"] = {"claimed": row.claimed}
    return found


COMPLAINTS = ReadModel(
    name="complaints",
    version=1,
    row=ComplaintRow,
    columns={
        "complaint_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "channel": "text",
        "state": "text",
        "received_on": "date",
        "remedy_sought": "text",
        "claimed": "numeric",
        "currency": "text",
        "invoices": "jsonb",
        "article": "text",
        "batch": "text",
        "source": "text",
        "source_event_id": "text",
        "founded": "boolean",
        "severity": "text",
        "solution": "text",
        "settled_on": "date",
        "agreed": "numeric",
        "ended_on": "date",
        "lesson": "text",
        "disputed": "boolean",
        "version": "integer",
    },
    key_column="complaint_id",
    topics={COMPLAINTS_EVENTS: COMPLAINT_STREAM_TYPES | COMPLAINT_FACT_TYPES},
    key=key,
    evolve=evolve,
    totals=totals,
)


class Filters(NamedTuple):
    """What a page is narrowed to."""

    customer_id: UUID | None = None
    open: bool | None = None
    kind: str | None = None


class OpenTotals(NamedTuple):
    """Open complaints by kind; what they claim by currency."""

    by_kind: dict[str, int]
    claimed: dict[str, Decimal]


_COLUMNS = ", ".join(name + ("::text" if type_ == "jsonb" else "") for name, type_ in COMPLAINTS.columns.items())
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY received_on DESC, complaint_id DESC LIMIT {limit:d}"
_TOTALS = "SELECT group_key, sum(value) AS value FROM {table} GROUP BY group_key ORDER BY group_key"


async def page(
    c: Connection, schema: str, filters: Filters, after: tuple[date, UUID] | None, limit: int
) -> Sequence[ComplaintRow]:
    """The latest received first."""
    where = Conditions()
    where.add("customer_id = {}", filters.customer_id)
    where.add("kind = {}", filters.kind)
    if filters.open is not None:
        # Written out: the index of open complaints serves no other form.
        where.hold(f"ended_on IS {'' if filters.open else 'NOT '}NULL")
    where.behind("received_on, complaint_id", after, descending=True)
    table = await live_table(c, schema, COMPLAINTS)
    statement = _PAGE.format(columns=_COLUMNS, table=table, conditions=where.sql, limit=limit)
    return [ComplaintRow(**row) for row in await c.fetch(statement, *where.values)]


async def open_totals(c: Connection, schema: str) -> OpenTotals:
    """What is open over all customers. The sums of the slots of all parts."""
    table = await live_totals(c, schema, COMPLAINTS)
    found = OpenTotals({}, {})
    for row in await c.fetch(_TOTALS.format(table=table)):
        group, _, name = row["group_key"].partition(":")
        if group == "kind":
            found.by_kind[name] = int(row["value"])
        else:
            found.claimed[name] = row["value"]
    return found


class ReceivedComplaint(NamedTuple):
    complaint_id: UUID
    customer_id: UUID


_RECEIVED = """
SELECT complaint_id, customer_id FROM {table} r WHERE received_on BETWEEN $1 AND $2
   AND ($3::text[] IS NULL OR EXISTS (SELECT FROM {served} s WHERE s.customer_id = r.customer_id AND s.area_id = ANY($3)))
 ORDER BY received_on, complaint_id LIMIT $4"""


async def received_between(
    c: Connection, schema: str, first: date, last: date, areas: Collection[str] | None, limit: int
) -> Sequence[ReceivedComplaint]:
    """Complaints received from `first` through `last`, of customers in one of these areas, None for all; at most so many."""
    statement = _RECEIVED.format(table=await live_table(c, schema, COMPLAINTS), served=await live_table(c, schema, SERVED))
    rows = await c.fetch(statement, first, last, None if areas is None else list(areas), limit)
    return [ReceivedComplaint(**row) for row in rows]
