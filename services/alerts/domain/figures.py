"""Numbers as they stand in reasons: decimal strings and percentages."""

from __future__ import annotations

from decimal import Decimal


def decimal_text(value: float | Decimal, places: int = 2) -> str:
    """A rounded decimal string without trailing zeros."""
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: float) -> str:
    """A fraction as a whole percentage, never 100 while something is missing."""
    return f"{min(max(round(value * 100), 1), 99) if 0 < value < 1 else round(value * 100)} %"


def amount_text(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}"


def days_text(days: float) -> str:
    text = decimal_text(days, 1)
    return f"{text} day" if text == "1" else f"{text} days"
