"""The service's own problems, and what each refusal of the domain becomes."""

from __future__ import annotations

from services.classification.domain import standard
from shared.web.catalogue import describe
from shared.web.problem import Problem

RUN_UNKNOWN = describe("RUN_UNKNOWN", 404, "There is no such run", "No run of this service has this id.")
PERIOD_NOT_OVER = describe(
    "PERIOD_NOT_OVER",
    422,
    "The period is not over",
    "A run covers a period that has ended: its last day is yesterday or earlier, in the company's time zone.",
)
PERIOD_TOO_OLD = describe(
    "PERIOD_TOO_OLD",
    422,
    "The period lies too far back",
    "Sales are kept by day for three years, by month before that. The period must begin within those three years.",
)
BOUNDS_OUT_OF_ORDER = describe(
    "BOUNDS_OUT_OF_ORDER", 422, "The bounds are out of order", "0 < a_below < b_below <= 1: fractions of the cumulated share."
)
AS_OF_IN_FUTURE = describe(
    "AS_OF_IN_FUTURE", 422, "The day lies in the future", "`as_of` is today or earlier, in the company's time zone."
)
PERIOD_OUT_OF_RANGE = describe("PERIOD_OUT_OF_RANGE", 422, "The period is too short or too long", "A period has 1 to 731 days.")

_CODES: dict[type[standard.StandardRefused], str] = {
    standard.BoundsOutOfOrder: BOUNDS_OUT_OF_ORDER,
    standard.PeriodOutOfRange: PERIOD_OUT_OF_RANGE,
}


def refused(refusal: standard.StandardRefused) -> Problem:
    """The problem behind a refusal."""
    return Problem(_CODES[type(refusal)])
