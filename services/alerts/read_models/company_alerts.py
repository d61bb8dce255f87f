"""Which warnings about the company are there? One row an alert, for lists; the record is the stream."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.alerts.domain import company_alert
from services.alerts.domain.company_alert import CompanyAlert, company_stream
from shared.contracts.alerts import Finding
from shared.contracts.company_alerts import (
    CompanyAlertClosed,
    CompanyAlertEnded,
    CompanyAlertEvent,
    CompanyAlertOpened,
    Subject,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import decode
from shared.contracts.topics import ALERTS_COMPANY, COMPANY_TYPES
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class CompanyAlertRow:
    """`state` is OPEN, ACKNOWLEDGED, ENDED or CLOSED. `finding` is JSON, `children` how many alerts it explains."""

    alert_id: UUID
    rule_id: str
    subject_kind: str
    subject_id: str
    channel: str
    level: str
    state: str
    began_on: date
    true_on: date
    finding: str
    children: int
    opened_at: datetime
    changed_at: datetime
    next_check_on: date | None
    ended_on: date | None
    cause: str | None
    outcome: str | None
    version: int


_encoder = msgspec.json.Encoder()
_finding = msgspec.json.Decoder(Finding)


def finding_of(row: CompanyAlertRow) -> Finding:
    return _finding.decode(row.finding)


def key(envelope: Envelope) -> UUID | None:
    alert_id: UUID | None = getattr(envelope.event, "alert_id", None)
    return alert_id


def evolve(row: CompanyAlertRow | None, envelope: Envelope) -> CompanyAlertRow | None:
    event = envelope.event
    if not isinstance(event, CompanyAlertEvent):
        return row
    if isinstance(event, CompanyAlertOpened):
        opened = company_alert.evolve(None, event)
        assert opened is not None
        return _shown(opened, envelope, envelope.occurred_at)
    if row is None:
        return None
    before = CompanyAlert(
        row.alert_id, event.subject, row.channel, row.began_on, finding_of(row), (), row.state, row.ended_on is not None
    )
    after = company_alert.evolve(replace(before, next_check_on=row.next_check_on), event)
    assert after is not None
    shown = _shown(after, envelope, row.opened_at)
    kept = replace(shown, children=shown.children or row.children, ended_on=row.ended_on, cause=row.cause, outcome=row.outcome)
    match event:
        case CompanyAlertEnded():
            return replace(kept, ended_on=event.true_on)
        case CompanyAlertClosed():
            return replace(kept, cause=event.cause, outcome=event.outcome)
    return kept


def _shown(alert: CompanyAlert, envelope: Envelope, opened_at: datetime) -> CompanyAlertRow:
    return CompanyAlertRow(
        alert_id=alert.alert_id,
        rule_id=alert.finding.rule_id,
        subject_kind=alert.subject.kind,
        subject_id=alert.subject.id,
        channel=alert.channel,
        level=alert.finding.level,
        state=alert.state,
        began_on=alert.began_on,
        true_on=alert.finding.true_on,
        finding=_encoder.encode(alert.finding).decode(),
        children=len(alert.children),
        opened_at=opened_at,
        changed_at=envelope.occurred_at,
        next_check_on=alert.next_check_on,
        ended_on=None,
        cause=None,
        outcome=None,
        version=envelope.version,
    )


COMPANY_ALERTS = ReadModel(
    name="company_alerts",
    version=1,
    row=CompanyAlertRow,
    columns={
        "alert_id": "uuid",
        "rule_id": "text",
        "subject_kind": "text",
        "subject_id": "text",
        "channel": "text",
        "level": "text",
        "state": "text",
        "began_on": "date",
        "true_on": "date",
        "finding": "text",
        "children": "integer",
        "opened_at": "timestamptz",
        "changed_at": "timestamptz",
        "next_check_on": "date",
        "ended_on": "date",
        "cause": "text",
        "outcome": "text",
        "version": "integer",
    },
    key_column="alert_id",
    topics={ALERTS_COMPANY: COMPANY_TYPES},
    key=key,
    evolve=evolve,
)


class CompanyFilters(NamedTuple):
    """What a page is narrowed to; None for any."""

    rule_id: str | None = None
    state: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None


_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY opened_at DESC, alert_id DESC LIMIT {limit:d}"


async def company_page(
    c: Connection, filters: CompanyFilters, after: tuple[datetime, UUID] | None, limit: int
) -> list[CompanyAlertRow]:
    """Warnings, the latest opened first, after the given one."""
    where = Conditions()
    for name, wanted in filters._asdict().items():
        where.add(f"{name} = {{}}", wanted)
    where.behind("opened_at, alert_id", after, descending=True)
    statement = _PAGE.format(
        columns=", ".join(COMPANY_ALERTS.columns),
        table=await live_table(c, "alerts", COMPANY_ALERTS),
        conditions=where.sql,
        limit=limit,
    )
    return [CompanyAlertRow(*row) for row in await c.fetch(statement, *where.values)]


class KnownAlert(NamedTuple):
    """An alert as its stream tells it, and the stream's version."""

    alert: CompanyAlert
    version: int


# Read from the truth, not from the list: whoever appends next must know what was said last. "." is the character behind "-".
_KNOWN = """
SELECT e.stream, e.version, e.type, e.body::text FROM alerts.events e
 WHERE e.stream > 'company-alert-' AND e.stream < 'company-alert.'
   AND NOT EXISTS (SELECT FROM alerts.events x WHERE x.stream = e.stream AND x.type = $1 AND x.occurred_at < $2)
 ORDER BY e.stream, e.version"""


async def known_alerts(c: Connection, rule_id: str, since: datetime) -> list[KnownAlert]:
    """What the data have opened by a rule, and not ended before a moment."""
    states: dict[str, KnownAlert] = {}
    for stream, version, type_name, body in await c.fetch(_KNOWN, CompanyAlertEnded.type, since):
        event = decode(type_name, body)
        if isinstance(event, CompanyAlertEvent):
            before = states.get(stream)
            state = company_alert.evolve(None if before is None else before.alert, event)
            if state is not None:
                states[stream] = KnownAlert(state, version)
    return [one for one in states.values() if one.alert.finding.rule_id == rule_id]


_VERSION = "SELECT coalesce(max(version), 0) FROM alerts.events WHERE stream = $1"


async def version_of(c: Connection, alert_id: UUID) -> int:
    """The head of an alert's stream; 0: it was never opened."""
    found: int = await c.fetchval(_VERSION, company_stream(alert_id))
    return found


def subject_of(row: CompanyAlertRow) -> Subject:
    return msgspec.convert({"kind": row.subject_kind, "id": row.subject_id}, Subject)
