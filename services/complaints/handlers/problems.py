"""The service's own problems, and what each refusal of the domain becomes."""

from __future__ import annotations

from services.complaints.domain import refusals
from services.complaints.handlers import fact_problems
from shared.web.catalogue import describe
from shared.web.problem import Problem

COMPLAINT_UNKNOWN = describe("COMPLAINT_UNKNOWN", 404, "There is no such complaint", "No complaint of this service has this id.")
COMPLAINT_CONFLICT = describe(
    "COMPLAINT_CONFLICT",
    409,
    "The complaint was received before with another content",
    "A complaint is one per source and source_event_id. What was received never changes: assess, settle or withdraw it, or send "
    "a complaint under an id of its own.",
)
COMPLAINT_ENDED = describe(
    "COMPLAINT_ENDED",
    409,
    "The complaint has ended",
    "A closed or withdrawn complaint stays as it is. What comes up again is a complaint of its own.",
)
NOT_HANDLED_YET = describe(
    "NOT_HANDLED_YET",
    409,
    "The complaint was not handled yet",
    "Assess it, report its solution or settle its claim before closing it, or withdraw it if the customer does.",
)
CLAIM_NOT_SETTLED = describe(
    "CLAIM_NOT_SETTLED",
    409,
    "The claim is not settled",
    "An amount is claimed. Settle the claim first, if need be with nothing agreed; that ends the dispute.",
)
CLAIM_ALREADY_SETTLED = describe("CLAIM_ALREADY_SETTLED", 409, "The claim is settled already", "A claim is settled once.")
AGREED_MORE_THAN_CLAIMED = describe(
    "AGREED_MORE_THAN_CLAIMED",
    409,
    "More is agreed than was claimed",
    "What is agreed is at most what was claimed, in the same currency.",
)
AMOUNT_NOT_POSITIVE = describe(
    "AMOUNT_NOT_POSITIVE", 422, "The amount is too small", "A claimed amount is more than zero, an agreed one not less."
)
BEFORE_RECEIPT = describe(
    "BEFORE_RECEIPT", 409, "The day lies before the receipt", "No step lies before the day on which the complaint was received."
)
DAY_IN_FUTURE = describe("DAY_IN_FUTURE", 422, "The day lies in the future", "Today is a day in the company's time zone.")
TOO_MANY_COMPLAINTS = describe(
    "TOO_MANY_COMPLAINTS", 413, "Too many complaints", "A bulk request holds at most 1000 complaints. Send several."
)

_CODES: dict[type[refusals.ComplaintRefused], str] = {
    refusals.ComplaintUnknown: COMPLAINT_UNKNOWN,
    refusals.ComplaintExists: COMPLAINT_CONFLICT,
    refusals.ComplaintEnded: COMPLAINT_ENDED,
    refusals.NotHandledYet: NOT_HANDLED_YET,
    refusals.ClaimNotSettled: CLAIM_NOT_SETTLED,
    refusals.ClaimAlreadySettled: CLAIM_ALREADY_SETTLED,
    refusals.AgreedMoreThanClaimed: AGREED_MORE_THAN_CLAIMED,
    refusals.AmountNotPositive: AMOUNT_NOT_POSITIVE,
    refusals.BeforeReceipt: BEFORE_RECEIPT,
    refusals.DayInFuture: DAY_IN_FUTURE,
    **fact_problems.CODES,
}


def refused(refusal: refusals.ComplaintRefused) -> Problem:
    """The problem behind a refusal."""
    return Problem(_CODES[type(refusal)])
