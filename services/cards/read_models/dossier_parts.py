"""The sub-rows of a customer's dossier: what the events of one topic say about complaints, alerts, investments. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    Finding,
    MeasureDecided,
    Reason,
)
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded
from shared.contracts.transactions import InvoiceRef

ZERO = Decimal(0)
PAST_ALERTS = 20
REPORTED_LEVEL = "act"
"""What a person reports goes to the superior at once."""
LEVELS = ("watch", "act", "stop")
"""Of alerts, from the mildest to the worst."""


class OpenComplaint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`state` is OPEN, ASSESSED or SOLVED. `disputed`: something is claimed and the claim is not settled."""

    complaint_id: UUID
    kind: str
    channel: str
    state: str
    received_on: date
    disputed: bool
    claimed: Money | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    founded: bool | None = None
    severity: str | None = None


class Complaints(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open complaints, the oldest first; how many there ever were, and how many of these were withdrawn."""

    open: tuple[OpenComplaint, ...] = ()
    received: int = 0
    withdrawn: int = 0


def complaints_after(known: Complaints, event: Event) -> Complaints:
    match event:
        case ComplaintReceived():
            new = OpenComplaint(
                complaint_id=event.complaint_id,
                kind=event.kind,
                channel=event.channel,
                state="OPEN",
                received_on=event.received_on,
                disputed=event.claimed is not None or bool(event.invoices),
                claimed=event.claimed,
                invoices=event.invoices,
            )
            listed = sorted((*known.open, new), key=lambda one: (one.received_on, one.complaint_id))
            return replace(known, open=tuple(listed), received=known.received + 1)
        case ComplaintAssessed():
            return _of(known, event.complaint_id, state="ASSESSED", founded=event.founded, severity=event.severity)
        case SolutionCarriedOut():
            return _of(known, event.complaint_id, state="SOLVED")
        case ClaimSettled():
            return _of(known, event.complaint_id, disputed=False)
        case ComplaintClosed():
            return _without(known, event.complaint_id)
        case ComplaintWithdrawn():
            return replace(_without(known, event.complaint_id), withdrawn=known.withdrawn + 1)
    return known


def _of(known: Complaints, complaint_id: UUID, **changed: object) -> Complaints:
    listed = (replace(one, **changed) if one.complaint_id == complaint_id else one for one in known.open)
    return replace(known, open=tuple(listed))


def _without(known: Complaints, complaint_id: UUID) -> Complaints:
    return replace(known, open=tuple(one for one in known.open if one.complaint_id != complaint_id))


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`state` is OPEN, ACKNOWLEDGED or RECOVERED: it stays until a person closes it. `true_on`: since when it is so bad."""

    alert_id: UUID
    kind: str
    level: str
    state: str
    true_on: date
    opened_at: datetime
    reasons: tuple[Reason, ...] = ()
    channel: str | None = None
    rule_id: str | None = None
    next_check_on: date | None = None
    measure: str | None = None


class PastAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A closed warning about credit, and what had come of it."""

    alert_id: UUID
    level: str
    true_on: date
    closed_at: datetime
    outcome: str
    cause: str
    channel: str | None = None


class Alerts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Alerts that are not closed, the oldest first; the last closed ones about credit, the newest first; how many there ever were."""

    open: tuple[OpenAlert, ...] = ()
    past_credit: tuple[PastAlert, ...] = ()
    opened: int = 0

    @property
    def credit_level(self) -> str | None:
        """The worst level of what is known about the customer's credit now; what has recovered is over."""
        levels = [LEVELS.index(one.level) for one in self.open if one.kind == "credit" and one.state != "RECOVERED"]
        return LEVELS[max(levels)] if levels else None


def alerts_after(known: Alerts, envelope: Envelope) -> Alerts:
    event = envelope.event
    match event:
        case AlertOpened():
            return _opened(known, _alert(event, event.finding, envelope, event.channel))
        case AbnormalityReported():
            reported = OpenAlert(
                alert_id=event.alert_id,
                kind=event.kind,
                level=REPORTED_LEVEL,
                state="OPEN",
                true_on=event.reported_on,
                opened_at=envelope.occurred_at,
                reasons=(Reason(code="REPORTED", sentence=f"Reported on {event.reported_on}: {event.sign}."),),
            )
            return _opened(known, reported)
        case AlertReopened():
            return _reopened(known, event, envelope)
        case AlertClosed():
            return _closed(known, event, envelope)
        case AlertEvent():
            listed = (_changed(one, event) if one.alert_id == event.alert_id else one for one in known.open)
            return replace(known, open=tuple(listed))
    return known


def _alert(event: AlertEvent, finding: Finding, envelope: Envelope, channel: str | None) -> OpenAlert:
    return OpenAlert(
        alert_id=event.alert_id,
        kind=event.kind,
        level=finding.level,
        state="OPEN",
        true_on=finding.true_on,
        opened_at=envelope.occurred_at,
        reasons=finding.reasons,
        channel=channel,
        rule_id=finding.rule_id,
    )


def _opened(known: Alerts, alert: OpenAlert) -> Alerts:
    others = [one for one in known.open if one.alert_id != alert.alert_id]
    listed = sorted((*others, alert), key=lambda one: (one.opened_at, one.alert_id))
    return replace(known, open=tuple(listed), opened=known.opened + (len(others) == len(known.open)))


def _reopened(known: Alerts, event: AlertReopened, envelope: Envelope) -> Alerts:
    channels: dict[UUID, str | None] = {one.alert_id: one.channel for one in known.open}
    channels |= {one.alert_id: one.channel for one in known.past_credit}
    alert = _alert(event, event.finding, envelope, channels.get(event.alert_id))
    past = tuple(one for one in known.past_credit if one.alert_id != event.alert_id)
    # The same alert goes on: it is counted once.
    return replace(_opened(known, alert), past_credit=past, opened=known.opened)


def _closed(known: Alerts, event: AlertClosed, envelope: Envelope) -> Alerts:
    alert = next((one for one in known.open if one.alert_id == event.alert_id), None)
    left = replace(known, open=tuple(one for one in known.open if one.alert_id != event.alert_id))
    if alert is None or alert.kind != "credit":
        return left
    over = PastAlert(
        alert_id=alert.alert_id,
        level=alert.level,
        true_on=alert.true_on,
        closed_at=envelope.occurred_at,
        outcome=event.outcome,
        cause=event.cause,
        channel=alert.channel,
    )
    return replace(left, past_credit=(over, *known.past_credit)[:PAST_ALERTS])


def _changed(alert: OpenAlert, event: AlertEvent) -> OpenAlert:
    match event:
        case AlertWorsened(finding=finding):
            return replace(alert, state="OPEN", level=finding.level, true_on=finding.true_on, reasons=finding.reasons)
        case AlertRecovered():
            return replace(alert, state="RECOVERED")
        case AlertAcknowledged():
            state = "ACKNOWLEDGED" if alert.state == "OPEN" else alert.state
            return replace(alert, state=state, next_check_on=event.next_check_on)
        case MeasureDecided():
            return replace(alert, measure=event.measure)
    return alert


class Invested(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was put into a customer under one kind. Costs by currency."""

    kind: str
    times: int
    last_on: date
    hours: Decimal = ZERO
    costs: dict[str, Decimal] = {}


def investments_after(known: tuple[Invested, ...], event: InvestmentRecorded) -> tuple[Invested, ...]:
    """The kinds in the order of their names."""
    before = next((one for one in known if one.kind == event.kind), None)
    before = before or Invested(kind=event.kind, times=0, last_on=event.spent_on)
    costs = dict(before.costs)
    if event.cost is not None:
        costs[event.cost.currency] = costs.get(event.cost.currency, ZERO) + event.cost.amount
    after = Invested(
        kind=event.kind,
        times=before.times + 1,
        last_on=max(before.last_on, event.spent_on),
        hours=before.hours + (event.hours or ZERO),
        costs=dict(sorted(costs.items())),
    )
    return tuple(sorted((*(one for one in known if one.kind != event.kind), after), key=lambda one: one.kind))
