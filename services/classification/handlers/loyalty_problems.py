"""What is refused about surveys, relations and their standard."""

from __future__ import annotations

from services.classification.domain import loyalty_standard, survey
from services.classification.domain.refusals import EntryRefused
from services.classification.domain.standard import StandardRefused
from shared.web.catalogue import describe

LOYALTY_OUT_OF_RANGE = describe(
    "LOYALTY_OUT_OF_RANGE",
    422,
    "A border means nothing there",
    "2 to 24 spans, together at most 1096 days; known_days 0 to 3660, other days 1 to 3660; 0 <= without_regularity < loyal_regularity <= 1 and "
    "0 <= without_wallet < loyal_wallet <= 1; 0 <= loyal_repeat <= 1; 0 < layer_from <= 1; each measure at most once, weights 0 to 100.",
)
SURVEY_EMPTY = describe("SURVEY_EMPTY", 422, "Nothing was answered", "A survey has at least one answer.")
ANSWERS_CONTRADICT = describe(
    "ANSWERS_CONTRADICT",
    422,
    "The answers contradict each other",
    "`needs_named` and `needs_met` are given together, and no more are met than named; `share_of_wallet` is a fraction from 0 to 1.",
)
NOT_YET = describe("NOT_YET", 422, "The day lies in the future", "What was answered or seen has its day: today or earlier.")

STANDARDS: dict[type[StandardRefused], str] = {loyalty_standard.LoyaltyOutOfRange: LOYALTY_OUT_OF_RANGE}
ENTRIES: dict[type[EntryRefused], str] = {
    survey.SurveyEmpty: SURVEY_EMPTY,
    survey.AnswersContradict: ANSWERS_CONTRADICT,
    survey.NotYet: NOT_YET,
}
