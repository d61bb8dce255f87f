"""What is refused about targets and plans."""

from __future__ import annotations

from services.classification.domain import distribution, sales_plan
from services.classification.domain.refusals import EntryRefused
from shared.web.catalogue import describe

TARGET_OUT_OF_RANGE = describe(
    "TARGET_OUT_OF_RANGE",
    422,
    "The target contradicts itself",
    "`from_on` is not after `to_on`; breadth and depth are above 0; milestones are in the order of their days, each on a day of its own "
    "within those of the target, and go no further than it.",
)
PLAN_OUT_OF_RANGE = describe(
    "PLAN_OUT_OF_RANGE",
    422,
    "That is no plan of a year",
    "A plan has twelve amounts, none below 0 and one above it, no finer than the currency. With a formula, dealers are 0 or more, and "
    "dealers times average above 0.",
)
PLAN_DOES_NOT_ADD_UP = describe(
    "PLAN_DOES_NOT_ADD_UP",
    422,
    "The plan does not add up",
    "The twelve months come to what the formula gives: dealers kept and new, times the average.",
)
PLAN_UNKNOWN = describe(
    "PLAN_UNKNOWN", 404, "There is no such plan", "Nobody has planned this year for the area in that currency."
)
NOTHING_TO_PLAN_FROM = describe(
    "NOTHING_TO_PLAN_FROM",
    422,
    "Nothing was sold that a plan could rest on",
    "Without months of its own a plan follows what was sold before. State the months, or the formula.",
)
PERIOD_MALFORMED = describe(
    "PERIOD_MALFORMED", 422, "That is no month or quarter", "A month is written 2026-03, a quarter of the year 2026-Q1."
)

ENTRIES: dict[type[EntryRefused], str] = {
    distribution.TargetOutOfRange: TARGET_OUT_OF_RANGE,
    sales_plan.PlanOutOfRange: PLAN_OUT_OF_RANGE,
    sales_plan.PlanDoesNotAddUp: PLAN_DOES_NOT_ADD_UP,
}
