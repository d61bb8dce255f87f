"""What was agreed or is expected of a customer's buying: planned closures and the next order (cards), expectations (classification)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, registered
from shared.contracts.money import Money

ClosureReason = Literal["HOLIDAY", "SEASON", "STOCKTAKING", "RENOVATION", "MOVE", "OTHER"]


@registered
class ClosurePlanned(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The customer will be closed, or is, from `first_on` to `last_on`, both included: its silence meanwhile is no silence."""

    type: ClassVar[str] = "regulars.cards.closure-planned.v1"
    customer_id: UUID
    closure_id: UUID
    first_on: date
    last_on: date
    reason: ClosureReason = "OTHER"
    decided_by: UUID | None = None


@registered
class ClosureCancelled(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The closure will not be, or was not."""

    type: ClassVar[str] = "regulars.cards.closure-cancelled.v1"
    customer_id: UUID
    closure_id: UUID
    decided_by: UUID | None = None


@registered
class NextOrderAgreed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The day on which the customer will order next, by contract or on its word; None: nothing is agreed any more."""

    type: ClassVar[str] = "regulars.cards.next-order-agreed.v1"
    customer_id: UUID
    due_on: date | None = None
    decided_by: UUID | None = None


@registered
class ExpectationSet(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the company expects of a customer from the month of `from_on` on, in one currency: net sales a month, a share of the
    company's net sales as a fraction, or both; neither: nothing is expected any more."""

    type: ClassVar[str] = "regulars.classification.expectation-set.v1"
    customer_id: UUID
    currency: str
    from_on: date
    monthly: Money | None = None
    share: Decimal | None = None
    decided_by: UUID | None = None
