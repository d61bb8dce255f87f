"""What may be done with a complaint, from its receipt to its end: closed with a lesson, or withdrawn.

A small company may take the short way: assess or solve or settle, and close. Which steps are obligatory is a published
procedure. Questions, help requests and opinions are no complaints and never enter here.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from services.complaints.domain import refusals
from services.complaints.domain.commands import (
    AssessComplaint,
    CloseComplaint,
    ComplaintCommand,
    ReceiveComplaint,
    ReportSolution,
    SettleClaim,
    Step,
    WithdrawComplaint,
)
from services.complaints.domain.handling import HandlingEvent, handle
from services.complaints.domain.order import in_order
from services.complaints.domain.procedure import OF_A_SOLUTION
from services.complaints.domain.settlement import carried_out, settled
from services.complaints.domain.standards import Standards
from services.complaints.domain.states import Closed, Complaint, NotReceived, Open, Withdrawn
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)

ComplaintEvent = (
    ComplaintReceived
    | ComplaintAssessed
    | SolutionCarriedOut
    | ClaimSettled
    | ComplaintClosed
    | ComplaintWithdrawn
    | HandlingEvent
)

_DELIVERED = UUID("3f0f7c1e-7a4b-5b0e-9c55-0d9e6b1f2a47")
SHORT_WAY = Standards()


def complaint_stream(complaint_id: UUID) -> str:
    return f"complaint-{complaint_id}"


def delivered_id(source: str, source_event_id: str) -> UUID:
    """Id of a complaint that a system delivers under an id of its own: delivered twice, it is one. A source holds no slash."""
    return uuid5(_DELIVERED, f"{source}/{source_event_id}")


def decide(state: Complaint, command: ComplaintCommand, standards: Standards = SHORT_WAY) -> list[ComplaintEvent]:
    """The events that the command leads to. Raises a ComplaintRefused."""
    match state:
        case NotReceived():
            if isinstance(command, ReceiveComplaint):
                return [_received(command)]
            raise refusals.ComplaintUnknown
        case Open() | Closed() | Withdrawn() if isinstance(command, ReceiveComplaint):
            raise refusals.ComplaintExists
        case Closed() | Withdrawn():
            raise refusals.ComplaintEnded
        case Open():
            _check_day(state, command)
            return [_step(state, command, standards)]
    assert_never(state)


def _step(state: Open, command: Step, standards: Standards) -> ComplaintEvent:
    match command:
        case AssessComplaint():
            in_order(state, standards, "ASSESSED")
            _check_told(state, command)
            return ComplaintAssessed(
                complaint_id=state.complaint_id,
                customer_id=state.customer_id,
                founded=command.founded,
                severity=command.severity,
                assessed_on=command.assessed_on,
                decided_by=command.decided_by,
                partly=command.founded and command.partly,
                complexity=command.complexity,
                told_on=command.told_on,
            )
        case ReportSolution():
            return carried_out(state, command, standards)
        case SettleClaim():
            return settled(state, command, standards)
        case CloseComplaint():
            return _closed(state, command, standards)
        case WithdrawComplaint():
            return ComplaintWithdrawn(
                complaint_id=state.complaint_id,
                customer_id=state.customer_id,
                withdrawn_on=command.withdrawn_on,
                decided_by=command.decided_by,
            )
    return handle(state, command, standards)


def _received(command: ReceiveComplaint) -> ComplaintReceived:
    if command.received_on > command.today:
        raise refusals.DayInFuture
    if command.claimed is not None and command.claimed.amount <= 0:
        raise refusals.AmountNotPositive
    return ComplaintReceived(
        complaint_id=command.complaint_id,
        customer_id=command.customer_id,
        kind=command.kind,
        channel=command.channel,
        received_on=command.received_on,
        remedy_sought=command.remedy_sought,
        claimed=command.claimed,
        invoices=command.invoices,
        article=command.article,
        batch=command.batch,
        carrier=command.carrier,
        description=command.description,
        source=command.source,
        source_event_id=command.source_event_id,
        decided_by=command.decided_by,
        continues=command.continues,
    )


def _closed(state: Open, command: CloseComplaint, standards: Standards) -> ComplaintClosed:
    if command.unanswered:
        _check_unanswered(state, command, standards)
    in_order(state, standards, "CLOSED", gives=bool(state.done & OF_A_SOLUTION), answered=not command.unanswered)
    if not state.handled:
        raise refusals.NotHandledYet
    if state.claimed is not None and not state.settled:
        raise refusals.ClaimNotSettled
    if command.lesson is None and standards.procedure.lesson:
        raise refusals.LessonMissing
    return ComplaintClosed(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        closed_on=command.closed_on,
        lesson=command.lesson,
        decided_by=command.decided_by,
        unanswered=command.unanswered,
    )


def _check_unanswered(state: Open, command: CloseComplaint, standards: Standards) -> None:
    """Raises NothingToConfirm, CustomerAnswered or AnswerAwaited."""
    if state.asked_on is None:
        raise refusals.NothingToConfirm
    if "CONFIRMED" in state.done:
        raise refusals.CustomerAnswered
    until = state.asked_on + timedelta(days=standards.procedure.answer_days)
    if command.closed_on < until:
        raise refusals.AnswerAwaited(f"from {until}")


def day_of(command: Step) -> date:
    """The business day on which the step was taken."""
    match command:
        case AssessComplaint():
            return command.assessed_on
        case ReportSolution():
            return command.carried_out_on
        case SettleClaim():
            return command.settled_on
        case CloseComplaint():
            return command.closed_on
        case WithdrawComplaint():
            return command.withdrawn_on
    return command.on


def _check_day(state: Open, command: Step) -> None:
    _check_within(state, day_of(command), command.today)


def _check_told(state: Open, command: AssessComplaint) -> None:
    if command.told_on is not None:
        _check_within(state, command.told_on, command.today)


def _check_within(state: Open, day: date, today: date) -> None:
    if day < state.received_on:
        raise refusals.BeforeReceipt
    if day > today:
        raise refusals.DayInFuture
