"""The service's own problems, and what each refusal of the domain becomes."""

from __future__ import annotations

from services.classification.domain import credit_standard, customer_grade, expectation, mark_standards, standard
from services.classification.domain.refusals import EntryRefused
from services.classification.handlers import loyalty_problems, plan_problems, product_problems, prospect_problems
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
    "BOUNDS_OUT_OF_ORDER",
    422,
    "The bounds are out of order",
    "0 < a_below < b_below <= 1: fractions of the cumulated share; 0 <= margin, a_below + margin <= b_below, b_below + margin <= 1.",
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
PERIOD_CLASSED = describe(
    "PERIOD_CLASSED",
    422,
    "A later period was classed",
    "Classes go forward: a run follows those of earlier periods. Ask for a period that ends with the last one's or later.",
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
OUTLOOK_DAY = describe(
    "OUTLOOK_DAY",
    422,
    "That day cannot be looked ahead to",
    "`on` is today or a day of the following 366, in the company's time zone.",
)
MARKS_OUT_OF_RANGE = describe(
    "MARKS_OUT_OF_RANGE",
    422,
    "The standard of marks is out of range",
    "Periods have 1 to 731 days, `main_days` at most 3660, `scattered_days` at most the period; 1 < main_times <= 1000.",
)
GRADES_OUT_OF_ORDER = describe(
    "GRADES_OUT_OF_ORDER",
    422,
    "The grades are out of order",
    "1 to 12 grades with different codes; at most 12 conditions each, only the last grade may have none. A number has `at_least`, `at_most` or "
    "both in order, a word has `one_of`; figures are those that the service knows.",
)
PORTFOLIO_OUT_OF_RANGE = describe(
    "PORTFOLIO_OUT_OF_RANGE",
    422,
    "The standard of portfolios is out of range",
    "0 <= alike_gini < apart_gini <= 1; 0 < segment_share <= 1; 1 < segment_times <= 1000.",
)
LEVELS_OUT_OF_RANGE = describe(
    "LEVELS_OUT_OF_RANGE",
    422,
    "The service levels are out of range",
    "Each class at most once; 1 <= contact_days <= visit_days <= 731.",
)

_CODES: dict[type[standard.StandardRefused], str] = {
    standard.BoundsOutOfOrder: BOUNDS_OUT_OF_ORDER,
    standard.PeriodOutOfRange: PERIOD_OUT_OF_RANGE,
    credit_standard.BordersOutOfOrder: BORDERS_OUT_OF_ORDER,
    mark_standards.MarksOutOfRange: MARKS_OUT_OF_RANGE,
    mark_standards.PortfolioOutOfRange: PORTFOLIO_OUT_OF_RANGE,
    mark_standards.LevelsOutOfRange: LEVELS_OUT_OF_RANGE,
    customer_grade.GradesOutOfOrder: GRADES_OUT_OF_ORDER,
    **product_problems.STANDARDS,
    **prospect_problems.STANDARDS,
    **loyalty_problems.STANDARDS,
}


def refused(refusal: standard.StandardRefused) -> Problem:
    """The problem behind a refusal."""
    return Problem(_CODES[type(refusal)])


_ENTRIES: dict[type[EntryRefused], str] = {
    expectation.ExpectationOutOfRange: EXPECTATION_OUT_OF_RANGE,
    **plan_problems.ENTRIES,
    **product_problems.ENTRIES,
    **prospect_problems.ENTRIES,
    **loyalty_problems.ENTRIES,
}


def entry_refused(refusal: EntryRefused) -> Problem:
    """The problem behind a refusal of what was entered."""
    return Problem(_ENTRIES[type(refusal)])
