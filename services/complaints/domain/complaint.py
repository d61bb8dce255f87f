"""A complaint from its receipt to its end: received, assessed, solved, settled, closed or withdrawn.

Assessing again after a solution is how a customer who is not satisfied comes back into the procedure. Questions, help
requests and opinions are no complaints and never enter here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from services.complaints.domain import refusals
from services.complaints.domain.commands import (
    AssessComplaint,
    CloseComplaint,
    ComplaintCommand,
    ReceiveComplaint,
    ReportSolution,
    SettleClaim,
    WithdrawComplaint,
)
from shared.contracts.complaint_facts import OfComplaint
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.event import Event
from shared.contracts.money import Money

ComplaintEvent = ComplaintReceived | ComplaintAssessed | SolutionCarriedOut | ClaimSettled | ComplaintClosed | ComplaintWithdrawn

_DELIVERED = UUID("3f0f7c1e-7a4b-5b0e-9c55-0d9e6b1f2a47")


@dataclass(frozen=True, slots=True)
class NotReceived:
    """Nobody has complained."""


@dataclass(frozen=True, slots=True)
class Open:
    """Received, nothing done yet. Base of what is going on: every later state keeps what was received."""

    complaint_id: UUID
    customer_id: UUID
    received_on: date
    claimed: Money | None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Assessed(Open):
    founded: bool = False


@dataclass(frozen=True, slots=True)
class Solved(Open):
    """The solution was carried out; the customer has still to be content with it."""


@dataclass(frozen=True, slots=True)
class Closed:
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class Withdrawn:
    customer_id: UUID


Complaint = NotReceived | Open | Assessed | Solved | Closed | Withdrawn


def complaint_stream(complaint_id: UUID) -> str:
    return f"complaint-{complaint_id}"


def delivered_id(source: str, source_event_id: str) -> UUID:
    """Id of a complaint that a system delivers under an id of its own: delivered twice, it is one. A source holds no slash."""
    return uuid5(_DELIVERED, f"{source}/{source_event_id}")


def decide(state: Complaint, command: ComplaintCommand) -> list[ComplaintEvent]:
    """The events that the command leads to. Raises a ComplaintRefused."""
    match state, command:
        case NotReceived(), ReceiveComplaint():
            return [_received(command)]
        case NotReceived(), _:
            raise refusals.ComplaintUnknown
        case _, ReceiveComplaint():
            raise refusals.ComplaintExists
        case ((Closed() | Withdrawn()), _):
            raise refusals.ComplaintEnded
        case Open(), AssessComplaint():
            _check_day(state, command.assessed_on, command.today)
            return [
                ComplaintAssessed(
                    complaint_id=state.complaint_id,
                    customer_id=state.customer_id,
                    founded=command.founded,
                    severity=command.severity,
                    assessed_on=command.assessed_on,
                    decided_by=command.decided_by,
                )
            ]
        case Open(), ReportSolution():
            _check_day(state, command.carried_out_on, command.today)
            return [
                SolutionCarriedOut(
                    complaint_id=state.complaint_id,
                    customer_id=state.customer_id,
                    solution=command.solution,
                    carried_out_on=command.carried_out_on,
                    decided_by=command.decided_by,
                )
            ]
        case Open(), SettleClaim():
            return [_settled(state, command)]
        case Open(), CloseComplaint():
            return [_closed(state, command)]
        case Open(), WithdrawComplaint():
            _check_day(state, command.withdrawn_on, command.today)
            return [
                ComplaintWithdrawn(
                    complaint_id=state.complaint_id,
                    customer_id=state.customer_id,
                    withdrawn_on=command.withdrawn_on,
                    decided_by=command.decided_by,
                )
            ]
    raise AssertionError(f"unknown command {command!r}")


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
    )


def _settled(state: Open, command: SettleClaim) -> ClaimSettled:
    _check_day(state, command.settled_on, command.today)
    if state.settled:
        raise refusals.ClaimAlreadySettled
    agreed = command.agreed
    if agreed is not None and agreed.amount < 0:
        raise refusals.AmountNotPositive
    # Where no amount was claimed, a gift to make good is nobody's loss.
    claimed = state.claimed
    if agreed is not None and claimed is not None and (agreed.currency != claimed.currency or agreed.amount > claimed.amount):
        raise refusals.AgreedMoreThanClaimed
    return ClaimSettled(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        agreed=None if agreed is None or agreed.amount == Decimal(0) else agreed,
        settled_on=command.settled_on,
        decided_by=command.decided_by,
    )


def _closed(state: Open, command: CloseComplaint) -> ComplaintClosed:
    _check_day(state, command.closed_on, command.today)
    if not state.settled and not isinstance(state, Assessed | Solved):
        raise refusals.NotHandledYet
    if state.claimed is not None and not state.settled:
        raise refusals.ClaimNotSettled
    return ComplaintClosed(
        complaint_id=state.complaint_id,
        customer_id=state.customer_id,
        closed_on=command.closed_on,
        lesson=command.lesson,
        decided_by=command.decided_by,
    )


def _check_day(state: Open, day: date, today: date) -> None:
    if day < state.received_on:
        raise refusals.BeforeReceipt
    if day > today:
        raise refusals.DayInFuture


def evolve(state: Complaint, event: Event) -> Complaint:
    """The state after one event of the complaint's stream."""
    match event:
        case ComplaintReceived():
            return Open(event.complaint_id, event.customer_id, event.received_on, event.claimed)
        case ComplaintAssessed() if isinstance(state, Open):
            return Assessed(state.complaint_id, state.customer_id, state.received_on, state.claimed, state.settled, event.founded)
        case SolutionCarriedOut() if isinstance(state, Open):
            return Solved(state.complaint_id, state.customer_id, state.received_on, state.claimed, state.settled)
        case ClaimSettled() if isinstance(state, Open):
            return replace(state, settled=True)
        case ComplaintClosed():
            return Closed(event.customer_id)
        case ComplaintWithdrawn():
            return Withdrawn(event.customer_id)
        case OfComplaint():
            # What is known of the matter moves no step of its handling.
            return state
    raise AssertionError(f"unknown event {event!r}")


def state_of(events: Iterable[Event]) -> Complaint:
    """The state after all events of a stream."""
    state: Complaint = NotReceived()
    for event in events:
        state = evolve(state, event)
    return state
