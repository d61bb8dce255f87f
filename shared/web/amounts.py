"""Amounts as they travel: decimal strings without exponent, with the decimals of their currency."""

from __future__ import annotations

from decimal import Decimal

from shared.contracts.money import decimals


def money_body(amount: Decimal | None, currency: str | None) -> dict[str, str] | None:
    """`{"amount": "100000.00", "currency": "CNY"}`, None where there is none. A database gives 1.0E+5 for the same amount.

    An amount that is finer than its currency keeps its decimals. Raises ValueError for a code that is no currency.
    """
    if amount is None or currency is None:
        return None
    whole = amount.quantize(Decimal(1).scaleb(-decimals(currency)))
    return {"amount": f"{whole if whole == amount else amount:f}", "currency": currency}
