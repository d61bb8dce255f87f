"""Amounts as they travel."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.web.amounts import money_body


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1.0E+5", "CNY", "100000.00"),
        ("4800", "CNY", "4800.00"),
        ("1E+3", "JPY", "1000"),
        ("0.125", "CNY", "0.125"),
        ("-3.5", "KWD", "-3.500"),
        ("0", "CNY", "0.00"),
    ],
)
def test_no_exponent_and_the_decimals_of_the_currency(amount: str, currency: str, text: str) -> None:
    assert money_body(Decimal(amount), currency) == {"amount": text, "currency": currency}


def test_no_amount() -> None:
    assert money_body(None, "CNY") is None
    assert money_body(Decimal(1), None) is None
