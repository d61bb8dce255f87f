"""Well-formed facts, and the identities under which two deliveries meet."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.cards.domain.identity import fact_id, stub_id
from services.cards.domain.ledger import KINDS, FactFlawed, business_day, completeness_kind, normalised, plain
from shared.contracts.event import encode
from shared.contracts.money import Money
from shared.contracts.transactions import (
    Allocation,
    Fact,
    InvoiceIssued,
    InvoiceRef,
    PaymentReceived,
    PaymentReversed,
    SaleLine,
    SaleRecorded,
)

NOBODY = UUID(int=0)
TODAY = date(2026, 11, 22)


def cny(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def sale(net: Money | None = None, sold_on: date = TODAY, lines: tuple[SaleLine, ...] = ()) -> SaleRecorded:
    return SaleRecorded(
        customer_id=NOBODY, source="erp", source_event_id="S-1", sold_on=sold_on, net=net or cny("10"), lines=lines
    )


def invoice(due_on: date, amount: str = "10") -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=NOBODY, source="erp", source_event_id="I-1", number="1", issued_on=TODAY, due_on=due_on, amount=cny(amount)
    )


def payment(amount: str, *shares: str) -> PaymentReceived:
    allocations = tuple(Allocation(invoice=InvoiceRef("erp", str(n)), amount=Decimal(share)) for n, share in enumerate(shares))
    return PaymentReceived(
        customer_id=NOBODY, source="erp", source_event_id="P-1", received_on=TODAY, amount=cny(amount), allocations=allocations
    )


def codes(fact: Fact) -> list[tuple[str, str]]:
    with pytest.raises(FactFlawed) as refused:
        normalised(fact, TODAY)
    return [(flaw.pointer, flaw.code) for flaw in refused.value.flaws]


def test_equal_contents_are_encoded_alike() -> None:
    one = sale(cny("10"), lines=(SaleLine(article="A", quantity=Decimal("2.0"), net=Decimal("10")),))
    other = sale(cny("10.00"), lines=(SaleLine(article="A", quantity=Decimal("2"), net=Decimal("10.00")),))
    assert encode(normalised(one, TODAY)) == encode(normalised(other, TODAY))


@pytest.mark.parametrize(("given", "kept"), [("1.50", "1.5"), ("100", "100"), ("0.0", "0"), ("1E+2", "100"), ("-2.10", "-2.1")])
def test_numbers_lose_needless_zeros_and_exponents(given: str, kept: str) -> None:
    assert str(plain(Decimal(given))) == kept


def test_a_fact_may_be_dated_tomorrow_but_not_later() -> None:
    normalised(sale(sold_on=TODAY + timedelta(days=1)), TODAY)
    assert codes(sale(sold_on=TODAY + timedelta(days=2))) == [("#/sold_on", "DATE_IN_FUTURE")]


def test_a_fact_is_not_older_than_living_trade() -> None:
    normalised(sale(sold_on=date(1990, 1, 1)), TODAY)
    assert codes(sale(sold_on=date(1989, 12, 31))) == [("#/sold_on", "DATE_TOO_EARLY")]


def test_a_sale_may_be_free_and_not_negative() -> None:
    normalised(sale(cny("0")), TODAY)
    assert codes(sale(cny("-0.01"))) == [("#/net/amount", "AMOUNT_NEGATIVE")]


def test_an_invoice_has_an_amount_and_falls_due_within_ten_years() -> None:
    normalised(invoice(TODAY), TODAY)
    normalised(invoice(TODAY + timedelta(days=3660)), TODAY)
    assert codes(invoice(TODAY - timedelta(days=1))) == [("#/due_on", "DUE_DATE_IMPOSSIBLE")]
    assert codes(invoice(TODAY + timedelta(days=3661))) == [("#/due_on", "DUE_DATE_IMPOSSIBLE")]
    assert codes(invoice(TODAY, "0")) == [("#/amount/amount", "AMOUNT_ZERO")]


def test_allocations_add_up_to_no_more_than_the_amount() -> None:
    normalised(payment("10", "4", "6"), TODAY)
    assert codes(payment("10", "4", "6.01")) == [("#/allocations", "ALLOCATED_TOO_MUCH")]
    assert codes(payment("10", "-1")) == [("#/allocations/0/amount", "AMOUNT_NEGATIVE")]
    assert codes(payment("10", "0.001")) == [("#/allocations/0/amount", "AMOUNT_TOO_PRECISE")]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    fact = sale(Money(Decimal("0.5"), "JPY"), date(2028, 1, 1), (SaleLine(article="A", quantity=Decimal(1), net=Decimal("0.5")),))
    assert [code for _, code in codes(fact)] == ["DATE_IN_FUTURE", "AMOUNT_TOO_PRECISE", "AMOUNT_TOO_PRECISE"]


def test_a_reversal_has_a_day_and_no_amount() -> None:
    fact = PaymentReversed(customer_id=NOBODY, source="erp", source_event_id="R-1", payment="P-1", reversed_on=TODAY)
    assert normalised(fact, TODAY) == fact
    assert business_day(fact) == TODAY


def test_completeness_is_declared_for_four_kinds_and_never_for_what_is_not_ours() -> None:
    assert {kind: completeness_kind(kind) for kind in KINDS} == {
        "sale": "sales",
        "return": "returns",
        "invoice": "invoices",
        "payment": "payments",
        "payment_reversal": "payments",
        "refund": "payments",
        "credit_note": "payments",
        "write_off": "payments",
        "sub_sale": None,
    }


def test_ids_are_for_ever() -> None:
    """INVARIANT: ids of stubs and facts never change; breaks when a namespace or a form is changed, and every fact is new again."""
    assert stub_id("erp", "K-1077") == UUID("df93c5a8-dfea-5f5b-a254-1e58423d36b1")
    assert fact_id("erp", "sale", "S-1") == UUID("5c24ae05-d304-547d-8299-fcf10464f722")
    assert fact_id("erp", "sale", "S-1") != fact_id("erp", "return", "S-1")
