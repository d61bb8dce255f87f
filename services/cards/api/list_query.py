"""What a list of customers is asked for, as it is written in addresses and saved lists: `area_id=EAST`, `trade.reputation>=4`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, cast

from fastapi import Query as FromAddress
from pydantic import Field, StringConstraints

from services.cards.read_models.customer_fields import FIELDS, OPERATORS, SORTS, Condition, Operator, value_of
from services.cards.read_models.customer_pages import Query
from shared.web.problem import FieldError, Problem

MOST_CONDITIONS = 20
_CONDITION = re.compile(r"([a-z_]+(?:\.[a-z_]+)?)(!=|>=|<=|\^=|=)(.*)")
_FORMS = (
    "A field, one of `=` `!=` `>=` `<=` `^=` (begins with), and a value: `area_id=EAST`, `name^=Lotus`, `trading_since>=2024-01-01`, "
    "`credit_limit>=100000 CNY`, `stub=false`. Without a value: `salesperson_id=` nobody, `dealer_id!=` anybody. All must hold."
)
Where = Annotated[str, StringConstraints(max_length=300, min_length=2, strict=True)]
WhereParameter = Annotated[
    Sequence[Where], FromAddress(max_length=MOST_CONDITIONS, description=_FORMS, examples=["characteristics.potential>=4"])
]
SortParameter = Annotated[
    str, FromAddress(max_length=40, description=f"One of {', '.join(SORTS)}; `-` before it turns the order round")
]
WhereIn = Annotated[tuple[Where, ...], Field(max_length=MOST_CONDITIONS, description=_FORMS, examples=[["area_id=EAST"]])]
SortIn = Annotated[str, StringConstraints(max_length=40, strict=True), Field(examples=["-trading_since"])]


def query_of(where: Sequence[str], sort: str, at: str, **more: Any) -> Query:
    """The query behind the texts. `at`: the pointer of what holds them. Raises Problem: VALIDATION_FAILED with every flaw."""
    read = [_condition(text, f"{at}/where/{n}") for n, text in enumerate(where)]
    flaws = [one for one in read if isinstance(one, FieldError)]
    name = sort.removeprefix("-")
    if name not in SORTS:
        flaws.append(FieldError(f"{at}/sort", "SORT_UNKNOWN", "cannot be sorted by"))
    if flaws:
        raise Problem("VALIDATION_FAILED", errors=flaws)
    return Query([one for one in read if isinstance(one, Condition)], name, sort.startswith("-"), **more)


def given(**fields: object) -> Iterable[str]:
    """Conditions that the caller wrote as parameters of their own."""
    for name, value in fields.items():
        if value is not None:
            yield f"{name}={str(value).lower() if isinstance(value, bool) else value}"


def _condition(text: str, pointer: str) -> Condition | FieldError:
    match = _CONDITION.fullmatch(text)
    if match is None:
        return FieldError(pointer, "CONDITION_FORM", "must be a field, an operator and a value")
    name, sign, value = match.groups()
    field = FIELDS.get(name)
    if field is None:
        return FieldError(pointer, "FIELD_UNKNOWN", "is no field of the list; what is personal is sealed and cannot be asked for")
    operator = cast(Operator, sign)
    if operator not in OPERATORS[field.kind]:
        return FieldError(pointer, "OPERATOR_UNFIT", f"of this field can be asked: {' '.join(OPERATORS[field.kind])}")
    if value == "":
        # A card is a stub or is none; everything else may be left open.
        if operator in ("=", "!=") and field.kind != "flag":
            return Condition(name, operator, None)
        return FieldError(pointer, "CONDITION_FORM", "lacks a value")
    try:
        return Condition(name, operator, value_of(field.kind, value))
    except (ValueError, KeyError, ArithmeticError):
        return FieldError(pointer, "VALUE_FORM", f"is no {field.kind}")
