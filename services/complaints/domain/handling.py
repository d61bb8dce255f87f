"""What the steps of the procedure lead to, from the acknowledgement to what the customer says."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from services.complaints.domain import refusals
from services.complaints.domain.commands import (
    AcknowledgeComplaint,
    ApproveSolution,
    AssignComplaint,
    Handling,
    HearCustomer,
    HoldComplaint,
    ProposeSolution,
    RefuseSolution,
    ReportInvestigation,
    ResumeComplaint,
)
from services.complaints.domain.order import in_order
from services.complaints.domain.settlement import judged, proposed
from services.complaints.domain.standards import Standards
from services.complaints.domain.states import Open
from shared.contracts.complaint_steps import (
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintHeld,
    ComplaintInvestigated,
    ComplaintResumed,
    CustomerDissatisfied,
    CustomerSatisfied,
    SolutionApproved,
    SolutionProposed,
    SolutionRefused,
)

HandlingEvent = (
    ComplaintAcknowledged
    | ComplaintAssigned
    | ComplaintInvestigated
    | SolutionProposed
    | SolutionApproved
    | SolutionRefused
    | CustomerSatisfied
    | CustomerDissatisfied
    | ComplaintHeld
    | ComplaintResumed
)


class _Whose(TypedDict):
    complaint_id: UUID
    customer_id: UUID


def handle(state: Open, command: Handling, standards: Standards) -> HandlingEvent:
    """The event that the step leads to. Raises a ComplaintRefused."""
    whose: _Whose = {"complaint_id": state.complaint_id, "customer_id": state.customer_id}
    on, by = command.on, command.decided_by
    match command:
        case AcknowledgeComplaint():
            if "ACKNOWLEDGED" in state.done:
                raise refusals.TakenAlready
            return ComplaintAcknowledged(**whose, on=on, decided_by=by)
        case AssignComplaint():
            in_order(state, standards, "ASSIGNED")
            return ComplaintAssigned(**whose, on=on, decided_by=by, department=command.department, owner=command.owner)
        case ReportInvestigation():
            in_order(state, standards, "INVESTIGATED")
            return ComplaintInvestigated(**whose, on=on, decided_by=by, findings=command.findings)
        case ProposeSolution():
            return proposed(state, command, standards)
        case ApproveSolution() | RefuseSolution():
            return judged(state, command, standards)
        case HearCustomer():
            return _heard(state, command, standards)
        case HoldComplaint():
            if state.on_hold:
                raise refusals.OnHold
            return ComplaintHeld(**whose, on=on, decided_by=by, reason=command.reason)
        case ResumeComplaint():
            if not state.on_hold:
                raise refusals.NotOnHold
            return ComplaintResumed(**whose, on=on, decided_by=by)
    raise AssertionError(f"unknown command {command!r}")


def _heard(state: Open, command: HearCustomer, standards: Standards) -> CustomerSatisfied | CustomerDissatisfied:
    if "CARRIED_OUT" not in state.done and not (state.settled and state.handled):
        raise refusals.NothingToConfirm
    if command.satisfied:
        in_order(state, standards, "CONFIRMED")
        return CustomerSatisfied(
            complaint_id=state.complaint_id,
            customer_id=state.customer_id,
            on=command.on,
            round=state.round,
            decided_by=command.decided_by,
        )
    return CustomerDissatisfied(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        on=command.on,
        round=state.round + 1,
        because=command.because,
        decided_by=command.decided_by,
    )
