"""Complaints as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.complaints.domain.states import DAYS, NAMES
from services.complaints.read_models.complaints import ComplaintRow, evolve, invoices_of
from shared.contracts.complaint_facts import OfComplaint
from shared.contracts.complaint_steps import ComplaintHeld, ComplaintResumed
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintReceived,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.web.amounts import money_body

_NAMES: Mapping[type[Event], str] = {
    ComplaintReceived: "RECEIVED",
    ClaimSettled: "SETTLED",
    ComplaintHeld: "HELD",
    ComplaintResumed: "RESUMED",
}
_HIDDEN = frozenset(("complaint_id", "customer_id", "decided_by", "on"))


def in_list(row: ComplaintRow) -> dict[str, Any]:
    """A complaint in a list; what is not set is left out."""
    found: dict[str, Any] = {
        "id": row.complaint_id,
        "customer_id": row.customer_id,
        "kind": row.kind,
        "channel": row.channel,
        "state": row.state,
        "open": row.ended_on is None,
        "disputed": row.disputed,
        "received_on": row.received_on,
        "remedy_sought": row.remedy_sought,
        "claimed": money_body(row.claimed, row.currency),
        "invoices": list(invoices_of(row.invoices)) or None,
        "article": row.article,
        "batch": row.batch,
        "source": row.source,
        "source_event_id": row.source_event_id,
        "founded": row.founded,
        "severity": row.severity,
        "solution": row.solution,
        "settled_on": row.settled_on,
        "agreed": money_body(row.agreed, row.currency),
        "ended_on": row.ended_on,
        "lesson": row.lesson,
        "version": row.version,
    }
    return {name: value for name, value in found.items() if value is not None}


def recorded(envelopes: Sequence[Envelope]) -> dict[str, Any]:
    """The whole record of a complaint and its handling. Its events say in the clear what the caller may read, and nothing else."""
    row: ComplaintRow | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    received = envelopes[0].event if envelopes else None
    if row is None or not isinstance(received, ComplaintReceived):
        raise AssertionError("the stream of a complaint begins with its receipt")
    handling = [envelope for envelope in envelopes if not isinstance(envelope.event, OfComplaint)]
    shown = in_list(row) | {"steps": [_step(envelope) for envelope in handling]}
    more = {"carrier": received.carrier, "continues": received.continues}
    shown |= {name: value for name, value in more.items() if value is not None}
    return shown if received.description is None else shown | {"description": received.description}


def _step(envelope: Envelope) -> dict[str, Any]:
    """A step with its business day and moment, and all that its event says; what was received stands above the steps."""
    event = envelope.event
    day = DAYS.get(type(event), "on")
    found: dict[str, Any] = {
        "step": _NAMES.get(type(event)) or NAMES.get(type(event)) or envelope.type.split(".")[2].replace("-", "_").upper(),
        "on": getattr(event, day, None),
        "at": envelope.occurred_at,
        "by": getattr(event, "decided_by", None),
    }
    if not isinstance(event, ComplaintReceived):
        said = {name: getattr(event, name) for name in event.__struct_fields__ if name not in _HIDDEN and name != day}
        found |= {name: _money(value) for name, value in said.items()}
    found |= {"event_id": envelope.event_id, "recorded_at": envelope.recorded_at}
    return {name: value for name, value in found.items() if value not in (None, ())}


def _money(value: Any) -> Any:
    return money_body(value.amount, value.currency) if isinstance(value, Money) else value
