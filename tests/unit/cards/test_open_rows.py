"""What a row of receivables says without a day: what is open, what of it is disputed, whether credit is left, and whose it is."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from services.cards.read_models.receivables import OpenItem, Receivable, balances_of, evolve
from shared.contracts.cards import Basics, BasicsRevised, CustomerRegistered, SalespersonAssigned, TradeTermsAgreed
from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceIssued, InvoiceRef, PaymentReceived
from tests.unit.cards.telling import CUSTOMER, told

COMPLAINT = UUID(int=31)
DAY = date(2026, 7, 1)


def invoice(number: str, amount: str) -> InvoiceIssued:
    money = Money(Decimal(amount), "CNY")
    return InvoiceIssued(
        customer_id=CUSTOMER, source="erp", source_event_id=number, number=number, issued_on=DAY, due_on=DAY, amount=money
    )


def paid(amount: str) -> PaymentReceived:
    money = Money(Decimal(amount), "CNY")
    return PaymentReceived(customer_id=CUSTOMER, source="erp", source_event_id="p", received_on=DAY, amount=money)


CLAIM = ComplaintReceived(
    complaint_id=COMPLAINT,
    customer_id=CUSTOMER,
    kind="QUALITY",
    channel="WEB",
    received_on=DAY,
    claimed=Money(Decimal("40.00"), "CNY"),
    invoices=(InvoiceRef("erp", "2"),),
)
WITHDRAWN = ComplaintWithdrawn(complaint_id=COMPLAINT, customer_id=CUSTOMER, withdrawn_on=DAY)


def folded(envelopes: list[Envelope]) -> Receivable:
    row: Receivable | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    assert row is not None
    return row


def items(row: Receivable) -> list[tuple[str, Decimal, Decimal]]:
    open_items: tuple[OpenItem, ...] = balances_of(row.open_items)["CNY"].items
    return [(item.number, item.open, item.disputed) for item in open_items]


def test_what_a_complaint_claims_is_disputed_until_it_ends() -> None:
    events = told([invoice("1", "100.00"), invoice("2", "30.00"), CLAIM])
    for order in itertools.permutations(events):
        assert items(folded(list(order))) == [("1", Decimal(100), 0), ("2", Decimal(30), Decimal(30))]
    withdrawn = folded(told([invoice("1", "100.00"), invoice("2", "30.00"), CLAIM, WITHDRAWN]))
    assert items(withdrawn) == [("1", Decimal(100), 0), ("2", Decimal(30), 0)]


def test_a_payment_ends_the_dispute_over_what_it_settles() -> None:
    row = folded(told([invoice("1", "100.00"), invoice("2", "30.00"), CLAIM, paid("120.00")]))
    assert items(row) == [("2", Decimal(10), Decimal(10))]


def test_credit_that_is_left_marks_the_row() -> None:
    assert not folded(told([invoice("1", "100.00"), paid("100.00")])).in_credit
    assert folded(told([invoice("1", "100.00"), paid("100.01")])).in_credit


def test_what_holds_from_a_later_day_stands_whenever_it_is_told() -> None:
    """INVARIANT: of two statements that of the later day stands; breaks when the one that arrived last wins."""
    said = told(
        [
            CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"), salesperson_id="wang"),
            BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus Group")),
            SalespersonAssigned(customer_id=CUSTOMER, salesperson_id="li"),
            TradeTermsAgreed(customer_id=CUSTOMER, payment_days=30, agreed_on=DAY),
            TradeTermsAgreed(customer_id=CUSTOMER, payment_days=60, agreed_on=DAY),
        ]
    )
    for order in itertools.permutations(said):
        row = folded(list(order))
        assert (row.name, row.salesperson_id, row.payment_days) == ("Lotus Group", "li", 60)
    backdated = replace(said[4], occurred_at=said[3].occurred_at - timedelta(days=1))
    assert folded([*said[:4], backdated]).payment_days == 30
