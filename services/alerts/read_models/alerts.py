"""Which alerts are there, how bad are they, and who has to look? One row an alert, for lists; the record is the stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    CauseRecorded,
    Finding,
    MeasureDecided,
    NoteAdded,
    Reason,
)
from shared.contracts.envelope import Envelope
from shared.contracts.topics import ALERTS_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel, Totals
from shared.projections.routing import live_table

REPORTED_LEVEL = "act"
"""What a person reports goes to the superior at once."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """`state` is OPEN, ACKNOWLEDGED, RECOVERED or CLOSED. `reasons` is JSON. `channel` of a debt is its currency."""

    alert_id: UUID
    customer_id: UUID
    kind: str
    rule_id: str | None
    rule_version: int | None
    channel: str | None
    level: str
    state: str
    true_on: date
    reasons: str
    opened_at: datetime
    changed_at: datetime
    group_id: UUID | None
    next_check_on: date | None
    cause: str | None
    measure: str | None
    outcome: str | None
    notes: int
    version: int


_encoder = msgspec.json.Encoder()
_reasons = msgspec.json.Decoder(tuple[Reason, ...])


def reasons_of(text: str) -> tuple[Reason, ...]:
    return _reasons.decode(text)


def key(envelope: Envelope) -> UUID | None:
    alert_id: UUID | None = getattr(envelope.event, "alert_id", None)
    return alert_id


def evolve(row: AlertRow | None, envelope: Envelope) -> AlertRow | None:
    event = envelope.event
    if isinstance(event, AlertOpened):
        return _opened(event, envelope)
    if isinstance(event, AbnormalityReported):
        return _reported(event, envelope)
    if row is None:
        return None
    row = replace(row, version=envelope.version, changed_at=envelope.occurred_at)
    match event:
        case AlertWorsened() | AlertReopened():
            return _found(row, event.finding, "OPEN")
        case AlertRecovered():
            return row if row.state == "CLOSED" else replace(row, state="RECOVERED")
        case AlertAcknowledged():
            state = "ACKNOWLEDGED" if row.state == "OPEN" else row.state
            return replace(row, state=state, next_check_on=event.next_check_on)
        case CauseRecorded():
            return replace(row, cause=event.cause)
        case MeasureDecided():
            return replace(row, measure=event.measure)
        case NoteAdded():
            return replace(row, notes=row.notes + 1)
        case AlertClosed():
            return replace(row, state="CLOSED", cause=event.cause, outcome=event.outcome, next_check_on=None)
    return row


def _opened(event: AlertOpened, envelope: Envelope) -> AlertRow:
    row = _blank(event, envelope, event.finding.level, event.finding.true_on)
    return replace(_found(row, event.finding, "OPEN"), channel=event.channel, group_id=event.group_id)


def _reported(event: AbnormalityReported, envelope: Envelope) -> AlertRow:
    sentence = f"Reported on {event.reported_on}: {event.sign}."
    reason = Reason(
        code="REPORTED", sentence=sentence, figures={"sign": event.sign, "reported_on": event.reported_on.isoformat()}
    )
    return replace(_blank(event, envelope, REPORTED_LEVEL, event.reported_on), reasons=_json((reason,)))


def _blank(event: AlertEvent, envelope: Envelope, level: str, true_on: date) -> AlertRow:
    return AlertRow(
        alert_id=event.alert_id,
        customer_id=event.customer_id,
        kind=event.kind,
        rule_id=None,
        rule_version=None,
        channel=None,
        level=level,
        state="OPEN",
        true_on=true_on,
        reasons="[]",
        opened_at=envelope.occurred_at,
        changed_at=envelope.occurred_at,
        group_id=None,
        next_check_on=None,
        cause=None,
        measure=None,
        outcome=None,
        notes=0,
        version=envelope.version,
    )


def _found(row: AlertRow, finding: Finding, state: str) -> AlertRow:
    return replace(
        row,
        state=state,
        level=finding.level,
        rule_id=finding.rule_id,
        rule_version=finding.rule_version,
        true_on=finding.true_on,
        reasons=_json(finding.reasons),
        outcome=None,
    )


def _json(reasons: tuple[Reason, ...]) -> str:
    return _encoder.encode(reasons).decode()


def totals(row: AlertRow) -> Totals:
    """Alerts that are not closed, by kind, level and state."""
    return {} if row.state == "CLOSED" else {f"{row.kind}/{row.level}/{row.state}": {"alerts": 1}}


ALERTS = ReadModel(
    name="alerts",
    version=1,
    row=AlertRow,
    columns={
        "alert_id": "uuid",
        "customer_id": "uuid",
        "kind": "text",
        "rule_id": "text",
        "rule_version": "integer",
        "channel": "text",
        "level": "text",
        "state": "text",
        "true_on": "date",
        "reasons": "jsonb",
        "opened_at": "timestamptz",
        "changed_at": "timestamptz",
        "group_id": "uuid",
        "next_check_on": "date",
        "cause": "text",
        "measure": "text",
        "outcome": "text",
        "notes": "integer",
        "version": "integer",
    },
    key_column="alert_id",
    topics={
        ALERTS_EVENTS: frozenset(
            cls.type
            for cls in (
                AlertOpened,
                AlertWorsened,
                AlertRecovered,
                AlertReopened,
                AbnormalityReported,
                AlertAcknowledged,
                CauseRecorded,
                MeasureDecided,
                NoteAdded,
                AlertClosed,
            )
        )
    },
    key=key,
    evolve=evolve,
    totals=totals,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any."""

    kind: str | None = None
    level: str | None = None
    state: str | None = None
    rule_id: str | None = None
    customer_id: UUID | None = None


class Listed(NamedTuple):
    """An alert and the customer's name, where it is a company's."""

    row: AlertRow
    name: str | None


_COLUMNS = ", ".join(f"a.{name}" + ("::text" if kind == "jsonb" else "") for name, kind in ALERTS.columns.items())
_PAGE = """
SELECT {columns}, w.name AS customer_name FROM {table} a LEFT JOIN {customers} w ON w.customer_id = a.customer_id
 WHERE {conditions} ORDER BY a.opened_at DESC, a.alert_id DESC LIMIT {limit:d}"""


async def page(c: Connection, filters: Filters, after: tuple[datetime, UUID] | None, limit: int) -> list[Listed]:
    """Alerts, the latest opened first, after the given one."""
    where = Conditions()
    for name, wanted in filters._asdict().items():
        where.add(f"a.{name} = {{}}", wanted)
    where.behind("a.opened_at, a.alert_id", after, descending=True)
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, "alerts", ALERTS),
        customers=await live_table(c, "alerts", "customers"),
        conditions=where.sql,
        limit=limit,
    )
    return [_listed(row) for row in await c.fetch(statement, *where.values)]


def _listed(record: Iterable[Any]) -> Listed:
    *values, name = record
    return Listed(AlertRow(*values), name)
