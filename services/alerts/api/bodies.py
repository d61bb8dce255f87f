"""Bodies of the commands, with one example each."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi.openapi.models import Example

from services.alerts.domain.alert import Measure
from shared.contracts.alerts import Outcome
from shared.web.fields import Body, BusinessDay, Code, CustomerRef, FreeText, Name


class AcknowledgementBody(Body):
    """On `next_check_on` there will be another look."""

    next_check_on: BusinessDay


class CauseBody(Body):
    """Why it came to this: a code of the company's own list."""

    cause: Code


class MeasureBody(Body):
    """HOLD and STOP restrict trade on the customer's card, RELEASE ends that."""

    measure: Measure


class NoteBody(Body):
    """Personal: kept sealed."""

    note: FreeText


class ClosureBody(Body):
    """`cause` may be left out when it was recorded before."""

    outcome: Outcome
    cause: Code | None = None


class AbnormalityBody(Body):
    """What somebody noticed at a customer. `details` are personal: kept sealed."""

    customer: CustomerRef
    sign: Name
    details: FreeText | None = None
    reported_on: BusinessDay | None = None


class GoLiveBody(Body):
    """`live_on` is today or earlier; without it, today."""

    live_on: BusinessDay | None = None


def _example(value: Any) -> dict[str, Example]:
    return {"example": {"summary": "An example", "value": value}}


ACKNOWLEDGEMENT = _example({"next_check_on": "2026-03-31"})
CAUSE = _example({"cause": "RIVAL_PRICES"})
MEASURE = _example({"measure": "HOLD"})
NOTE = _example({"note": "Mrs. Li says the shop moves to another street."})
CLOSURE = _example({"outcome": "TRUE", "cause": "RIVAL_PRICES"})
ABNORMALITY = _example({"customer": {"system": "erp", "value": "K-1077"}, "sign": "Owner sells off stock below cost"})
GO_LIVE = _example({"live_on": "2026-03-02"})


def day_or(day: date | None, today: date) -> date:
    return today if day is None else day
