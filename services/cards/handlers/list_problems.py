"""What the refusals of saved lists become."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain import refusals
from shared.web.catalogue import describe

LIST_UNKNOWN = describe("LIST_UNKNOWN", 404, "There is no such list", "No list that the caller may see has this id.")
LIST_OF_ANOTHER = describe(
    "LIST_OF_ANOTHER",
    403,
    "The list is another's",
    "A shared list is read by all and changed by who keeps it. Save one of your own.",
)

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.ListUnknown: LIST_UNKNOWN,
    refusals.ListOfAnother: LIST_OF_ANOTHER,
}
