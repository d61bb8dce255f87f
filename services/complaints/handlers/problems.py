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
STEPS_LEFT_OUT = describe(
    "STEPS_LEFT_OUT",
    409,
    "Other steps come first",
    "By the company's procedure for complaints of this severity other steps come before this one. The detail names them.",
)
NOTHING_PROPOSED = describe(
    "NOTHING_PROPOSED",
    409,
    "Nothing is proposed",
    "Propose a solution first; one that was refused is neither approved nor carried out.",
)
NOTHING_TO_CONFIRM = describe(
    "NOTHING_TO_CONFIRM",
    409,
    "Nothing was done yet",
    "The customer is asked once a solution was carried out or the claim settled.",
)
REASON_NEEDED = describe(
    "REASON_NEEDED",
    422,
    "A reason is needed",
    "What is offered is less or other than what the customer asked for. Say why, in `because`: the customer is owed a reason.",
)
ABOVE_AUTHORITY = describe(
    "ABOVE_AUTHORITY",
    403,
    "Headquarters decides on this amount",
    "By the company's rule what the complaint gives, all rounds together, is above what a salesperson decides for this kind and "
    "currency; the detail says how much it is. An amount that nobody has named is under no limit. Have headquarters approve the "
    "proposal, or decide with the scope complaints.settlement.decide.",
)
NOT_AS_PROPOSED = describe(
    "NOT_AS_PROPOSED",
    409,
    "It is not what was proposed",
    "At most what was proposed is carried out, by the remedies that were proposed; the detail names what is more or other. Propose "
    "anew what is to be given instead.",
)
ANSWER_AWAITED = describe(
    "ANSWER_AWAITED",
    409,
    "The customer may still answer",
    "A complaint is closed as unanswered once the days of the procedure are over, from the day on which the solution was carried out "
    "or the claim settled. The detail names the first day on which it can be.",
)
CUSTOMER_ANSWERED = describe(
    "CUSTOMER_ANSWERED", 409, "The customer has answered", "The solution was confirmed: close the complaint as it is."
)
TAKEN_ALREADY = describe("TAKEN_ALREADY", 409, "The step was taken before", "A complaint is acknowledged once.")
ON_HOLD = describe("ON_HOLD", 409, "The complaint is on hold", "Its clock stands still already. Resume it first.")
NOT_ON_HOLD = describe("NOT_ON_HOLD", 409, "The complaint is not on hold", "Its clock runs.")
LESSON_MISSING = describe(
    "LESSON_MISSING",
    422,
    "The lesson is missing",
    "By the company's procedure a complaint is closed with what is learnt from it.",
)
NOT_CONTINUING = describe(
    "NOT_CONTINUING",
    409,
    "There is nothing to continue",
    "`continues` names a complaint of the same customer that has ended. One that is open is taken further itself.",
)
STANDARD_REFUSED = describe(
    "STANDARD_REFUSED", 422, "The standard cannot be followed", "The detail names what cannot be; nothing was published."
)
TOO_MANY_TO_MEASURE = describe(
    "TOO_MANY_TO_MEASURE",
    422,
    "Too many complaints",
    "Times are measured over at most 20000 complaints. Ask for a shorter period.",
)
PERIOD_BACKWARDS = describe("PERIOD_BACKWARDS", 422, "The period ends before it begins", "`to` is not before `from`.")
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
    refusals.StepsLeftOut: STEPS_LEFT_OUT,
    refusals.NothingProposed: NOTHING_PROPOSED,
    refusals.NothingToConfirm: NOTHING_TO_CONFIRM,
    refusals.ReasonNeeded: REASON_NEEDED,
    refusals.AboveAuthority: ABOVE_AUTHORITY,
    refusals.NotAsProposed: NOT_AS_PROPOSED,
    refusals.AnswerAwaited: ANSWER_AWAITED,
    refusals.CustomerAnswered: CUSTOMER_ANSWERED,
    refusals.TakenAlready: TAKEN_ALREADY,
    refusals.OnHold: ON_HOLD,
    refusals.NotOnHold: NOT_ON_HOLD,
    refusals.LessonMissing: LESSON_MISSING,
    refusals.NotContinuing: NOT_CONTINUING,
}


def refused(refusal: refusals.ComplaintRefused) -> Problem:
    """The problem behind a refusal."""
    return Problem(_CODES[type(refusal)], detail=str(refusal) or None)
