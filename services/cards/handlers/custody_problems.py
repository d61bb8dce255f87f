"""Problems of visits and of cards that are out, and what each refusal about them becomes."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain import refusals
from shared.web.catalogue import describe

VISIT_IN_PAST = describe(
    "VISIT_IN_PAST", 422, "The day has passed", "A visit is planned for today, in the company's time zone, or later."
)
VISIT_PLANNED = describe(
    "VISIT_PLANNED", 409, "The visit is planned already", "This person visits the customer on that day anyway."
)
VISIT_UNKNOWN = describe("VISIT_UNKNOWN", 404, "There is no such visit", "The customer has no planned visit of this id.")
NO_VISIT_TODAY = describe(
    "NO_VISIT_TODAY", 409, "No visit is planned for today", "A card goes out for a visit of the day only. Plan the visit first."
)
NOT_THEIR_CUSTOMER = describe(
    "NOT_THEIR_CUSTOMER",
    409,
    "Somebody else serves the customer",
    "A card goes out with the salesperson who serves the customer now.",
)
CARD_IS_OUT = describe("CARD_IS_OUT", 409, "The card is out", "Somebody has it; it has to come back first.")
CARD_IS_IN = describe("CARD_IS_IN", 409, "The card is in", "Nobody has it, so nobody can return it.")
CARD_HELD_BY_ANOTHER = describe(
    "CARD_HELD_BY_ANOTHER", 409, "Somebody else has the card", "Who has it returns it, or whoever keeps the cards does."
)

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.VisitInPast: VISIT_IN_PAST,
    refusals.VisitAlreadyPlanned: VISIT_PLANNED,
    refusals.VisitUnknown: VISIT_UNKNOWN,
    refusals.NoVisitToday: NO_VISIT_TODAY,
    refusals.NotTheirCustomer: NOT_THEIR_CUSTOMER,
    refusals.CardIsOut: CARD_IS_OUT,
    refusals.CardIsIn: CARD_IS_IN,
    refusals.CardHeldByAnother: CARD_HELD_BY_ANOTHER,
}
