"""What is expected of a customer: stated by month, held against sales and share; each line from both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from services.classification.domain.expectation import (
    NONE,
    Expectation,
    ExpectationOutOfRange,
    SetExpectation,
    decide,
    folded,
    in_month,
    met,
)
from shared.contracts.money import Money

CUSTOMER, PERSON = uuid4(), uuid4()
JULY = date(2026, 7, 1)


def wanted(amount: str | None, share: str | None = None, on: date = JULY, currency: str = "CNY") -> SetExpectation:
    monthly = None if amount is None else Money(Decimal(amount), currency)
    return SetExpectation(CUSTOMER, "CNY", on, monthly, None if share is None else Decimal(share), PERSON)


@pytest.mark.parametrize("command", [wanted("0.00"), wanted(None, "0"), wanted(None, "1.01"), wanted("5.00", currency="EUR")])
def test_what_cannot_be_expected_is_refused(command: SetExpectation) -> None:
    with pytest.raises(ExpectationOutOfRange):
        decide(NONE, command)


def test_an_expectation_holds_from_its_month_until_another_or_none() -> None:
    known = NONE
    for command in (
        wanted("100.00", on=date(2026, 7, 20)),
        wanted("200.00", "1", date(2026, 9, 1)),
        wanted(None, on=date(2026, 11, 1)),
    ):
        events = decide(known, command)
        known = {**known, **folded(events)}
    months = {month: in_month(known, "CNY", date(2026, month, 28)) for month in (6, 7, 8, 9, 11)}
    amounts = {month: None if one is None else one.monthly for month, one in months.items()}
    assert amounts == {6: None, 7: Decimal(100), 8: Decimal(100), 9: Decimal(200), 11: None}
    assert in_month(known, "EUR", JULY) is None
    assert decide(known, wanted("100.00", on=date(2026, 7, 3))) == []


@pytest.mark.parametrize(
    ("net", "company", "below"),
    [("100.00", "1000.00", False), ("99.99", "999.90", True), ("100.00", "1000.01", True), ("100.00", "0", False)],
)
def test_an_amount_or_a_share_that_is_not_reached_is_below(net: str, company: str, below: bool) -> None:
    expectation = Expectation(JULY, "CNY", Decimal("100.00"), Decimal("0.1"))
    assert met(expectation, JULY, Decimal(net), Decimal(company)).below is below
