"""What the steps of the procedure lead to, from the acknowledgement to what the customer says."""

from __future__ import annotations

from typing import TypedDict, get_args
from uuid import UUID

from services.complaints.domain import refusals
from services.complaints.domain.authority import who_decides
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
from services.complaints.domain.procedure import OF_A_SOLUTION, left_out
from services.complaints.domain.standards import Standards
from services.complaints.domain.states import Open
from shared.contracts.complaint_steps import (
    Authority,
    ComplaintAcknowledged,
    ComplaintAssigned,
    ComplaintHeld,
    ComplaintInvestigated,
    ComplaintResumed,
    CustomerDissatisfied,
    CustomerSatisfied,
    ProcedureStep,
    SolutionApproved,
    SolutionProposed,
    SolutionRefused,
)
from shared.contracts.complaints import Remedy
from shared.contracts.money import Money

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
REMEDIES: frozenset[str] = frozenset(get_args(Remedy))


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
            in_order(state, standards, "PROPOSED")
            return _proposed(state, command, standards)
        case ApproveSolution(authority=authority) | RefuseSolution(authority=authority):
            in_order(state, standards, "APPROVED")
            if "PROPOSED" not in state.done:
                raise refusals.NothingProposed
            _may_decide(state, authority, state.offered, standards)
            version = standards.rule.version
            if isinstance(command, ApproveSolution):
                return SolutionApproved(
                    **whose, on=on, decided_by=by, authority=authority, rule_version=version, offered=state.offered
                )
            return SolutionRefused(
                **whose, on=on, decided_by=by, authority=authority, rule_version=version, because=command.because
            )
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


def in_order(state: Open, standards: Standards, step: ProcedureStep, *, gives: bool = True) -> None:
    """Raises StepsLeftOut where obligatory steps come first. `gives`: the customer may get something by this step.

    Who was found to be wrong and gets nothing is told so: there is no solution to propose, approve or carry out.
    """
    missing = left_out(standards.procedure, state.severity, state.done, step)
    if state.founded is False and not gives:
        missing = [one for one in missing if one not in OF_A_SOLUTION]
    if missing:
        raise refusals.StepsLeftOut(", ".join(missing))


def check_offer(state: Open, amount: Money | None) -> None:
    """Raises AmountNotPositive or AgreedMoreThanClaimed. Where no amount was claimed, a gift to make good is nobody's loss."""
    if amount is not None and amount.amount < 0:
        raise refusals.AmountNotPositive
    claimed = state.claimed
    if amount is not None and claimed is not None and (amount.currency != claimed.currency or amount.amount > claimed.amount):
        raise refusals.AgreedMoreThanClaimed


def check_authority(state: Open, authority: Authority, amount: Money | None, standards: Standards) -> None:
    """Raises AboveAuthority, unless so much was approved before."""
    approved = state.offered if "APPROVED" in state.done else None
    if amount is None or approved is None or amount.currency != approved.currency or amount.amount > approved.amount:
        _may_decide(state, authority, amount, standards)


def _may_decide(state: Open, authority: Authority, amount: Money | None, standards: Standards) -> None:
    if authority == "SALESPERSON" and who_decides(standards.rule, state.kind, amount) == "HEADQUARTERS":
        raise refusals.AboveAuthority


def _proposed(state: Open, command: ProposeSolution, standards: Standards) -> SolutionProposed:
    check_offer(state, command.offered)
    given = 0 if command.offered is None else command.offered.amount
    less = state.claimed is not None and given < state.claimed.amount
    other = state.remedy_sought in REMEDIES and state.remedy_sought not in command.remedies
    if (less or other) and command.because is None:
        raise refusals.ReasonNeeded
    return SolutionProposed(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        on=command.on,
        remedies=command.remedies,
        decides=who_decides(standards.rule, state.kind, command.offered),
        rule_version=standards.rule.version,
        offered=command.offered,
        because=command.because,
        decided_by=command.decided_by,
    )


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
