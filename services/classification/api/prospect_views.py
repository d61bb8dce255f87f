"""Purchase intents as they are shown."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from services.classification.domain import man
from services.classification.domain.man import Values
from services.classification.read_models.prospects import Prospect
from shared.web.amounts import money_body


def answer_view(values: Values) -> dict[str, Any]:
    """The answer of money, authority and need, what to do, and what has to be found out or is known not to be there."""
    answer = man.answer_of(values)
    return {
        "answer": answer,
        "action": man.action_of(answer),
        "missing": man.missing(values),
        "wanting": man.wanting(values),
    }


def prospect_view(one: Prospect, zone: ZoneInfo) -> dict[str, Any]:
    """`stated` is what persons say, `grade` what the standard makes of the progress; neither overrules the other."""
    values = (one.money or "UNKNOWN", one.authority or "UNKNOWN", one.need or "UNKNOWN")
    told = (one.money_by, one.authority_by, one.need_by)
    at = (one.money_at, one.authority_at, one.need_at)
    found: dict[str, Any] = {
        "intent_id": one.intent_id,
        "customer_id": one.customer_id,
        "number": one.number,
        "intent_class": one.intent_class,
        "opened_on": one.opened_on,
        "expected_on": one.expected_on,
        "expected": money_body(one.expected, one.currency),
        "salesperson_id": one.salesperson_id,
        "area_id": one.area_id,
        **answer_view(values),
        "conditions": {
            name.lower(): {"value": value}
            if by is None or when is None
            else {
                "value": value,
                "answered_by": by,
                "answered_on": when.astimezone(zone).date(),
            }
            for name, value, by, when in zip(man.CONDITIONS, values, told, at, strict=True)
        },
        "grade": one.grade,
        "graded_on": None if one.graded_at is None else one.graded_at.astimezone(zone).date(),
        "reasons": None if one.reasons is None else msgspec.json.decode(one.reasons),
        "stated": one.stated,
        "differs": one.grade is not None and one.stated is not None and one.grade != one.stated,
        "further": one.further,
        "read_as": one.read_as,
        "reviewed_on": None if one.reviewed_at is None else one.reviewed_at.astimezone(zone).date(),
        "reviewed_by": one.reviewed_by,
        "review_due_on": one.due_on,
    }
    return {name: value for name, value in found.items() if value is not None or name == "answer"}
