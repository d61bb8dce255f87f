"""Which alerts are there, how bad are they, and who has to look? One row an alert, for lists; the record is the stream."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.alerts.domain.alert_state import REPORTED_LEVEL, SAME_CUSTOMER, Alert, read, write
from services.alerts.domain.alert_state import evolve as evolve_state
from services.alerts.domain.due import dues, look_on
from shared.contracts.alert_steps import (
    AlertEscalated,
    AlertInhibited,
    AlertMuted,
    AlertRouted,
    AlertUninhibited,
    AlertUnmuted,
    MeasureTaken,
    MeasureVerified,
)
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
from shared.projections.read_model import ReadModel, Totals


@dataclass(frozen=True, slots=True)
class AlertRow:
    """`state` is OPEN, ACKNOWLEDGED, RECOVERED or CLOSED. `reasons` is JSON. `channel` of a debt is its currency.

    `procedure` is the alert as its own fold has it, from which what follows is taken: `asked` are the sides that were asked,
    `waiting` those that have not acknowledged, `persons` who stands at the sides or was told of a delay. `due_on` is the day of
    the earliest step that is due and `due_step` its name; after `look_on` the procedure has to look. `inhibited_by` is an alert
    of the same customer, `held` says that nobody is asked. `ended_at`: when it last recovered or was closed.
    """

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
    asked: tuple[str, ...]
    waiting: tuple[str, ...]
    persons: tuple[str, ...]
    area_id: str | None
    salesperson_id: str | None
    due_on: date | None
    due_step: str | None
    look_on: date | None
    routed: bool
    held: bool
    muted_by: UUID | None
    inhibited_by: UUID | None
    restricts: bool
    ended_at: datetime | None
    procedure: bytes


_encoder = msgspec.json.Encoder()
_reasons = msgspec.json.Decoder(tuple[Reason, ...])


def reasons_of(text: str) -> tuple[Reason, ...]:
    return _reasons.decode(text)


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.alert_id if isinstance(envelope.event, AlertEvent) else None


def evolve(row: AlertRow | None, envelope: Envelope) -> AlertRow | None:
    event = envelope.event
    if not isinstance(event, AlertEvent):
        return row
    if isinstance(event, AlertOpened | AbnormalityReported):
        row = _opened(event, envelope)
    elif row is None:
        return None
    state = evolve_state(None if isinstance(event, AlertOpened | AbnormalityReported) else read(row.procedure), event)
    return _shown(_told(replace(row, version=envelope.version, changed_at=envelope.occurred_at), event, envelope), state)


def _told(row: AlertRow, event: AlertEvent, envelope: Envelope) -> AlertRow:
    """What the list shows of an event beside what has become of the alert."""
    match event:
        case AlertOpened() | AlertWorsened() | AlertReopened():
            return _found(row, event.finding)
        case AlertRecovered():
            return row if row.state == "CLOSED" else replace(row, ended_at=envelope.occurred_at)
        case AlertClosed():
            return replace(row, ended_at=envelope.occurred_at)
        case NoteAdded():
            return replace(row, notes=row.notes + 1)
        case AlertEscalated():
            return replace(row, persons=tuple(sorted({*row.persons, *event.to})))
        case AlertRouted():
            return replace(row, persons=tuple(sorted({person for side in event.sides for person in side.persons})))
    return row


def _shown(row: AlertRow, state: Alert) -> AlertRow:
    """What follows from what has become of the alert."""
    steps = [due for due in dues(state) if due.step != "VERIFY"]
    checks = [one.next_check_on for one in state.sides if one.next_check_on is not None]
    inhibitors = [one.by_alert_id for one in state.inhibitors if one.because == SAME_CUSTOMER]
    closed = state.state == "CLOSED"
    return replace(
        row,
        state=state.state,
        level=state.level,
        next_check_on=None if closed else min(checks, default=state.next_check_on),
        cause=state.cause,
        measure=state.measures[-1].measure if state.measures else None,
        outcome=state.outcome,
        asked=tuple(one.side for one in state.sides),
        waiting=tuple(one.side for one in state.sides if one.next_check_on is None and state.goes_on and not state.held),
        area_id=state.area_id,
        salesperson_id=state.salesperson_id,
        due_on=steps[0].due_on if steps else None,
        due_step=steps[0].step if steps else None,
        look_on=look_on(state),
        routed=state.routed,
        held=state.held and not closed,
        muted_by=None if closed else state.muted_by,
        inhibited_by=inhibitors[0] if inhibitors and not closed else None,
        restricts=state.restricts,
        procedure=write(state),
    )


def _opened(event: AlertOpened | AbnormalityReported, envelope: Envelope) -> AlertRow:
    if isinstance(event, AlertOpened):
        row = _blank(event, envelope, event.finding.level, event.finding.true_on)
        return replace(row, channel=event.channel, group_id=event.group_id)
    figures: dict[str, str | int] = {"sign": event.sign, "reported_on": event.reported_on.isoformat()}
    reason = Reason(code="REPORTED", sentence=f"Reported on {event.reported_on}: {event.sign}.", figures=figures)
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
        asked=(),
        waiting=(),
        persons=(),
        area_id=None,
        salesperson_id=None,
        due_on=None,
        due_step=None,
        look_on=None,
        routed=False,
        held=False,
        muted_by=None,
        inhibited_by=None,
        restricts=False,
        ended_at=None,
        procedure=b"",
    )


def _found(row: AlertRow, finding: Finding) -> AlertRow:
    return replace(
        row,
        rule_id=finding.rule_id,
        rule_version=finding.rule_version,
        true_on=finding.true_on,
        reasons=_json(finding.reasons),
        ended_at=None,
    )


def _json(reasons: tuple[Reason, ...]) -> str:
    return _encoder.encode(reasons).decode()


def totals(row: AlertRow) -> Totals:
    """Alerts that are not closed, by kind, level and state."""
    return {} if row.state == "CLOSED" else {f"{row.kind}/{row.level}/{row.state}": {"alerts": 1}}


ALERTS = ReadModel(
    name="alerts",
    version=2,
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
        "asked": "text[]",
        "waiting": "text[]",
        "persons": "text[]",
        "area_id": "text",
        "salesperson_id": "text",
        "due_on": "date",
        "due_step": "text",
        "look_on": "date",
        "routed": "boolean",
        "held": "boolean",
        "muted_by": "uuid",
        "inhibited_by": "uuid",
        "restricts": "boolean",
        "ended_at": "timestamptz",
        "procedure": "bytea",
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
                AlertRouted,
                AlertEscalated,
                AlertMuted,
                AlertUnmuted,
                AlertInhibited,
                AlertUninhibited,
                MeasureTaken,
                MeasureVerified,
            )
        )
    },
    key=key,
    evolve=evolve,
    totals=totals,
)
