"""Complaints as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.complaints.read_models.complaints import ComplaintRow, evolve, invoices_of
from shared.contracts.complaint_facts import OfComplaint
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.web.amounts import money_body

_STEPS = {
    "complaint-received": ("RECEIVED", "received_on"),
    "complaint-assessed": ("ASSESSED", "assessed_on"),
    "solution-carried-out": ("SOLVED", "carried_out_on"),
    "claim-settled": ("SETTLED", "settled_on"),
    "complaint-closed": ("CLOSED", "closed_on"),
    "complaint-withdrawn": ("WITHDRAWN", "withdrawn_on"),
}
_DETAILS = ("founded", "severity", "solution", "agreed", "lesson")


def listed(row: ComplaintRow) -> dict[str, Any]:
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


def recorded(envelopes: Sequence[Envelope], description: str | None) -> dict[str, Any]:
    """The whole record of a complaint and its handling; the description where the caller may read it."""
    row: ComplaintRow | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    if row is None:
        raise AssertionError("the stream of a complaint begins with its receipt")
    handling = [envelope for envelope in envelopes if not isinstance(envelope.event, OfComplaint)]
    shown = listed(row) | {"steps": [_step(envelope) for envelope in handling]}
    return shown if description is None else shown | {"description": description}


def _step(envelope: Envelope) -> dict[str, Any]:
    event: Event = envelope.event
    step, day = _STEPS[envelope.type.split(".")[2]]
    found = {"step": step, "on": getattr(event, day), "by": getattr(event, "decided_by", None)}
    found |= {name: getattr(event, name, None) for name in _DETAILS}
    found |= {"event_id": envelope.event_id, "recorded_at": envelope.recorded_at}
    return {name: value for name, value in found.items() if value is not None}
