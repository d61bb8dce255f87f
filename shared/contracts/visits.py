"""Events of the service cards about visits, and about the card that goes with them and comes back. Persons are the company's own ids of them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event, registered


class OfVisit(Event, frozen=True, kw_only=True, omit_defaults=True):
    """`salesperson_id`: who visits, and has the card with them."""

    visit_id: UUID
    customer_id: UUID
    salesperson_id: str
    decided_by: UUID | None = None


@registered
class VisitPlanned(OfVisit, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.visit-planned.v1"
    planned_on: date


@registered
class VisitCancelled(OfVisit, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.visit-cancelled.v1"
    planned_on: date


@registered
class CardCheckedOut(OfVisit, frozen=True, kw_only=True, omit_defaults=True):
    """The card goes with the salesperson, and is due back at the end of the day `due_on`."""

    type: ClassVar[str] = "regulars.cards.card-checked-out.v1"
    due_on: date


@registered
class CardReturned(OfVisit, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.card-returned.v1"
    due_on: date
    returned_on: date


@registered
class CardReturnOverdue(OfVisit, frozen=True, kw_only=True, omit_defaults=True):
    """Its day has ended and the card has not come back. Told once of each time that it was out."""

    type: ClassVar[str] = "regulars.cards.card-return-overdue.v1"
    due_on: date
