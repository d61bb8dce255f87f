"""Which questions, requests for help and opinions are there? One row a case; its words are in its stream only, sealed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.contracts.complaint_facts import (
    CaseAnswered,
    CaseBecameComplaint,
    CaseClosed,
    CaseReceived,
    CaseSummaryConfirmed,
    OfCase,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import COMPLAINTS_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

FOLDED: tuple[type[Event], ...] = (CaseReceived, CaseSummaryConfirmed, CaseAnswered, CaseClosed, CaseBecameComplaint)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`state` is OPEN, ANSWERED, CLOSED or COMPLAINT."""

    case_id: UUID
    customer_id: UUID
    kind: str
    concern: str
    channel: str
    state: str
    received_on: date
    article: str | None
    source: str | None
    source_event_id: str | None
    confirmed_on: date | None
    answered_on: date | None
    ended_on: date | None
    solved: bool | None
    complaint_id: UUID | None
    version: int


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.case_id if isinstance(envelope.event, OfCase) else None


def evolve(row: CaseRow | None, envelope: Envelope) -> CaseRow | None:
    event = envelope.event
    if isinstance(event, CaseReceived):
        return CaseRow(
            case_id=event.case_id,
            customer_id=event.customer_id,
            kind=event.kind,
            concern=event.concern,
            channel=event.channel,
            state="OPEN",
            received_on=event.received_on,
            article=event.article,
            source=event.source,
            source_event_id=event.source_event_id,
            confirmed_on=None,
            answered_on=None,
            ended_on=None,
            solved=None,
            complaint_id=None,
            version=envelope.version,
        )
    if row is None:
        return None
    row = replace(row, version=envelope.version)
    match event:
        case CaseSummaryConfirmed():
            return replace(row, confirmed_on=event.confirmed_on)
        case CaseAnswered():
            # The first answer is the one that the customer has waited for.
            return replace(row, state="ANSWERED", answered_on=row.answered_on or event.answered_on)
        case CaseClosed():
            return replace(row, state="CLOSED", ended_on=event.closed_on, solved=event.solved)
        case CaseBecameComplaint():
            return replace(row, state="COMPLAINT", ended_on=event.on, complaint_id=event.complaint_id)
    return row


def folded(envelopes: Iterable[Envelope]) -> CaseRow | None:
    """The row of a case from its own stream."""
    row: CaseRow | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    return row


CASES = ReadModel(
    name="cases",
    version=1,
    row=CaseRow,
    columns={
        "case_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "concern": "text",
        "channel": "text",
        "state": "text",
        "received_on": "date",
        "article": "text",
        "source": "text",
        "source_event_id": "text",
        "confirmed_on": "date",
        "answered_on": "date",
        "ended_on": "date",
        "solved": "boolean",
        "complaint_id": "uuid",
        "version": "integer",
    },
    key_column="case_id",
    topics={COMPLAINTS_EVENTS: frozenset(cls.type for cls in FOLDED)},
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any."""

    customer_id: UUID | None = None
    kind: str | None = None
    state: str | None = None
    open: bool | None = None


_CONDITIONS = {"customer_id": "customer_id = {}", "kind": "kind = {}", "state": "state = {}", "open": "(ended_on IS NULL) = {}"}
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY received_on DESC, case_id DESC LIMIT {limit:d}"


async def page(c: Connection, schema: str, filters: Filters, after: tuple[date, UUID] | None, limit: int) -> Sequence[CaseRow]:
    """The latest received first."""
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("received_on, case_id", after, descending=True)
    table = await live_table(c, schema, CASES)
    statement = _PAGE.format(columns=", ".join(CASES.columns), table=table, conditions=where.sql, limit=limit)
    return [CaseRow(*row) for row in await c.fetch(statement, *where.values)]
