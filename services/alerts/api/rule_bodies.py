"""Bodies of publishing a rule, with one example each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.alerts.api.bodies import example
from services.alerts.domain.scoping import EVERYBODY
from shared.contracts.alerts import RuleScope
from shared.web.fields import Body, BusinessDay, Code, DecimalString, Name

Parameters = Annotated[dict[str, DecimalString], Field(max_length=20)]


class ScopeBody(Body):
    """Customers that are in every list that is given; an empty list, or none, narrows nothing."""

    value_classes: Annotated[tuple[Literal["A", "B", "C"], ...], Field(max_length=3)] = ()
    area_ids: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    kinds: Annotated[tuple[Literal["COMPANY", "PERSON"], ...], Field(max_length=2)] = ()
    shop_kinds: Annotated[tuple[Code, ...], Field(max_length=100)] = ()


class ParametersBody(Body):
    """Parameters that are not named are as they are by default. `scope`: for these customers only; `live_from`: from this
    business day on, today or later."""

    parameters: Parameters
    scope: ScopeBody | None = None
    live_from: BusinessDay | None = None


class PreviewBody(Body):
    """A version that is not published yet."""

    parameters: Annotated[Parameters, Field(default_factory=dict)]
    scope: ScopeBody | None = None


class WithdrawalBody(Body):
    """Whose version ends."""

    scope: ScopeBody


def scope_of(body: ScopeBody | None) -> RuleScope | None:
    """None for everybody. The order in which customers are named means nothing."""
    if body is None:
        return None
    named = {name: tuple(sorted(set(values))) for name, values in body.model_dump().items()}
    found = RuleScope(**named)
    return None if found == EVERYBODY else found


PARAMETERS = example(
    {"parameters": {"watch": "0.65", "grace_days": "45"}, "scope": {"value_classes": ["A"]}, "live_from": "2026-12-01"}
)
PREVIEW = example({"parameters": {"watch": "0.65"}})
WITHDRAWAL = example({"scope": {"value_classes": ["A"]}})
