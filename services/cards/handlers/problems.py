"""The service's own problems, and what each refusal of the domain becomes."""

from __future__ import annotations

from services.cards.domain import refusals
from services.cards.domain.ledger import Flaw
from services.cards.handlers import (
    custody_problems,
    erasure_problems,
    list_problems,
    merge_problems,
    promise_problems,
    relation_problems,
)
from shared.web.catalogue import describe
from shared.web.problem import FieldError, Problem

FACT_CONFLICT = describe(
    "FACT_CONFLICT",
    409,
    "The fact was recorded before with another content",
    "A fact is one per source, kind and source_event_id. Recorded facts never change: send what corrects it (a return, a reversal, "
    "a credit note) under an id of its own.",
)
FACT_TOO_LARGE = describe("FACT_TOO_LARGE", 422, "The fact is too large", "One fact may hold 64 KiB as JSON.")
CUSTOMER_EXISTS = describe(
    "CUSTOMER_EXISTS",
    409,
    "The customer is registered already",
    "The card behind one of the external ids is registered; customer_id names it. Revise it instead.",
)
EXTERNAL_ID_TAKEN = describe(
    "EXTERNAL_ID_TAKEN",
    409,
    "An external id belongs to another customer",
    "External ids are never given to another customer, and a card cannot join the ids of two customers.",
)
CUSTOMER_IS_STUB = describe(
    "CUSTOMER_IS_STUB",
    409,
    "The card is a stub",
    "It was opened by a fact. Register the customer with its external id; that fills the stub.",
)
SOURCE_ENDED = describe("SOURCE_ENDED", 409, "The source has ended", "It said that it delivers no more. Open it again first.")
COMPLETENESS_TAKEN_BACK = describe(
    "COMPLETENESS_TAKEN_BACK",
    409,
    "The source is complete through a later day already",
    "Completeness only grows. A source that has to deliver more of the past just delivers it.",
)
VERIFIER_ENTERED_IT = describe(
    "VERIFIER_ENTERED_IT",
    409,
    "Who entered a statement cannot verify it",
    "Somebody else has to look into it: two pairs of eyes are what a verification is.",
)
NOTHING_TO_VERIFY = describe(
    "NOTHING_TO_VERIFY",
    409,
    "Nothing stands in this field",
    "Read the card again; fields are named with their part, as trade.days_late.",
)
TASK_UNKNOWN = describe("TASK_UNKNOWN", 404, "There is no such task", "No figure of this card waits under this id.")
TASK_SETTLED = describe("TASK_SETTLED", 409, "The task is settled", "Somebody has looked into this figure already.")
CLOSURE_BACKWARDS = describe(
    "CLOSURE_BACKWARDS", 422, "The closure has no such days", "It ends on its first day or later, and within a year and a day."
)
CLOSURE_UNKNOWN = describe("CLOSURE_UNKNOWN", 404, "There is no such closure", "The card has no closure with this id.")
NEXT_ORDER_OUT_OF_RANGE = describe(
    "NEXT_ORDER_OUT_OF_RANGE",
    422,
    "The next order cannot be agreed for that day",
    "It is agreed for the day on which that is said, or a later one within two years.",
)
NEED_UNKNOWN = describe("NEED_UNKNOWN", 404, "There is no such need", "The card has no need with this id.")
TOO_MANY_ITEMS = describe(
    "TOO_MANY_ITEMS", 413, "Too many items", "A bulk request holds at most 1000 items; larger ones go to /v1/imports."
)
IMPORT_LINE_TOO_LONG = describe("IMPORT_LINE_TOO_LONG", 413, "A line is too long", "A line of an import holds at most 64 KiB.")
IMPORT_UNKNOWN = describe("IMPORT_UNKNOWN", 404, "There is no such import", "No import of this service has this id.")
IMPORT_ENDED = describe("IMPORT_ENDED", 409, "The import has ended", "What has ended cannot be cancelled.")

_CODES: dict[type[refusals.CardRefused], str] = {
    refusals.CardUnknown: "CUSTOMER_UNKNOWN",
    refusals.CardAlreadyRegistered: CUSTOMER_EXISTS,
    refusals.CardIsStub: CUSTOMER_IS_STUB,
    refusals.CustomerIsErased: "CUSTOMER_ERASED",
    refusals.ExternalIdTaken: EXTERNAL_ID_TAKEN,
    refusals.SourceHasEnded: SOURCE_ENDED,
    refusals.CompletenessTakenBack: COMPLETENESS_TAKEN_BACK,
    refusals.VerifierEnteredIt: VERIFIER_ENTERED_IT,
    refusals.NothingToVerify: NOTHING_TO_VERIFY,
    refusals.TaskUnknown: TASK_UNKNOWN,
    refusals.TaskSettled: TASK_SETTLED,
    refusals.NeedUnknown: NEED_UNKNOWN,
    refusals.ClosureBackwards: CLOSURE_BACKWARDS,
    refusals.ClosureUnknown: CLOSURE_UNKNOWN,
    refusals.NextOrderOutOfRange: NEXT_ORDER_OUT_OF_RANGE,
    **relation_problems.CODES,
    **promise_problems.CODES,
    **merge_problems.CODES,
    **list_problems.CODES,
    **erasure_problems.CODES,
    **custody_problems.CODES,
}


def refused(refusal: refusals.CardRefused, **extra: str) -> Problem:
    """The problem behind a refusal."""
    named = {**relation_problems.named(refusal), **merge_problems.named(refusal), **erasure_problems.named(refusal)}
    return Problem(_CODES[type(refusal)], extra={**extra, **named})


def flawed(flaws: tuple[Flaw, ...]) -> Problem:
    """A fact that cannot be true, field by field."""
    return Problem("VALIDATION_FAILED", errors=[FieldError(flaw.pointer, flaw.code, flaw.detail) for flaw in flaws])
