"""The service's own problems, and what each refusal of the domain becomes."""

from __future__ import annotations

from services.classification.domain import credit_standard, expectation, standard
from services.classification.domain.refusals import EntryRefused
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
BORDERS_OUT_OF_ORDER = describe(
    "BORDERS_OUT_OF_ORDER",
    422,
    "The borders are out of order",
    "Borders are positive and rise, at most five of a kind; 0 < shrink_points < stop_points; 0 <= grow_by <= 1; 0 <= shrink_to < 1; periods "
    "have at most 731 days.",
)
DAY_GRADED = describe(
    "DAY_GRADED",
    422,
    "A later day was graded",
    "Grades go forward: a run follows those of the days before. Ask for that day or a later one.",
)
EXPECTATION_OUT_OF_RANGE = describe(
    "EXPECTATION_OUT_OF_RANGE",
    422,
    "That cannot be expected",
    "The amount is above 0 and in the currency named; the share is a fraction above 0, at most 1.",
)
AS_OF_IN_FUTURE = describe(
    "AS_OF_IN_FUTURE", 422, "The day lies in the future", "`as_of` is today or earlier, in the company's time zone."
)
PERIOD_OUT_OF_RANGE = describe("PERIOD_OUT_OF_RANGE", 422, "The period is too short or too long", "A period has 1 to 731 days.")

_CODES: dict[type[standard.StandardRefused], str] = {
    standard.BoundsOutOfOrder: BOUNDS_OUT_OF_ORDER,
    standard.PeriodOutOfRange: PERIOD_OUT_OF_RANGE,
    credit_standard.BordersOutOfOrder: BORDERS_OUT_OF_ORDER,
}


def refused(refusal: standard.StandardRefused) -> Problem:
    """The problem behind a refusal."""
    return Problem(_CODES[type(refusal)])


_ENTRIES: dict[type[EntryRefused], str] = {
    expectation.ExpectationOutOfRange: EXPECTATION_OUT_OF_RANGE,
}


def entry_refused(refusal: EntryRefused) -> Problem:
    """The problem behind a refusal of what was entered."""
    return Problem(_ENTRIES[type(refusal)])
