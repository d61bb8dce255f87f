"""The ledger of the service cards: what was sold, invoiced, paid and returned. Facts; nobody may refuse them.

All dates are business days of the company. Only invoices make a receivable; turnover is sales minus returns.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from shared.contracts.event import Event, registered
from shared.contracts.money import Money


class InvoiceRef(msgspec.Struct, frozen=True):
    """An invoice is named by the system that issued it and its number there."""

    source: str
    number: str


class SaleLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a sale. `net` is the amount of the line in the sale's currency; `unit_cost` only where known."""

    article: str
    quantity: Decimal
    net: Decimal
    unit_cost: Decimal | None = None


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a payment or credit note that settles one invoice."""

    invoice: InvoiceRef
    amount: Decimal


class Fact(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of ledger facts. `source` is the delivering system, `source_event_id` its own id of the fact."""

    customer_id: UUID
    source: str
    source_event_id: str


@registered
class SaleRecorded(Fact, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.sale-recorded.v1"
    sold_on: date
    net: Money
    lines: tuple[SaleLine, ...] = ()
    order_number: str | None = None
    salesperson_id: str | None = None


@registered
class GoodsReturned(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """`net` is positive: what the returned goods had been sold for."""

    type: ClassVar[str] = "regulars.cards.goods-returned.v1"
    returned_on: date
    net: Money
    lines: tuple[SaleLine, ...] = ()
    order_number: str | None = None


@registered
class InvoiceIssued(Fact, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.invoice-issued.v1"
    number: str
    issued_on: date
    due_on: date
    amount: Money


@registered
class PaymentReceived(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Settles the allocated invoices; what is not allocated settles the oldest due first."""

    type: ClassVar[str] = "regulars.cards.payment-received.v1"
    received_on: date
    amount: Money
    allocations: tuple[Allocation, ...] = ()


@registered
class PaymentReversed(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A payment that did not stand (bounced, booked by mistake); `payment` is the source_event_id of the payment of the same source."""

    type: ClassVar[str] = "regulars.cards.payment-reversed.v1"
    payment: str
    reversed_on: date


@registered
class PaymentMade(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Money paid back to the customer; it uses up what the customer has in credit."""

    type: ClassVar[str] = "regulars.cards.payment-made.v1"
    paid_on: date
    amount: Money


@registered
class CreditNoted(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """`complaint_id`: the complaint with which it was agreed on, where it was."""

    type: ClassVar[str] = "regulars.cards.credit-noted.v1"
    number: str
    noted_on: date
    amount: Money
    allocations: tuple[Allocation, ...] = ()
    complaint_id: UUID | None = None


@registered
class ComplaintCredited(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A credit note that names a complaint stands in the ledger. Told beside the ledger, for those who read none."""

    type: ClassVar[str] = "regulars.cards.complaint-credited.v1"
    complaint_id: UUID
    customer_id: UUID
    source: str
    source_event_id: str
    number: str
    noted_on: date
    amount: Money


@registered
class WrittenOff(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An invoice given up, wholly or in part. No settlement by the customer: it is never scored as one."""

    type: ClassVar[str] = "regulars.cards.written-off.v1"
    invoice: InvoiceRef
    written_off_on: date
    amount: Money


@registered
class SubSaleReported(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A dealer's sale to a sub-distributor, who is the customer here. Never a sale of ours: no receivable, no turnover, no class."""

    type: ClassVar[str] = "regulars.cards.sub-sale-reported.v1"
    dealer_id: UUID
    sold_on: date
    net: Money
    lines: tuple[SaleLine, ...] = ()
