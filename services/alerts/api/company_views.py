"""Warnings about the company as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from services.alerts.domain import company_alert
from services.alerts.domain.company_alert import CompanyAlert
from services.alerts.read_models.company_alerts import CompanyAlertRow, evolve, finding_of
from shared.contracts.company_alerts import CompanyAlertEvent, CompanyAlertNoteAdded
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event


def company_listed(row: CompanyAlertRow) -> dict[str, Any]:
    """A warning in a list; what is not set is left out."""
    finding = finding_of(row)
    shown: dict[str, Any] = {
        "id": row.alert_id,
        "rule_id": row.rule_id,
        "rule_version": finding.rule_version,
        "level": row.level,
        "state": row.state,
        "subject": {"kind": row.subject_kind, "id": row.subject_id},
        "channel": row.channel,
        "began_on": row.began_on,
        "true_on": row.true_on,
        "reasons": [msgspec.to_builtins(reason) for reason in finding.reasons],
        "children": row.children,
        "opened_at": row.opened_at,
        "changed_at": row.changed_at,
        "next_check_on": row.next_check_on,
        "ended_on": row.ended_on,
        "cause": row.cause,
        "outcome": row.outcome,
        "version": row.version,
    }
    return {name: value for name, value in shown.items() if value is not None}


def company_recorded(envelopes: Sequence[Envelope], readable: Sequence[Event]) -> dict[str, Any]:
    """A warning and everything that happened to it. `readable` are the events as the caller may read them."""
    row: CompanyAlertRow | None = None
    state: CompanyAlert | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
        if isinstance(envelope.event, CompanyAlertEvent):
            state = company_alert.evolve(state, envelope.event)
    if row is None or state is None:
        raise AssertionError("the stream of a company alert begins with its opening")
    children = [{"alert_id": child.alert_id, "customer_id": child.customer_id} for child in state.children]
    steps = [_step(envelope, event) for envelope, event in zip(envelopes, readable, strict=True)]
    return company_listed(row) | {"children": children, "steps": steps}


def _step(envelope: Envelope, event: Event) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(event)
    for name in ("alert_id", "subject"):
        body.pop(name, None)
    step = envelope.type.split(".")[2].removeprefix("company-alert-").replace("-", "_").upper()
    return {
        "step": step,
        "event_id": envelope.event_id,
        "occurred_at": envelope.occurred_at,
        "recorded_at": envelope.recorded_at,
    } | body


def company_without_personal(event: Event) -> Event:
    """The event for callers who may not read what is personal."""
    return msgspec.structs.replace(event, note="") if isinstance(event, CompanyAlertNoteAdded) else event
