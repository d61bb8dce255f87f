"""What is said to the caller when something about purchase intents, their reviews or samples is refused."""

from __future__ import annotations

from services.classification.domain import prospect_refusals
from services.classification.domain.prospect_standard import ProspectStandardOutOfRange
from services.classification.domain.refusals import EntryRefused
from services.classification.domain.standard import StandardRefused
from shared.web.catalogue import describe

PROSPECT_STANDARD_OUT_OF_RANGE = describe(
    "PROSPECT_STANDARD_OUT_OF_RANGE",
    422,
    "The standard of prospect grades is out of range",
    "Days are 1 to 731, near_days below far_days, A read at least as often as B and B as C; 0 < b_points < a_points <= 6; regraded on at least "
    "two weekdays, 1 (Monday) to 7; 1 to 100 cards a sample.",
)
INTENT_UNKNOWN = describe("INTENT_UNKNOWN", 404, "There is no such purchase intent", "No intent of this service has this id.")
INTENT_ENDED = describe("INTENT_ENDED", 409, "The intent has ended", "It was won or lost. A further intent is opened anew.")
DAY_IN_FUTURE = describe("DAY_IN_FUTURE", 422, "The day lies in the future", "Today is a day in the company's time zone.")
SAMPLE_UNKNOWN = describe("SAMPLE_UNKNOWN", 404, "There is no such sample", "No sample of cards has this id.")
NOTHING_TO_SAMPLE = describe("NOTHING_TO_SAMPLE", 409, "There is no card to look at", "The salesperson serves no customer.")
CARD_NOT_SAMPLED = describe(
    "CARD_NOT_SAMPLED", 409, "The card is not in the sample", "Only cards that were drawn can be checked here."
)

STANDARDS: dict[type[StandardRefused], str] = {ProspectStandardOutOfRange: PROSPECT_STANDARD_OUT_OF_RANGE}
ENTRIES: dict[type[EntryRefused], str] = {
    prospect_refusals.IntentUnknown: INTENT_UNKNOWN,
    prospect_refusals.IntentEnded: INTENT_ENDED,
    prospect_refusals.DayInFuture: DAY_IN_FUTURE,
    prospect_refusals.SampleUnknown: SAMPLE_UNKNOWN,
    prospect_refusals.NothingToSample: NOTHING_TO_SAMPLE,
    prospect_refusals.CardNotSampled: CARD_NOT_SAMPLED,
}
