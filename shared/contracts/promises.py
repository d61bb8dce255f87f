"""Events of the service cards about what was promised, by the customer or by us, and what the company has put into a customer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, Personal, registered
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef


class OfPromise(Event, frozen=True, kw_only=True, omit_defaults=True):
    promise_id: UUID
    customer_id: UUID
    decided_by: UUID | None = None


@registered
class PromiseMade(OfPromise, frozen=True, kw_only=True, omit_defaults=True):
    """`made_by`: who has to keep it. PAY by the customer is a promise to pay; PAY by us is a rebate or refund that we owe."""

    type: ClassVar[str] = "regulars.cards.promise-made.v1"
    made_by: Literal["CUSTOMER", "COMPANY"]
    kind: Literal["PAY", "DELIVER", "CALL_BACK", "REPAIR", "SUPPORT", "OTHER"]
    made_on: date
    due_on: date
    amount: Money | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    text: Personal | None = None


@registered
class PromiseKept(OfPromise, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.promise-kept.v1"
    kept_on: date


@registered
class PromiseBroken(OfPromise, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.promise-broken.v1"
    broken_on: date


@registered
class PromiseWaived(OfPromise, frozen=True, kw_only=True, omit_defaults=True):
    """The other side no longer asks for it."""

    type: ClassVar[str] = "regulars.cards.promise-waived.v1"
    waived_on: date


@registered
class InvestmentRecorded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the company has put into a customer: money, hours of its people, or both."""

    type: ClassVar[str] = "regulars.cards.investment-recorded.v1"
    customer_id: UUID
    investment_id: UUID
    kind: Literal["VISIT", "SUPPORT", "PROMOTION", "TRAINING", "GIFT", "OTHER"]
    spent_on: date
    cost: Money | None = None
    hours: Decimal | None = None
    note: Personal | None = None
    decided_by: UUID | None = None
