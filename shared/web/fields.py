"""Types of request bodies that all services share. Every model refuses fields that it does not know."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.contracts.cards import ExternalId
from shared.contracts.money import Money, checked, decimals
from shared.web.days import BusinessDay, Moment

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?")
_LINE_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]")
_TELEPHONE = re.compile(r"\+?[0-9()\[\] ./\-–]{3,40}((ext\.?|x|#) ?[0-9]{1,8})?")
_COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS) | frozenset("AQ BV GS HM PN TF UM".split())


class Body(BaseModel):
    """Base of request models: unknown fields are refused, objects do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _decimal(value: Any) -> Decimal:
    # A JSON number has passed through a binary fraction somewhere: money and quantities are strings.
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise PydanticCustomError("decimal_string", 'must be a decimal number in a string, such as "12.50"')
    return Decimal(value)


def _one_line(text: str) -> str:
    if _LINE_BREAKS.search(text) is not None:
        raise PydanticCustomError("one_line", "must be one line")
    return text


def _country(code: str) -> str:
    if code not in _COUNTRIES:
        raise PydanticCustomError("country", "must be a country as ISO 3166-1 alpha-2")
    return code


def _currency(code: str) -> str:
    try:
        decimals(code)
    except ValueError:
        raise PydanticCustomError("currency", "must be a currency as ISO 4217") from None
    return code


def _telephone(text: str) -> str:
    if not _TELEPHONE.fullmatch(text) or sum(character.isdigit() for character in text) < 3:
        raise PydanticCustomError("telephone", "must be a telephone number")
    return text


def _email(text: str) -> str:
    try:
        return str(validate_email(text, check_deliverability=False).normalized)
    except EmailNotValidError:
        raise PydanticCustomError("email", "must be an e-mail address") from None


_TRIMMED = StringConstraints(strip_whitespace=True, min_length=1, max_length=200, strict=True)

DecimalString = Annotated[Decimal, BeforeValidator(_decimal, json_schema_input_type=str)]
"""An exact number in a string; up to 18 digits before the point and 9 behind it."""
Name = Annotated[str, _TRIMMED, AfterValidator(_one_line), Field(examples=["Lotus Trading"])]
"""One line of at most 200 characters, trimmed, not empty."""
FreeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000, strict=True)]
"""Plain words, also several lines."""
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$", strict=True)]
"""A word of an open list, in capitals."""
SystemName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", strict=True), Field(examples=["erp"])]
"""The name of a company's system, such as the source of a fact."""
Reference = Annotated[str, _TRIMMED, AfterValidator(_one_line)]
"""A number or id that another system gave."""
Country = Annotated[str, StringConstraints(strict=True), AfterValidator(_country), Field(examples=["CN"])]
Currency = Annotated[str, StringConstraints(strict=True), AfterValidator(_currency), Field(examples=["CNY"])]
Telephone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=60, strict=True),
    AfterValidator(_telephone),
    Field(examples=["+86 21 5555 0101"]),
]
"""As it was given; `e164` brings it into one form."""
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, strict=True), AfterValidator(_email)]
"""Checked for its form only; the domain in lower case."""
Whole = Annotated[int, Strict()]
"""A JSON number, not a string of digits."""
Flag = Annotated[bool, Strict()]


def e164(telephone: str, country: str | None) -> str | None:
    """The number in E.164, None when it cannot be read as one of that country (ISO 3166-1 alpha-2)."""
    try:
        number = phonenumbers.parse(telephone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


class MoneyIn(Body):
    """An amount as a decimal string, no finer than its currency, and the currency."""

    currency: Currency
    amount: DecimalString = Field(examples=["12.50"])

    @field_validator("amount")
    @classmethod
    def _fits(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        # Without a currency there is nothing to check against, and the error says so already.
        if "currency" in info.data:
            try:
                checked(amount, info.data["currency"])
            except ValueError as error:
                raise PydanticCustomError("money", str(error)) from None
        return amount

    @property
    def money(self) -> Money:
        return checked(self.amount, self.currency)


class PositiveMoneyIn(MoneyIn):
    """An amount above nothing."""

    @field_validator("amount")
    @classmethod
    def _above_nothing(cls, amount: Decimal) -> Decimal:
        if amount <= 0:
            raise PydanticCustomError("money", "must be above 0")
        return amount


class ExternalIdIn(Body):
    """A company's own number of a customer in one of its systems."""

    system: SystemName
    value: Reference

    @property
    def external_id(self) -> ExternalId:
        return ExternalId(self.system, self.value)


class CustomerRef(Body):
    """A customer by id, or by the number in one of the company's systems."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["id"]}, {"required": ["system", "value"]}]})

    id: UUID | None = None
    system: SystemName | None = None
    value: Reference | None = None

    @model_validator(mode="after")
    def _one_way(self) -> CustomerRef:
        by_number = self.system is not None and self.value is not None
        if (self.id is not None) == by_number or (self.id is not None and (self.system or self.value)):
            raise PydanticCustomError("customer_ref", 'must be {"id": ...} or {"system": ..., "value": ...}')
        return self

    @property
    def external_id(self) -> ExternalId | None:
        return None if self.system is None or self.value is None else ExternalId(self.system, self.value)


__all__ = [
    "Body", "BusinessDay", "Code", "Country", "Currency", "CustomerRef", "DecimalString", "Email", "ExternalIdIn", "Flag", "FreeText",
    "Moment", "MoneyIn", "Name", "PositiveMoneyIn", "Reference", "SystemName", "Telephone", "Whole", "e164",
]  # fmt: skip
