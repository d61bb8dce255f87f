"""What is sent, and one example of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi.openapi.models import Example
from pydantic import Field, StringConstraints

from shared.web.fields import Body, BusinessDay, Currency, Whole

Fraction = Annotated[
    str, StringConstraints(pattern=r"^[01](\.[0-9]{1,6})?$", strict=True), Field(description="A decimal fraction as a string")
]


class RunBody(Body):
    """`period_to` is the period's last day, yesterday when left out. Sales in other currencies than `currency` are left aside;
    when it is left out, it is the currency in which the company made the most sales in the period.
    """

    period_to: BusinessDay | None = None
    currency: Currency | None = None


class StandardBody(Body):
    """A below `a_below` of the cumulated share before the customer, B below `b_below`, else C."""

    a_below: Annotated[Fraction, Field(examples=["0.80"])] = "0.80"
    b_below: Annotated[Fraction, Field(examples=["0.95"])] = "0.95"
    period_days: Annotated[Whole, Field(examples=[365], description="Length of the period, 1 to 731 days")] = 365

    def bounds(self) -> tuple[Decimal, Decimal]:
        return Decimal(self.a_below), Decimal(self.b_below)


def example(value: Any) -> dict[str, Example]:
    return {"example": {"summary": "An example", "value": value}}


RUN = example({"period_to": "2026-03-31"})
STANDARD = example({"a_below": "0.75", "b_below": "0.90", "period_days": 180})
