"""What has become of a complaint: its states, and how each event of its stream moves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.complaints.domain.clock import TAKES
from services.complaints.domain.commands import Severity
from services.complaints.domain.giving import Approval, Giving, Offer
from services.complaints.domain.procedure import OF_A_ROUND, UNASSESSED
from shared.contracts.complaint_steps import (
    ComplaintHeld,
    ComplaintResumed,
    CustomerDissatisfied,
    ProcedureStep,
    SolutionApproved,
    SolutionProposed,
    SolutionRefused,
)
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintKind,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.event import Event
from shared.contracts.money import Money

NAMES: Mapping[type[Event], str] = {
    **TAKES,
    ComplaintReceived: "OPEN",
    SolutionCarriedOut: "SOLVED",
    SolutionRefused: "REFUSED",
    CustomerDissatisfied: "DISSATISFIED",
    ComplaintWithdrawn: "WITHDRAWN",
}
"""What the state of a complaint is called after an event; other events leave it as it is called."""

DAYS: Mapping[type[Event], str] = {
    ComplaintReceived: "received_on",
    ComplaintAssessed: "assessed_on",
    SolutionCarriedOut: "carried_out_on",
    ClaimSettled: "settled_on",
    ComplaintClosed: "closed_on",
    ComplaintWithdrawn: "withdrawn_on",
}
"""The business day of a step; other events call it `on`."""


@dataclass(frozen=True, slots=True)
class NotReceived:
    """Nobody has complained."""


@dataclass(frozen=True, slots=True)
class Open:
    """Received and not ended. `done`: steps that were taken, those of a round in this round. `handled`: something that a complaint
    may be closed on was done in this round. `offer`: the last proposal of this round; `refused`: it was. `asked_on`: the day from which
    it is for the customer to say whether what was done in this round is good."""

    complaint_id: UUID
    customer_id: UUID
    kind: ComplaintKind
    received_on: date
    claimed: Money | None = None
    remedy_sought: str | None = None
    name: str = "OPEN"
    severity: Severity = UNASSESSED
    founded: bool | None = None
    done: frozenset[ProcedureStep] = frozenset()
    round: int = 1
    handled: bool = False
    settled: bool = False
    offer: Offer | None = None
    giving: Giving = field(default_factory=Giving)
    asked_on: date | None = None
    refused: bool = False
    on_hold: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    customer_id: UUID
    name: str = "CLOSED"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    customer_id: UUID
    name: str = "WITHDRAWN"


Complaint = NotReceived | Open | Closed | Withdrawn


def evolve(state: Complaint, event: Event) -> Complaint:
    """The state after one event of the complaint's stream; what is no step of the procedure changes nothing."""
    match event:
        case ComplaintReceived():
            return Open(event.complaint_id, event.customer_id, event.kind, event.received_on, event.claimed, event.remedy_sought)
        case ComplaintClosed():
            return Closed(event.customer_id)
        case ComplaintWithdrawn():
            return Withdrawn(event.customer_id)
    return _open(state, event) if isinstance(state, Open) else state


def _open(state: Open, event: Event) -> Open:
    step = TAKES.get(type(event))
    done = state.done if step is None else state.done | {step}
    state = replace(state, name=NAMES.get(type(event), state.name), done=done)
    match event:
        case ComplaintAssessed():
            return replace(state, severity=event.severity, founded=event.founded, handled=True)
        case SolutionCarriedOut():
            return _given(state, event)
        case ClaimSettled():
            giving = replace(state.giving, agreed=event.agreed)
            return replace(state, settled=True, handled=True, giving=giving, asked_on=_later(state.asked_on, event.settled_on))
        case SolutionProposed():
            # What was approved before is not what is proposed now, and what was done before is not what the customer answers to.
            offer = Offer(event.remedies, event.offered)
            return replace(state, offer=offer, refused=False, done=state.done - {"APPROVED"}, asked_on=None)
        case SolutionApproved() if state.offer is not None:
            approval = Approval(event.authority, event.decided_by, event.rule_version)
            return replace(state, offer=replace(state.offer, approval=approval))
        case SolutionRefused():
            return replace(state, offer=None, refused=True, done=state.done - {"PROPOSED", "APPROVED"})
        case CustomerDissatisfied():
            return replace(
                state,
                done=state.done - OF_A_ROUND,
                round=event.round,
                handled=False,
                offer=None,
                giving=state.giving.next_round(),
                asked_on=None,
                refused=False,
                on_hold=False,
            )
        case ComplaintHeld():
            return replace(state, on_hold=True)
        case ComplaintResumed():
            return replace(state, on_hold=False)
    return state


def _given(state: Open, event: SolutionCarriedOut) -> Open:
    offer, amount = state.offer, event.amount
    if amount is None and offer is not None:
        # Before amounts were told, all that was proposed was carried out.
        amount = offer.left
    if amount is not None:
        offer = None if offer is None else offer.after_solution(amount)
        state = replace(state, offer=offer, giving=state.giving.after_solution(amount))
    return replace(state, handled=True, asked_on=_later(state.asked_on, event.carried_out_on))


def _later(asked_on: date | None, day: date) -> date:
    """Steps are entered in any order of their days; the customer answers to the last of them."""
    return day if asked_on is None else max(asked_on, day)


def state_of(events: Iterable[Event]) -> Complaint:
    """The state after all events of a stream."""
    state: Complaint = NotReceived()
    for event in events:
        state = evolve(state, event)
    return state
