"""Visits of a customer, and who has its card: it goes out for a visit of the day with whoever serves the customer, and comes back. Pure.

Source of the rules: a salesperson takes along the cards of that day's visits only (S0.13, S3.47) and returns them after the visit (S0.14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from uuid import UUID

from services.cards.domain import refusals
from shared.contracts.event import Event
from shared.contracts.visits import CardCheckedOut, CardReturned, CardReturnOverdue, VisitCancelled, VisitPlanned


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned visit."""

    visit_id: UUID
    salesperson_id: str
    planned_on: date


@dataclass(frozen=True, slots=True)
class Out:
    """The card is with somebody, for a visit. `told`: that it is overdue."""

    visit_id: UUID
    salesperson_id: str
    due_on: date
    told: bool = False


@dataclass(frozen=True, slots=True)
class Custody:
    """Planned visits by their ids, and where the card is; None: in its cabinet."""

    visits: Mapping[UUID, Visit] = field(default_factory=dict)
    out: Out | None = None


@dataclass(frozen=True, slots=True)
class PlanVisit:
    visit_id: UUID
    salesperson_id: str
    planned_on: date
    today: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class CancelVisit:
    visit_id: UUID
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class CheckOut:
    salesperson_id: str
    today: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class ReturnCard:
    """`salesperson_id`: only if this person has it; None: whoever has it, by whoever keeps the cards."""

    salesperson_id: str | None
    today: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class TellOverdue:
    """What time does."""

    today: date


CustodyCommand = PlanVisit | CancelVisit | CheckOut | ReturnCard | TellOverdue


def decide(state: Custody, command: CustodyCommand, customer_id: UUID, served_by: str | None) -> list[Event]:
    """What follows from the command; `served_by` is who serves the customer now. Raises a CardRefused."""
    match command:
        case PlanVisit():
            return [_planned(state, command, customer_id)]
        case CancelVisit():
            return [_cancelled(state, command, customer_id)]
        case CheckOut():
            return [_checked_out(state, command, customer_id, served_by)]
        case ReturnCard():
            return [_returned(state, command, customer_id)]
        case TellOverdue():
            out = state.out
            if out is None or out.told or out.due_on >= command.today:
                return []
            return [
                CardReturnOverdue(
                    visit_id=out.visit_id, customer_id=customer_id, salesperson_id=out.salesperson_id, due_on=out.due_on
                )
            ]


def _planned(state: Custody, command: PlanVisit, customer_id: UUID) -> VisitPlanned:
    if command.planned_on < command.today:
        raise refusals.VisitInPast
    if _visit_on(state, command.salesperson_id, command.planned_on) is not None:
        raise refusals.VisitAlreadyPlanned
    return VisitPlanned(
        visit_id=command.visit_id,
        customer_id=customer_id,
        salesperson_id=command.salesperson_id,
        decided_by=command.decided_by,
        planned_on=command.planned_on,
    )


def _cancelled(state: Custody, command: CancelVisit, customer_id: UUID) -> VisitCancelled:
    visit = state.visits.get(command.visit_id)
    if visit is None:
        raise refusals.VisitUnknown
    if state.out is not None and state.out.visit_id == command.visit_id:
        raise refusals.CardIsOut
    return VisitCancelled(
        visit_id=visit.visit_id,
        customer_id=customer_id,
        salesperson_id=visit.salesperson_id,
        decided_by=command.decided_by,
        planned_on=visit.planned_on,
    )


def _checked_out(state: Custody, command: CheckOut, customer_id: UUID, served_by: str | None) -> CardCheckedOut:
    if served_by != command.salesperson_id:
        raise refusals.NotTheirCustomer
    visit = _visit_on(state, command.salesperson_id, command.today)
    if visit is None:
        raise refusals.NoVisitToday
    if state.out is not None:
        raise refusals.CardIsOut
    return CardCheckedOut(
        visit_id=visit.visit_id,
        customer_id=customer_id,
        salesperson_id=command.salesperson_id,
        decided_by=command.decided_by,
        due_on=command.today,
    )


def _returned(state: Custody, command: ReturnCard, customer_id: UUID) -> CardReturned:
    out = state.out
    if out is None:
        raise refusals.CardIsIn
    if command.salesperson_id not in (None, out.salesperson_id):
        raise refusals.CardHeldByAnother
    return CardReturned(
        visit_id=out.visit_id,
        customer_id=customer_id,
        salesperson_id=out.salesperson_id,
        decided_by=command.decided_by,
        due_on=out.due_on,
        returned_on=command.today,
    )


def _visit_on(state: Custody, salesperson_id: str, day: date) -> Visit | None:
    return next(
        (visit for visit in state.visits.values() if (visit.salesperson_id, visit.planned_on) == (salesperson_id, day)), None
    )


def evolve(state: Custody, event: Event) -> Custody:
    """Where visits and card stand after the event."""
    match event:
        case VisitPlanned():
            visit = Visit(event.visit_id, event.salesperson_id, event.planned_on)
            return replace(state, visits={**state.visits, event.visit_id: visit})
        case VisitCancelled():
            return replace(state, visits={key: one for key, one in state.visits.items() if key != event.visit_id})
        case CardCheckedOut():
            return replace(state, out=Out(event.visit_id, event.salesperson_id, event.due_on))
        case CardReturned():
            return replace(state, out=None)
        case CardReturnOverdue() if state.out is not None:
            return replace(state, out=replace(state.out, told=True))
    return state


def custody_of(events: Iterable[Event]) -> Custody:
    return reduce(evolve, events, Custody())
