"""Ledger facts for tests, short to write: days are days of 2026 counted from the first of January."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.open_items import Account, apply
from shared.contracts.transactions import (
    Allocation,
    CreditNoted,
    InvoiceIssued,
    InvoiceRef,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    WrittenOff,
)

CUSTOMER = UUID("5f0c2c56-5d2e-4c3c-9f0e-6f6c0d0a7b11")
LAST_DAY = date(2031, 12, 31)


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


def money(amount: int | str, currency: str = "CNY") -> Money:
    return Money(Decimal(amount), currency)


def shares(allocations: dict[str, int]) -> tuple[Allocation, ...]:
    return tuple(Allocation(invoice=InvoiceRef("erp", number), amount=Decimal(amount)) for number, amount in allocations.items())


def invoice(number: str, on: int, amount: int, due: int = 30, currency: str = "CNY") -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=f"i-{number}",
        number=number,
        issued_on=day(on),
        due_on=day(on + due),
        amount=money(amount, currency),
    )


def payment(name: str, on: int, amount: int, currency: str = "CNY", **allocations: int) -> PaymentReceived:
    return PaymentReceived(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=name,
        received_on=day(on),
        amount=money(amount, currency),
        allocations=shares(allocations),
    )


def reversal(of: str, on: int) -> PaymentReversed:
    return PaymentReversed(customer_id=CUSTOMER, source="erp", source_event_id=f"r-{of}", payment=of, reversed_on=day(on))


def refund(name: str, on: int, amount: int) -> PaymentMade:
    return PaymentMade(customer_id=CUSTOMER, source="erp", source_event_id=name, paid_on=day(on), amount=money(amount))


def credit_note(name: str, on: int, amount: int, **allocations: int) -> CreditNoted:
    return CreditNoted(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=name,
        number=name,
        noted_on=day(on),
        amount=money(amount),
        allocations=shares(allocations),
    )


def write_off(number: str, on: int, amount: int) -> WrittenOff:
    return WrittenOff(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=f"w-{number}-{on}",
        invoice=InvoiceRef("erp", number),
        written_off_on=day(on),
        amount=money(amount),
    )


def folded(*facts: Event, recorded_on: date = LAST_DAY) -> Account:
    account = Account()
    for fact in facts:
        account = apply(account, fact, recorded_on)
    return account


def in_every_order(*facts: Event) -> Account:
    """The account, after having seen that every order of arrival gives the same."""
    expected = folded(*facts)
    for order in permutations(facts):
        other = folded(*order)
        assert other == expected
        assert other.books.by_currency.keys() == expected.books.by_currency.keys()
    return expected
