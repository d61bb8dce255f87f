"""Facts of a customer who buys on credit, as the other services record them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.alerts import AlertClosed, AlertEvent, AlertOpened, Finding, Outcome
from shared.contracts.card_parts import TradeStatus, TradeStatusRevised
from shared.contracts.cards import Provenance, TradeTermsAgreed
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceIssued, InvoiceRef, PaymentReceived
from tests.integration.classification.conftest import days_ago

TERM = 30


def cny(amount: int | str) -> Money:
    return Money(Decimal(amount), "CNY")


def invoice(customer: UUID, number: str, due: int, amount: int | str, issued: int | None = None) -> InvoiceIssued:
    """Due so many days ago, by default at thirty days."""
    return InvoiceIssued(
        customer_id=customer,
        source="erp",
        source_event_id=f"{customer}-{number}",
        number=f"{customer}-{number}",
        issued_on=days_ago(due + TERM if issued is None else issued),
        due_on=days_ago(due),
        amount=cny(amount),
    )


def paid(customer: UUID, days: int, amount: int | str) -> PaymentReceived:
    return PaymentReceived(
        customer_id=customer, source="erp", source_event_id=str(uuid4()), received_on=days_ago(days), amount=cny(amount)
    )


def limit(customer: UUID, amount: int | str) -> TradeTermsAgreed:
    return TradeTermsAgreed(customer_id=customer, payment_days=TERM, credit_limit=cny(amount), agreed_on=days_ago(400))


def report(customer: UUID, status: Any) -> TradeStatusRevised:
    said = Provenance(source="AGENCY", agency="Northern Credit", observed_on=days_ago(10))
    return TradeStatusRevised(customer_id=customer, provenance=said, stated=TradeStatus(credit_status=status))


def disputes(customer: UUID, number: str) -> ComplaintReceived:
    return ComplaintReceived(
        complaint_id=uuid4(),
        customer_id=customer,
        kind="QUALITY",
        channel="HOTLINE",
        received_on=days_ago(5),
        invoices=(InvoiceRef("erp", f"{customer}-{number}"),),
    )


def warned(customer: UUID, rule_id: str, outcome: Outcome) -> list[AlertEvent]:
    """A warning about credit that was closed."""
    alert = uuid4()
    finding = Finding(rule_id=rule_id, rule_version=1, level="act", true_on=days_ago(20), reasons=())
    return [
        AlertOpened(alert_id=alert, customer_id=customer, kind="credit", channel="CNY", finding=finding),
        AlertClosed(alert_id=alert, customer_id=customer, kind="credit", outcome=outcome, cause="SLOW_PAYER", closed_by=uuid4()),
    ]
