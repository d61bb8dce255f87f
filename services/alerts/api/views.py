"""Alerts as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from services.alerts.domain.alert_state import Alert, Measure, read
from services.alerts.domain.due import dues
from services.alerts.read_models.alert_pages import Listed
from services.alerts.read_models.alerts import evolve, reasons_of
from services.alerts.read_models.dormant import Dormant
from shared.contracts.alerts import AbnormalityReported, NoteAdded
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event


def in_list(found: Listed) -> dict[str, Any]:
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
    # A row that an older version has made is shown as it was until the list is rebuilt.
    return _set(shown | (_procedure(read(row.procedure)) if row.procedure else {}))


def _procedure(state: Alert) -> dict[str, Any]:
    """Who was asked and who looks after it, what is due, what holds it, what was decided and what that came to."""
    inhibited = [{"by_alert_id": one.by_alert_id, "because": one.because} for one in state.inhibitors]
    muted = None if state.muted_by is None else {"mute_id": state.muted_by, "until": state.muted_until}
    closed = state.state == "CLOSED"
    return {
        "sides": [_set(msgspec.structs.asdict(one)) for one in state.sides] or None,
        "due": [
            _set({"step": due.step, "on": due.due_on, "measure_id": due.measure_id, "told": due.rank or None})
            for due in dues(state)
        ]
        or None,
        "measures": [_measure(one) for one in state.measures] or None,
        "muted": None if closed else muted,
        "inhibited": None if closed else inhibited or None,
        "at_stake": [msgspec.to_builtins(one) for one in state.at_stake] or None,
        "area_id": state.area_id,
        "salesperson_id": state.salesperson_id,
        "continues_alert_id": state.continues_alert_id,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    shown = msgspec.structs.asdict(measure)
    figures = shown.pop("figures")
    return _set(shown | {"figures": None if figures is None else msgspec.to_builtins(figures)})


def _set(shown: dict[str, Any]) -> dict[str, Any]:
    """Without what is not set."""
    return {name: value for name, value in shown.items() if value is not None}


def recorded(envelopes: Sequence[Envelope], readable: Sequence[Event], name: str | None) -> dict[str, Any]:
    """An alert and everything that happened to it. `readable` are the events as the caller may read them."""
    row = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    if row is None:
        raise AssertionError("the stream of an alert begins with its opening")
    steps = [_step(envelope, event) for envelope, event in zip(envelopes, readable, strict=True)]
    return in_list(Listed(row, name)) | {"steps": steps}


def _step(envelope: Envelope, event: Event) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(event)
    for name in ("alert_id", "customer_id", "kind"):
        body.pop(name, None)
    if "step" in body:
        # An escalation names a step too: the one that was not taken.
        body["late_step"] = body.pop("step")
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
    return _set(shown)
