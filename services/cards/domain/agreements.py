"""What was agreed about a customer's buying: when it will be closed, and on which day it will order next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from services.cards.domain.refusals import ClosureBackwards, ClosureUnknown, NextOrderOutOfRange
from shared.contracts.agreements import ClosureCancelled, ClosurePlanned, ClosureReason, NextOrderAgreed
from shared.contracts.event import Event

LONGEST_CLOSURE = timedelta(days=366)
FARTHEST_ORDER = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed from `first_on` to `last_on`, both included."""

    closure_id: UUID
    first_on: date
    last_on: date
    reason: ClosureReason


@dataclass(frozen=True, slots=True)
class Agreements:
    """`closures` in the order of their days."""

    closures: tuple[Closure, ...] = ()
    next_order_on: date | None = None


NO_AGREEMENTS = Agreements()


@dataclass(frozen=True, slots=True)
class PlanClosure:
    closure: Closure
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class CancelClosure:
    closure_id: UUID
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class AgreeNextOrder:
    due_on: date | None
    decided_by: UUID


AgreementCommand = PlanClosure | CancelClosure | AgreeNextOrder


def decide(known: Agreements, customer: UUID, command: AgreementCommand, day: date) -> Sequence[Event]:
    """What follows from the command, said on a day; nothing when it is no news.

    Raises ClosureBackwards, ClosureUnknown, NextOrderOutOfRange.
    """
    match command:
        case PlanClosure(closure, person):
            if not closure.first_on <= closure.last_on <= closure.first_on + LONGEST_CLOSURE:
                raise ClosureBackwards
            return [
                ClosurePlanned(
                    customer_id=customer,
                    closure_id=closure.closure_id,
                    first_on=closure.first_on,
                    last_on=closure.last_on,
                    reason=closure.reason,
                    decided_by=person,
                )
            ]
        case CancelClosure(closure_id, person):
            if all(one.closure_id != closure_id for one in known.closures):
                raise ClosureUnknown
            return [ClosureCancelled(customer_id=customer, closure_id=closure_id, decided_by=person)]
        case AgreeNextOrder(due_on, person):
            if due_on is not None and not day <= due_on <= day + FARTHEST_ORDER:
                raise NextOrderOutOfRange
            if due_on == known.next_order_on:
                return []
            return [NextOrderAgreed(customer_id=customer, due_on=due_on, decided_by=person)]


def evolve(known: Agreements, event: Event) -> Agreements:
    """The agreements after one more event; those of other concerns change nothing."""
    match event:
        case ClosurePlanned():
            closure = Closure(event.closure_id, event.first_on, event.last_on, event.reason)
            closures = sorted((*known.closures, closure), key=lambda one: (one.first_on, one.last_on, one.closure_id))
            return replace(known, closures=tuple(closures))
        case ClosureCancelled():
            return replace(known, closures=tuple(one for one in known.closures if one.closure_id != event.closure_id))
        case NextOrderAgreed():
            return replace(known, next_order_on=event.due_on)
    return known
