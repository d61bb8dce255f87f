"""Words of the ledger's bodies that come by the hundred thousand: checked for their form here, for their sense by the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.money import Money
from shared.web.fields import Body, Reference, SystemName

DecimalText = Annotated[
    str,
    StringConstraints(pattern=r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?$", strict=True),
    Field(description="A decimal number as a string", examples=["12.50"]),
]


class MoneyBody(Body):
    """An amount as a decimal string, no finer than its currency, and the ISO 4217 currency."""

    amount: DecimalText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$", strict=True), Field(examples=["CNY"])]

    def money(self) -> Money:
        return Money(Decimal(self.amount), self.currency)


class InvoiceRefBody(Body):
    """An invoice by its number; without a source it is one of the source of the fact."""

    source: SystemName | None = None
    number: Reference
