"""Promises and investments as they are sent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.cards.domain.investment import InvestmentKind, RecordInvestment
from services.cards.domain.promise import By, MakePromise, PromiseKind
from shared.contracts.transactions import InvoiceRef
from shared.web.fields import Body, BusinessDay, DecimalString, FreeText, PositiveMoneyIn, Reference, SystemName

_MOST_HOURS = Decimal(100_000)


def _hours(hours: Decimal) -> Decimal:
    if not 0 < hours <= _MOST_HOURS:
        raise PydanticCustomError("hours", "must be above 0 and at most 100000")
    return hours


class PromisedInvoice(Body):
    """An invoice by the system that issued it and its number there."""

    source: SystemName
    number: Reference


class PromiseBody(Body):
    """What is promised, by whom, and until when. A promise to pay has an amount and may name the invoices that it is about."""

    made_by: Annotated[By, Field(description="Who has to keep it: the customer, or our company")]
    kind: PromiseKind
    made_on: Annotated[BusinessDay | None, Field(description="Business day; today when left out")] = None
    due_on: BusinessDay
    amount: PositiveMoneyIn | None = None
    invoices: Annotated[tuple[PromisedInvoice, ...], Field(max_length=200)] = ()
    text: Annotated[FreeText | None, Field(description="The words of it; sealed")] = None

    def command(self, promise_id: UUID, customer_id: UUID, today: date, decided_by: UUID) -> MakePromise:
        return MakePromise(
            promise_id=promise_id,
            customer_id=customer_id,
            made_by=self.made_by,
            kind=self.kind,
            made_on=self.made_on or today,
            due_on=self.due_on,
            today=today,
            amount=None if self.amount is None else self.amount.money,
            invoices=tuple(dict.fromkeys(InvoiceRef(one.source, one.number) for one in self.invoices)),
            text=self.text,
            decided_by=decided_by,
        )


class EndBody(Body):
    """The business day on which it was kept, broken or waived."""

    on: Annotated[BusinessDay | None, Field(description="Business day; today when left out")] = None


class InvestmentBody(Body):
    """Money, hours of our people, or both."""

    kind: InvestmentKind
    spent_on: Annotated[BusinessDay | None, Field(description="Business day; today when left out")] = None
    cost: PositiveMoneyIn | None = None
    hours: Annotated[DecimalString, AfterValidator(_hours)] | None = None
    note: Annotated[FreeText | None, Field(description="Sealed")] = None

    def command(self, investment_id: UUID, customer_id: UUID, today: date, decided_by: UUID) -> RecordInvestment:
        return RecordInvestment(
            investment_id=investment_id,
            customer_id=customer_id,
            kind=self.kind,
            spent_on=self.spent_on or today,
            today=today,
            cost=None if self.cost is None else self.cost.money,
            hours=self.hours,
            note=self.note,
            decided_by=decided_by,
        )
