"""The body of a sale as the baselines read it: the same fields as ours, validated by pydantic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, Field


class MoneyIn(BaseModel):
    amount: Decimal = Field(max_digits=18, decimal_places=4)
    currency: str = Field(pattern="^[A-Z]{3}$")


class CustomerIn(BaseModel):
    system: str = Field(max_length=40)
    value: str = Field(max_length=100)


class LineIn(BaseModel):
    article: str = Field(max_length=100)
    quantity: Decimal
    net: Decimal


class SaleIn(BaseModel):
    source: str = Field(max_length=40)
    source_event_id: str = Field(max_length=100)
    customer: CustomerIn
    sold_on: date
    net: MoneyIn
    lines: list[LineIn] = []
    order_number: str | None = None
