"""Problems about where a customer stands in trade and under which dealer, with the refusals that they come from."""

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
    "On some day from valid_from on the dealer is under this customer, directly or through others, or is the customer.",
)
NOT_UNDER_DEALER = describe("NOT_UNDER_DEALER", 409, "The customer is under no dealer", "On that day the customer has no dealer.")
DEALER_UNKNOWN = describe(
    "DEALER_UNKNOWN", 404, "The dealer is not known", "No customer who could be a dealer has this id, or its card was erased."
)

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.AdmissionStandardMissing: ADMISSION_STANDARD_MISSING,
    refusals.AdmissionConditionsUnmet: ADMISSION_CONDITIONS_UNMET,
    refusals.ConditionUnknown: ADMISSION_CONDITION_UNKNOWN,
    refusals.NotAdmitted: NOT_ADMITTED,
    refusals.IncompleteForTrade: CARD_INCOMPLETE,
    refusals.AlreadyTrading: ALREADY_TRADING,
    refusals.NotTrading: NOT_TRADING,
    refusals.StageDayTooEarly: STAGE_DAY_TOO_EARLY,
    refusals.HierarchyCycle: HIERARCHY_CYCLE,
    refusals.NotUnderDealer: NOT_UNDER_DEALER,
    refusals.DealerUnknown: DEALER_UNKNOWN,
}


def named(refusal: refusals.CardRefused) -> Mapping[str, list[str]]:
    """What a refusal names, as members of its problem."""
    match refusal:
        case refusals.AdmissionConditionsUnmet():
            return {"conditions": list(refusal.codes)}
        case refusals.IncompleteForTrade():
            return {"fields": list(refusal.fields)}
    return {}
