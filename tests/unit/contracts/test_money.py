"""Money that may enter the system."""

from decimal import Decimal

import pytest

from shared.contracts.money import Money, checked


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [
        ("12.5", "CNY", "12.50"),
        ("12", "JPY", "12"),
        ("1.234", "KWD", "1.234"),
        ("1E+2", "EUR", "100.00"),
        ("0.00", "USD", "0.00"),
    ],
)
def test_an_amount_is_kept_at_the_scale_of_its_currency(amount: str, currency: str, kept: str) -> None:
    assert str(checked(Decimal(amount), currency).amount) == kept


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.5", "JPY"),
        ("12.345", "CNY"),
        ("NaN", "CNY"),
        ("Infinity", "CNY"),
        ("1", "XXX"),
        ("1", "cny"),
        ("1e30", "CNY"),
        ("10000000000000.01", "CNY"),
        ("-10000000000000.01", "CNY"),
    ],
)
def test_what_no_invoice_can_be_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError):
        checked(Decimal(amount), currency)


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError):
        Money(Decimal(1), "CNY") + Money(Decimal(1), "JPY")
