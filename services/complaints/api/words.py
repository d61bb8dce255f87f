"""The small words of the bodies: references to customers, money, codes. Their forms, not their rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.cards import ExternalId
from shared.contracts.money import Money, checked
from shared.contracts.transactions import InvoiceRef

SourceName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    Field(description="Name of the delivering system", examples=["erp"]),
]
SourceEventId = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(description="The source's own id of the complaint")
]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,79}$"), Field(examples=["REPLACEMENT"])]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
DecimalText = Annotated[
    str,
    StringConstraints(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,6})?$"),
    Field(description="A decimal number as a string", examples=["12.50"]),
]


class Body(BaseModel):
    """What is sent: unknown fields are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyBody(Body):
    """An amount and its ISO 4217 currency."""

    amount: DecimalText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["CNY"])]

    @model_validator(mode="after")
    def _is_money(self) -> Self:
        try:
            self.money()
        except ValueError as error:
            raise PydanticCustomError("money", "{why}", {"why": str(error)}) from None
        return self

    def money(self) -> Money:
        return checked(Decimal(self.amount), self.currency)


class CustomerRef(Body):
    """A customer by the id of the card, or by the company's own number in one of its systems."""

    id: UUID | None = None
    system: SourceName | None = None
    value: Reference | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        named = self.system is not None and self.value is not None
        if (self.id is None) is not named or (self.id is not None and (self.system is not None or self.value is not None)):
            raise PydanticCustomError("customer_reference", "give either id, or system and value")
        return self

    def external_id(self) -> ExternalId | None:
        return None if self.system is None or self.value is None else ExternalId(self.system, self.value)


class InvoiceBody(Body):
    """An invoice by the system that issued it and its number there."""

    source: SourceName
    number: Reference

    def ref(self) -> InvoiceRef:
        return InvoiceRef(self.source, self.number)
