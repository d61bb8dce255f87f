"""Problems about where a customer stands: in trade, under a dealer, in the sales organisation; with their refusals."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain import refusals
from shared.web.catalogue import describe

ADMISSION_STANDARD_MISSING = describe(
    "ADMISSION_STANDARD_MISSING",
    409,
    "There are no conditions of admission yet",
    "Publish the company's conditions for new customers first; a standard without conditions admits everybody.",
)
ADMISSION_CONDITIONS_UNMET = describe(
    "ADMISSION_CONDITIONS_UNMET",
    409,
    "Conditions of admission are not met",
    "`conditions` names those of the newest standard that are not met or were not checked. Trade starts when all are met.",
)
ADMISSION_CONDITION_UNKNOWN = describe(
    "ADMISSION_CONDITION_UNKNOWN",
    422,
    "The standard has no such condition",
    "`conditions` names what was checked and is not in the newest standard. Read the standard again.",
)
CONDITION_TWICE = describe(
    "CONDITION_TWICE", 422, "A condition is named twice", "`conditions` names the codes. A standard has each condition once."
)
NOT_ADMITTED = describe(
    "NOT_ADMITTED", 409, "The customer is not admitted", "Trade starts with customers who were admitted, past ones anew."
)
CARD_INCOMPLETE = describe(
    "CARD_INCOMPLETE",
    409,
    "The card lacks what it has to say before trade starts",
    "`fields` names what is missing. Fill the card, then start trade.",
)
ALREADY_TRADING = describe("ALREADY_TRADING", 409, "The customer trades already", "Trade has started and has not ended.")
NOT_TRADING = describe("NOT_TRADING", 409, "The customer does not trade", "Only trade that has started can end.")
STAGE_DAY_TOO_EARLY = describe(
    "STAGE_DAY_TOO_EARLY",
    409,
    "The day lies before the step that stands",
    "A step lies on or after the day from which the customer's present stage holds.",
)
HIERARCHY_CYCLE = describe(
    "HIERARCHY_CYCLE",
    409,
    "Somebody would be his own dealer",
    "On some day from valid_from on the dealer is under this customer, directly or through others, or is the customer. A card is "
    "not merged with one that stands above it or under it.",
)
NOT_UNDER_DEALER = describe("NOT_UNDER_DEALER", 409, "The customer is under no dealer", "On that day the customer has no dealer.")
DEALER_UNKNOWN = describe(
    "DEALER_UNKNOWN", 404, "The dealer is not known", "No customer who could be a dealer has this id, or its card was erased."
)
AREA_UNKNOWN = describe(
    "AREA_UNKNOWN", 404, "There is no such area", "No area has this id, or the larger area named has not been defined."
)
AREA_CYCLE = describe(
    "AREA_CYCLE", 409, "An area would lie within itself", "The larger area lies within this one, or is this one."
)
NOT_IN_AREA = describe(
    "NOT_IN_AREA", 409, "The person does not sell in the area", "On that day the area has no such salesperson."
)
INTENT_UNKNOWN = describe("INTENT_UNKNOWN", 404, "There is no such purchase intent", "No intent of this service has this id.")
INTENT_NUMBER_TAKEN = describe(
    "INTENT_NUMBER_TAKEN",
    409,
    "Another intent has this number",
    "Every purchase intent has a number of its own, which is never used again. A further intent of a customer is a further number.",
)
INTENT_ENDED = describe("INTENT_ENDED", 409, "The intent has ended", "It was won or lost. A further intent is opened anew.")
INTENT_STEP_TOO_EARLY = describe(
    "INTENT_STEP_TOO_EARLY", 409, "The day lies before the opening", "An intent ends on the day on which it was opened, or later."
)

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.AdmissionStandardMissing: ADMISSION_STANDARD_MISSING,
    refusals.AdmissionConditionsUnmet: ADMISSION_CONDITIONS_UNMET,
    refusals.ConditionUnknown: ADMISSION_CONDITION_UNKNOWN,
    refusals.ConditionTwice: CONDITION_TWICE,
    refusals.NotAdmitted: NOT_ADMITTED,
    refusals.IncompleteForTrade: CARD_INCOMPLETE,
    refusals.AlreadyTrading: ALREADY_TRADING,
    refusals.NotTrading: NOT_TRADING,
    refusals.StageDayTooEarly: STAGE_DAY_TOO_EARLY,
    refusals.HierarchyCycle: HIERARCHY_CYCLE,
    refusals.NotUnderDealer: NOT_UNDER_DEALER,
    refusals.DealerUnknown: DEALER_UNKNOWN,
    refusals.AreaUnknown: AREA_UNKNOWN,
    refusals.AreaCycle: AREA_CYCLE,
    refusals.NotInArea: NOT_IN_AREA,
    refusals.IntentUnknown: INTENT_UNKNOWN,
    refusals.IntentNumberTaken: INTENT_NUMBER_TAKEN,
    refusals.IntentEnded: INTENT_ENDED,
    refusals.IntentStepTooEarly: INTENT_STEP_TOO_EARLY,
}


def named(refusal: refusals.CardRefused) -> Mapping[str, list[str]]:
    """What a refusal names, as members of its problem."""
    match refusal:
        case refusals.AdmissionConditionsUnmet():
            return {"conditions": list(refusal.codes)}
        case refusals.IncompleteForTrade():
            return {"fields": list(refusal.fields)}
    return {}
