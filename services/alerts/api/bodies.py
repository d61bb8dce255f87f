"""Bodies of the commands, with one example each."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi.openapi.models import Example
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.alerts.domain.alert import MeasureName
from shared.contracts.alerts import Outcome
from shared.web.fields import Body, BusinessDay, Code, CustomerRef, FreeText, MoneyIn, Name


def _not_below_nothing(money: MoneyIn) -> MoneyIn:
    if money.amount < 0:
        raise PydanticCustomError("money", "must not be below 0")
    return money


Stake = Annotated[MoneyIn, AfterValidator(_not_below_nothing)]


class AcknowledgementBody(Body):
    """On `next_check_on` there will be another look: the acknowledgement holds through that day. `side` is the side that the caller
    speaks for; without it, all of them."""

    next_check_on: BusinessDay
    side: Code | None = None


class CauseBody(Body):
    """Why it came to this: a code of the company's own list."""

    cause: Code


class MeasureBody(Body):
    """HOLD and STOP restrict trade on the customer's card, RELEASE ends that. `due_on`: by when it is to be taken; without it, in the
    working days that the procedure gives."""

    measure: MeasureName
    due_on: BusinessDay | None = None


class NoteBody(Body):
    """Personal: kept sealed."""

    note: FreeText


class CompanyClosureBody(Body):
    """Of a warning about the company: `cause` says why it came to it."""

    outcome: Outcome
    cause: Code | None = None


class ClosureBody(Body):
    """`cause` may be left out when it was recorded before; `at_stake` when it is as the alert shows it. `came_true_on`: the day
    of what was warned of, such as the day on which the customer was lost; how long before it the rule warned is counted from it.
    """

    outcome: Outcome
    cause: Code | None = None
    at_stake: Annotated[tuple[Stake, ...], Field(max_length=20)] = ()
    came_true_on: BusinessDay | None = None


class TakenBody(Body):
    """`taken_on` is today without it. On `verify_on` the data are asked what it came to; without it, after the days that the procedure
    gives."""

    taken_on: BusinessDay | None = None
    verify_on: BusinessDay | None = None


class AbnormalityBody(Body):
    """What somebody noticed at a customer. `details` are personal: kept sealed."""

    customer: CustomerRef
    sign: Name
    details: FreeText | None = None
    reported_on: BusinessDay | None = None


class GoLiveBody(Body):
    """`live_on` is today or earlier; without it, today."""

    live_on: BusinessDay | None = None


def example(value: Any) -> dict[str, Example]:
    return {"example": {"summary": "An example", "value": value}}


ACKNOWLEDGEMENT = example({"next_check_on": "2026-03-31", "side": "CREDIT"})
CAUSE = example({"cause": "RIVAL_PRICES"})
MEASURE = example({"measure": "HOLD", "due_on": "2026-03-27"})
TAKEN = example({"taken_on": "2026-03-26", "verify_on": "2026-04-25"})
NOTE = example({"note": "Mrs. Li says the shop moves to another street."})
COMPANY_CLOSURE = example({"outcome": "TRUE", "cause": "LINE_DOWN"})
CLOSURE = example({"outcome": "TRUE", "cause": "RIVAL_PRICES", "at_stake": [{"amount": "12400.00", "currency": "CNY"}]})
ABNORMALITY = example({"customer": {"system": "erp", "value": "K-1077"}, "sign": "Owner sells off stock below cost"})
GO_LIVE = example({"live_on": "2026-03-02"})


def day_or(day: date | None, today: date) -> date:
    return today if day is None else day
