"""What is remembered of deadlines that the company has missed with a customer's complaints: those that are still owed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from shared.contracts.complaint_steps import ComplaintDeadlineCaughtUp, ComplaintDeadlineMissed
from shared.contracts.complaints import ComplaintClosed, ComplaintWithdrawn

MissedEvent = ComplaintDeadlineMissed | ComplaintDeadlineCaughtUp | ComplaintClosed | ComplaintWithdrawn


class MissedStep(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """`event_id` of the fact that it was missed."""

    complaint_id: UUID
    round: int
    step: str
    due_at: datetime
    event_id: UUID
    severity: str
    department: str | None = None


def missed_steps(before: tuple[MissedStep, ...], event: MissedEvent, event_id: UUID) -> tuple[MissedStep, ...]:
    """Fold one event. A complaint that has ended owes nothing."""
    match event:
        case ComplaintDeadlineMissed():
            one = MissedStep(
                event.complaint_id, event.round, event.step, event.due_at, event_id, event.severity, event.department
            )
            return (*before, one)
        case ComplaintDeadlineCaughtUp():
            gone = (event.complaint_id, event.round, event.step)
            return tuple(one for one in before if (one.complaint_id, one.round, one.step) != gone)
    return tuple(one for one in before if one.complaint_id != event.complaint_id)
