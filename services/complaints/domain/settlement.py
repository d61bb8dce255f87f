"""What the customer is given: proposed, approved or refused, carried out, and what is agreed on the claim."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

from services.complaints.domain import refusals
from services.complaints.domain.commands import ApproveSolution, ProposeSolution, RefuseSolution, ReportSolution, SettleClaim
from services.complaints.domain.giving import Offer, check_authority, decider
from services.complaints.domain.order import in_order
from services.complaints.domain.standards import Standards
from services.complaints.domain.states import Open
from shared.contracts.complaint_steps import Authority, SolutionApproved, SolutionProposed, SolutionRefused
from shared.contracts.complaints import ClaimSettled, Remedy, SolutionCarriedOut
from shared.contracts.money import Money

REMEDIES: frozenset[str] = frozenset(get_args(Remedy))


def proposed(state: Open, command: ProposeSolution, standards: Standards) -> SolutionProposed:
    in_order(state, standards, "PROPOSED")
    _check_offer(state, command.offered)
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
        decides=_decides(state, command.offered, standards)[0],
        rule_version=standards.rule.version,
        offered=command.offered,
        because=command.because,
        decided_by=command.decided_by,
    )


def judged(state: Open, command: ApproveSolution | RefuseSolution, standards: Standards) -> SolutionApproved | SolutionRefused:
    in_order(state, standards, "APPROVED")
    if state.offer is None:
        raise refusals.NothingProposed
    # Parts of it may be carried out already: they are counted once.
    check_authority(command.authority, *_decides(state, state.offer.left, standards))
    if isinstance(command, ApproveSolution):
        return SolutionApproved(
            complaint_id=state.complaint_id,
            customer_id=state.customer_id,
            on=command.on,
            decided_by=command.decided_by,
            authority=command.authority,
            rule_version=standards.rule.version,
            offered=state.offer.amount,
        )
    return SolutionRefused(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        on=command.on,
        decided_by=command.decided_by,
        authority=command.authority,
        rule_version=standards.rule.version,
        because=command.because,
    )


def carried_out(state: Open, command: ReportSolution, standards: Standards) -> SolutionCarriedOut:
    in_order(state, standards, "CARRIED_OUT")
    if state.refused:
        raise refusals.NothingProposed
    remedies, amount = command.remedies, command.amount
    if state.offer is not None:
        remedies, amount = _as_proposed(state.offer, command)
    if amount is None:
        # What was agreed on the claim is carried out, unless more is said.
        amount = state.giving.left_of_agreement
    approval = None if state.offer is None else state.offer.approval
    if state.offer is not None and state.offer.amount is None and amount is not None:
        # Nobody has approved a figure.
        approval = None
    _check_offer(state, amount)
    if approval is None:
        check_authority(command.authority, *_decides(state, amount, standards))
    version = standards.rule.version if approval is None else approval.rule_version
    return SolutionCarriedOut(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        solution=command.solution,
        carried_out_on=command.carried_out_on,
        decided_by=command.decided_by,
        remedies=remedies,
        credit_note=command.credit_note,
        amount=amount,
        authority=(command.authority if approval is None else approval.authority) if version else None,
        rule_version=version or None,
        approved_by=None if approval is None else approval.by,
    )


def settled(state: Open, command: SettleClaim, standards: Standards) -> ClaimSettled:
    gives = command.agreed is not None and command.agreed.amount > 0
    in_order(state, standards, "CARRIED_OUT", gives=gives)
    if state.settled:
        raise refusals.ClaimAlreadySettled
    agreed = command.agreed
    _check_offer(state, agreed)
    covered = state.offer is not None and state.offer.covers(agreed)
    if agreed is not None and not covered:
        total = state.giving.with_settlement(agreed)
        check_authority(command.authority, decider(standards.rule, state.kind, state.giving, total), total)
    approval = state.offer.approval if covered and state.offer is not None else None
    return ClaimSettled(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        agreed=None if agreed is None or agreed.amount == Decimal(0) else agreed,
        settled_on=command.settled_on,
        decided_by=command.decided_by,
        authority=command.authority if standards.rule.version else None,
        rule_version=standards.rule.version or None,
        founded=state.founded,
        approved_by=None if approval is None else approval.by,
    )


def _decides(state: Open, amount: Money | None, standards: Standards) -> tuple[Authority, Money | None]:
    """Who decides that a solution of this amount is carried out too, and what all rounds give with it."""
    total = None if amount is None else state.giving.with_solution(amount)
    return decider(standards.rule, state.kind, state.giving, total), total


def _check_offer(state: Open, amount: Money | None) -> None:
    """Raises AmountNotPositive or AgreedMoreThanClaimed. Where no amount was claimed, a gift to make good is nobody's loss."""
    if amount is not None and amount.amount < 0:
        raise refusals.AmountNotPositive
    claimed = state.claimed
    if amount is not None and claimed is not None and (amount.currency != claimed.currency or amount.amount > claimed.amount):
        raise refusals.AgreedMoreThanClaimed


def _as_proposed(offer: Offer, command: ReportSolution) -> tuple[tuple[Remedy, ...], Money | None]:
    """What is carried out of an offer: what is not said is as proposed. Raises NotAsProposed."""
    other = sorted(set(command.remedies) - set(offer.remedies))
    if other:
        raise refusals.NotAsProposed(f"remedies: {', '.join(other)}")
    remedies, left = command.remedies or offer.remedies, offer.left
    if left is None:
        return remedies, command.amount
    amount = left if command.amount is None else command.amount
    more = amount.currency != left.currency or amount.amount > left.amount
    if more or (offer.carried_out > 0 and left.amount == 0 and command.amount is None):
        raise refusals.NotAsProposed(f"amount: {left.amount} {left.currency} is left of what was proposed")
    return remedies, amount
