"""Alerts as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from services.alerts.read_models.alerts import Listed, evolve, reasons_of
from services.alerts.read_models.dormant import Dormant
from shared.contracts.alerts import AbnormalityReported, NoteAdded
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event


def listed(found: Listed) -> dict[str, Any]:
    """An alert in a list; what is not set is left out."""
    row = found.row
    shown: dict[str, Any] = {
        "id": row.alert_id,
        "kind": row.kind,
        "rule_id": row.rule_id,
        "rule_version": row.rule_version,
        "level": row.level,
        "state": row.state,
        "customer": {"id": row.customer_id} | ({} if found.name is None else {"name": found.name}),
        "channel": row.channel,
        "true_on": row.true_on,
        "reasons": [msgspec.to_builtins(reason) for reason in reasons_of(row.reasons)],
        "opened_at": row.opened_at,
        "changed_at": row.changed_at,
        "group_id": row.group_id,
        "next_check_on": row.next_check_on,
        "cause": row.cause,
        "measure": row.measure,
        "outcome": row.outcome,
        "version": row.version,
    }
    return {name: value for name, value in shown.items() if value is not None}


def recorded(envelopes: Sequence[Envelope], readable: Sequence[Event], name: str | None) -> dict[str, Any]:
    """An alert and everything that happened to it. `readable` are the events as the caller may read them."""
    row = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    if row is None:
        raise AssertionError("the stream of an alert begins with its opening")
    steps = [_step(envelope, event) for envelope, event in zip(envelopes, readable, strict=True)]
    return listed(Listed(row, name)) | {"steps": steps}


def _step(envelope: Envelope, event: Event) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(event)
    for name in ("alert_id", "customer_id", "kind"):
        body.pop(name, None)
    step = envelope.type.split(".")[2].removeprefix("alert-").replace("-", "_").upper()
    return {
        "step": step,
        "event_id": envelope.event_id,
        "occurred_at": envelope.occurred_at,
        "recorded_at": envelope.recorded_at,
    } | body


def without_personal(event: Event) -> Event:
    """The event for callers who may not read what is personal."""
    if isinstance(event, NoteAdded):
        return msgspec.structs.replace(event, note="")
    if isinstance(event, AbnormalityReported):
        return msgspec.structs.replace(event, details=None)
    return event


def dormant(found: Dormant) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "customer": {"id": found.customer_id} | ({} if found.name is None else {"name": found.name}),
        "orders": found.orders,
        "last_purchase_on": found.last_purchase_on,
        "quiet_since": found.quiet_since,
        "alert_id": found.silence_alert,
    }
    return {name: value for name, value in shown.items() if value is not None}
