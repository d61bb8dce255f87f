"""By what the list of customers can be narrowed and sorted: every field that is not sealed, with what can be asked of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from services.cards.read_models.customer_parts import FIGURES
from services.cards.read_models.customer_row import sort_name
from shared.contracts.money import checked

FieldKind = Literal["text", "name", "number", "day", "moment", "flag", "id", "money"]
Operator = Literal["=", "!=", ">=", "<=", "^="]
OPERATORS: Mapping[FieldKind, Sequence[Operator]] = {
    "text": ("=", "!=", "^="),
    "name": ("=", "!=", "^="),
    "number": ("=", "!=", ">=", "<="),
    "day": ("=", "!=", ">=", "<="),
    "moment": (">=", "<="),
    "flag": ("=",),
    "id": ("=", "!="),
    "money": ("=", "!=", ">=", "<="),
}


@dataclass(frozen=True, slots=True)
class Field:
    """`sql` gives the value; for money the amount, whose currency is in `currency`."""

    kind: FieldKind
    sql: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is asked of a field. `value` is what it is compared with; None: whether there is one at all."""

    field: str
    operator: Operator
    value: Any


def _figure(name: str, kind: FieldKind) -> Field:
    match kind:
        case "money":
            return Field(kind, f"(figures #>> '{{{name},amount}}')::numeric", f"figures #>> '{{{name},currency}}'")
        case "number":
            return Field(kind, f"(figures ->> '{name}')::numeric")
    return Field(kind, f"figures ->> '{name}'")


_COLUMNS: Mapping[FieldKind, str] = {
    "text": "kind place country legal_form area_id salesperson_id nature shop_kind industry ownership location restriction stage",
    "number": "payment_days",
    "day": "founded_on trading_since agreed_on stage_since",
    "moment": "changed_at",
    "flag": "stub",
    "id": "dealer_id",
}
FIELDS: Mapping[str, Field] = {
    "name": Field("name", "sort_name"),
    "channel": Field("text", "CASE WHEN dealer_id IS NULL THEN 'DIRECT' ELSE 'INDIRECT' END"),
    "credit_limit": Field("money", "credit_limit", "credit_currency"),
    **{name: Field(kind, name) for kind, names in _COLUMNS.items() for name in names.split()},
    **{name: _figure(name, kind) for name, kind in FIGURES.items()},
}
SORTS: Mapping[str, str] = {
    "name": "sort_name",
    **{name: name for kind in ("text", "number", "day", "moment") for name in _COLUMNS[kind].split()},
}
"""Amounts are no order, since they are in different currencies."""


def _moment(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("no moment with its offset")
    # Near the first and the last year there is none in UTC, which the store compares in: OverflowError.
    return at.astimezone(UTC)


_WHOLE = re.compile(r"-?[0-9]{1,9}")
_AMOUNT = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,9})?) ([A-Z]{3})")


def _whole(value: str) -> int:
    if _WHOLE.fullmatch(value) is None:
        raise ValueError("no whole number")
    return int(value)


def _money(value: str) -> tuple[Decimal, str]:
    match = _AMOUNT.fullmatch(value)
    if match is None:
        raise ValueError("no amount with its currency")
    return checked(Decimal(match[1]), match[2]).amount, match[2]


_READERS: Mapping[FieldKind, Callable[[str], Any]] = {
    "text": str,
    "name": sort_name,
    "number": _whole,
    "day": date.fromisoformat,
    "moment": _moment,
    "flag": {"true": True, "false": False}.__getitem__,
    "id": UUID,
    "money": _money,
}


def value_of(kind: FieldKind, text: str) -> Any:
    """What a field is compared with. Raises ValueError, KeyError or ArithmeticError when the text is none of its kind."""
    return _READERS[kind](text)


Place = Callable[[object], str]
"""Takes a value of a statement and gives its place there, such as $3."""


def sql_of(condition: Condition, place: Place) -> str:
    """The condition as SQL. A field with nothing in it is unlike every value."""
    field, value = FIELDS[condition.field], condition.value
    if value is None:
        # Nobody's name is sorted as an empty text.
        present = "name" if field.kind == "name" else field.sql
        return f"{present} IS {'NOT ' if condition.operator == '!=' else ''}NULL"
    if condition.operator == "^=":
        if field.kind == "name":
            # As a range the index serves it.
            return f"sort_name >= {place(value)} AND sort_name < {place(value + chr(0x10FFFF))}"
        return f"starts_with({field.sql}, {place(value)})"
    operator: str = "IS DISTINCT FROM" if condition.operator == "!=" else condition.operator
    if field.kind == "money":
        amount, currency = value
        if condition.operator == "!=":
            return f"({field.sql}, {field.currency}) IS DISTINCT FROM ({place(amount)}::numeric, {place(currency)}::text)"
        return f"{field.sql} {operator} {place(amount)}::numeric AND {field.currency} = {place(currency)}"
    return f"{field.sql} {operator} {place(value)}"
