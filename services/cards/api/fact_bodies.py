"""Facts as they are sent: the bodies of the routes and the lines of imports alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from services.cards.api.problems import invalid
from services.cards.api.words import DecimalText, InvoiceRefBody, MoneyBody
from services.cards.domain.ledger import Delivered, Seller
from shared.contracts.transactions import (
    Allocation,
    CreditNoted,
    Fact,
    GoodsReturned,
    InvoiceIssued,
    InvoiceRef,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    SaleLine,
    SaleRecorded,
    SubSaleReported,
    WrittenOff,
)
from shared.web.fields import Body, BusinessDay, CustomerRef, Reference, SystemName
from shared.web.problem import Problem


class LineBody(Body):
    """One line of a sale; `net` is the amount of the line in the sale's currency."""

    article: Reference
    quantity: DecimalText
    net: DecimalText
    unit_cost: DecimalText | None = None

    def line(self) -> SaleLine:
        return SaleLine(
            article=self.article,
            quantity=Decimal(self.quantity),
            net=Decimal(self.net),
            unit_cost=None if self.unit_cost is None else Decimal(self.unit_cost),
        )


class AllocationBody(Body):
    """The part of a payment or credit note that settles one invoice."""

    invoice: InvoiceRefBody
    amount: DecimalText


class FactBody(Body):
    """What every fact says: who delivers it under which id, and whom it concerns."""

    source: SystemName
    source_event_id: Reference
    customer: CustomerRef


NOBODY = UUID(int=0)
"""Stands in a fact until the customer is looked up."""

Lines = Annotated[tuple[LineBody, ...], Field(max_length=200)]
Allocations = Annotated[tuple[AllocationBody, ...], Field(max_length=200)]


def _allocated(found: tuple[AllocationBody, ...], source: str) -> tuple[Allocation, ...]:
    return tuple(Allocation(invoice=invoice_ref(a.invoice, source), amount=Decimal(a.amount)) for a in found)


def invoice_ref(body: InvoiceRefBody, source: str) -> InvoiceRef:
    return InvoiceRef(body.source or source, body.number)


class SaleBody(FactBody):
    type: Literal["sale"] = "sale"
    sold_on: BusinessDay
    net: MoneyBody
    lines: Lines = ()
    order_number: Reference | None = None
    salesperson_id: Reference | None = None

    def fact(self) -> Fact:
        return SaleRecorded(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            sold_on=self.sold_on,
            net=self.net.money(),
            lines=tuple(line.line() for line in self.lines),
            order_number=self.order_number,
            salesperson_id=self.salesperson_id,
        )


class ReturnBody(FactBody):
    """Goods that came back; `net` is positive: what they had been sold for."""

    type: Literal["return"] = "return"
    returned_on: BusinessDay
    net: MoneyBody
    lines: Lines = ()
    order_number: Reference | None = None

    def fact(self) -> Fact:
        return GoodsReturned(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            returned_on=self.returned_on,
            net=self.net.money(),
            lines=tuple(line.line() for line in self.lines),
            order_number=self.order_number,
        )


class InvoiceBody(FactBody):
    type: Literal["invoice"] = "invoice"
    number: Reference
    issued_on: BusinessDay
    due_on: BusinessDay
    amount: MoneyBody

    def fact(self) -> Fact:
        return InvoiceIssued(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            number=self.number,
            issued_on=self.issued_on,
            due_on=self.due_on,
            amount=self.amount.money(),
        )


class PaymentBody(FactBody):
    """Settles the allocated invoices; what is not allocated settles the oldest due first."""

    type: Literal["payment"] = "payment"
    received_on: BusinessDay
    amount: MoneyBody
    allocations: Allocations = ()

    def fact(self) -> Fact:
        return PaymentReceived(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            received_on=self.received_on,
            amount=self.amount.money(),
            allocations=_allocated(self.allocations, self.source),
        )


class PaymentReversalBody(FactBody):
    """A payment that did not stand; `payment` is its source_event_id at the same source."""

    type: Literal["payment_reversal"] = "payment_reversal"
    payment: Reference
    reversed_on: BusinessDay

    def fact(self) -> Fact:
        return PaymentReversed(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            payment=self.payment,
            reversed_on=self.reversed_on,
        )


class RefundBody(FactBody):
    """Money paid back to the customer."""

    type: Literal["refund"] = "refund"
    paid_on: BusinessDay
    amount: MoneyBody

    def fact(self) -> Fact:
        return PaymentMade(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            paid_on=self.paid_on,
            amount=self.amount.money(),
        )


class CreditNoteBody(FactBody):
    """`complaint_id`: the complaint with which it was agreed on, where it was."""

    type: Literal["credit_note"] = "credit_note"
    number: Reference
    noted_on: BusinessDay
    amount: MoneyBody
    allocations: Allocations = ()
    complaint_id: UUID | None = None

    def fact(self) -> Fact:
        return CreditNoted(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            number=self.number,
            noted_on=self.noted_on,
            amount=self.amount.money(),
            allocations=_allocated(self.allocations, self.source),
            complaint_id=self.complaint_id,
        )


class WriteOffBody(FactBody):
    """An invoice given up, wholly or in part."""

    type: Literal["write_off"] = "write_off"
    invoice: InvoiceRefBody
    written_off_on: BusinessDay
    amount: MoneyBody

    def fact(self) -> Fact:
        return WrittenOff(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            invoice=invoice_ref(self.invoice, self.source),
            written_off_on=self.written_off_on,
            amount=self.amount.money(),
        )


class SubSaleBody(FactBody):
    """A sale of one of our dealers to its sub-distributor, the customer. It is none of ours: nobody owes us anything for it."""

    type: Literal["sub_sale"] = "sub_sale"
    dealer: CustomerRef
    sold_on: BusinessDay
    net: MoneyBody
    lines: Lines = ()

    def fact(self) -> Fact:
        return SubSaleReported(
            customer_id=NOBODY,
            source=self.source,
            source_event_id=self.source_event_id,
            dealer_id=NOBODY,
            sold_on=self.sold_on,
            net=self.net.money(),
            lines=tuple(line.line() for line in self.lines),
        )


AnyFactBody = (
    SaleBody
    | ReturnBody
    | InvoiceBody
    | PaymentBody
    | PaymentReversalBody
    | RefundBody
    | CreditNoteBody
    | WriteOffBody
    | SubSaleBody
)
TaggedFact = Annotated[AnyFactBody, Field(discriminator="type")]
"""A fact that says its kind: an item of a bulk request or a line of an import."""


def delivered(body: AnyFactBody) -> Delivered:
    """What a body says, for the ledger."""
    seller = Seller(body.dealer.id, body.dealer.external_id) if isinstance(body, SubSaleBody) else None
    return Delivered(body.type, body.customer.id, body.customer.external_id, body.fact(), seller)


_bodies: dict[str, type[AnyFactBody]] = {
    "sale": SaleBody,
    "return": ReturnBody,
    "invoice": InvoiceBody,
    "payment": PaymentBody,
    "payment_reversal": PaymentReversalBody,
    "refund": RefundBody,
    "credit_note": CreditNoteBody,
    "write_off": WriteOffBody,
    "sub_sale": SubSaleBody,
}
_any_fact: TypeAdapter[AnyFactBody] = TypeAdapter(TaggedFact)


def read_fact(item: Any) -> Delivered | Problem:
    """One fact of any kind, as parsed from JSON; what is wrong with it, field by field."""
    body = _bodies.get(str(item.get("type"))) if isinstance(item, dict) else None
    try:
        # Straight to the class where the kind is known: it is a third faster than finding it through the union.
        return delivered(_any_fact.validate_python(item) if body is None else body.model_validate(item))
    except ValidationError as error:
        return invalid(error)
