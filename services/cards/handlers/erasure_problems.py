"""What the refusals of an erasure become."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain import refusals
from shared.web.catalogue import describe

ERASURE_NOT_REQUESTED = describe(
    "ERASURE_NOT_REQUESTED",
    409,
    "Nobody has asked for this erasure",
    "One person asks for it, another agrees: `POST /v1/customers/{id}/erasure` comes first. A request that was withdrawn is none.",
)
ERASURE_NEEDS_SECOND_PERSON = describe(
    "ERASURE_NEEDS_SECOND_PERSON",
    409,
    "Who has asked for an erasure cannot agree to it",
    "What is erased never comes back, so a second person has to look at it. Another key of the same person is the same person.",
)
LEGAL_HOLD = describe(
    "LEGAL_HOLD",
    409,
    "A legal hold keeps these personal data",
    "hold_id names one that stands, on this card or on one that was merged into it. Whoever may lifts it; then agree again.",
)
LEGAL_HOLD_UNKNOWN = describe(
    "LEGAL_HOLD_UNKNOWN", 404, "There is no such legal hold", "No hold with this id stands on the card; it may have been lifted."
)
MERGE_DURING_ERASURE = describe(
    "MERGE_DURING_ERASURE",
    409,
    "The erasure of one of the two was asked for",
    "It is carried out or withdrawn first: otherwise it would be asked for a card that no longer stands for itself.",
)

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.ErasureNotRequested: ERASURE_NOT_REQUESTED,
    refusals.ErasureNeedsSecondPerson: ERASURE_NEEDS_SECOND_PERSON,
    refusals.HeldByLaw: LEGAL_HOLD,
    refusals.LegalHoldUnknown: LEGAL_HOLD_UNKNOWN,
    refusals.MergeDuringErasure: MERGE_DURING_ERASURE,
}


def named(refusal: refusals.CardRefused) -> Mapping[str, str]:
    """What a refusal names, as members of its problem."""
    return {"hold_id": str(refusal.hold_id)} if isinstance(refusal, refusals.HeldByLaw) else {}
