"""What each refusal about facts, cases, commitments and prevention becomes."""

from __future__ import annotations

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.refusals import ComplaintRefused
from shared.web.catalogue import describe

NOT_ENDED_YET = describe(
    "NOT_ENDED_YET", 409, "The complaint has not ended", "How content the customer is with the end is asked after it."
)
ONE_SIDE_NOT_HEARD = describe(
    "ONE_SIDE_NOT_HEARD",
    409,
    "One side was not heard",
    "Add evidence of the customer and of the company first. A side that has nothing to add says so: that is a statement.",
)
SHARES_NOT_WHOLE = describe(
    "SHARES_NOT_WHOLE",
    422,
    "The shares of responsibility are not whole",
    "They add up to 100, each is above nothing, and each party with its department or name stands once.",
)
CAUSE_NOT_LISTED = describe(
    "CAUSE_NOT_LISTED",
    409,
    "The cause is not on the list",
    "GET /v1/causes is the list in force, with the kinds of complaints that each cause may be behind. Publish another list if one is "
    "missing.",
)
NOTHING_UNCLEAR = describe(
    "NOTHING_UNCLEAR",
    409,
    "Responsibility is clear and on one side",
    "How a fair solution will be found is told where the facts are unclear or both sides are responsible.",
)
LINKED_TO_ITSELF = describe("LINKED_TO_ITSELF", 422, "A complaint is no other one", "Name another complaint.")
LINKED_ALREADY = describe("LINKED_ALREADY", 409, "The two are linked already", "A link is told to both once.")
OTHER_CUSTOMER = describe(
    "OTHER_CUSTOMER",
    409,
    "The complaints are of different customers",
    "The same matter is one customer's. Compare by batch instead.",
)
OTHER_UNKNOWN = describe(
    "OTHER_UNKNOWN", 409, "There is no such other complaint", "No complaint has the id that was to be linked."
)
COMMITMENT_UNKNOWN = describe(
    "COMMITMENT_UNKNOWN", 404, "Nothing is promised under this code", "GET /v1/commitments lists what is promised on a day."
)
COMMITMENT_NAMED = describe("COMMITMENT_NAMED", 409, "The complaint names this commitment", "It is named once a complaint.")
COMMITMENT_BACKWARDS = describe(
    "COMMITMENT_BACKWARDS",
    422,
    "A later version is in force",
    "What is promised anew, or no more, holds from the day of the version in force or a later one.",
)
GUARANTEE_WITHOUT_DAYS = describe(
    "GUARANTEE_WITHOUT_DAYS", 422, "A guarantee has days", "guarantee_days is given for a GUARANTEE and for nothing else."
)
CAUSES_TWICE = describe("CAUSES_TWICE", 422, "A cause stands twice in the list", "Each code stands once.")
CASE_UNKNOWN = describe("CASE_UNKNOWN", 404, "There is no such case", "No question, request for help or opinion has this id.")
CASE_CONFLICT = describe(
    "CASE_CONFLICT",
    409,
    "The case was received before with another content",
    "A case is one per source and source_event_id. What was received never changes.",
)
CASE_ENDED = describe("CASE_ENDED", 409, "The case has ended", "A closed case, or one that became a complaint, stays as it is.")
CASE_NOT_ANSWERED = describe(
    "CASE_NOT_ANSWERED", 409, "The case was not answered", "Answer a question or a request for help before closing it."
)
PREVENTION_UNKNOWN = describe("PREVENTION_UNKNOWN", 404, "There is no such measure", "No preventive measure has this id.")
PREVENTION_EXISTS = describe("PREVENTION_EXISTS", 409, "The measure was decided before", "Decide another one.")
PREVENTION_ENDED = describe("PREVENTION_ENDED", 409, "The measure has ended", "It was checked or dropped. Decide another one.")
PREVENTION_NOT_CARRIED_OUT = describe(
    "PREVENTION_NOT_CARRIED_OUT", 409, "The measure was not carried out", "Whether it helps shows only afterwards."
)
PREVENTION_CARRIED_OUT = describe(
    "PREVENTION_CARRIED_OUT", 409, "The measure was carried out before", "Check its effect once its days are over."
)
CHECK_TOO_EARLY = describe(
    "CHECK_TOO_EARLY", 409, "The days of the check are not over", "Equally many days before and after the measure are compared."
)
DUE_BEFORE_DECIDED = describe(
    "DUE_BEFORE_DECIDED", 422, "Due before decided", "A measure is due on the day of its decision or later."
)
BEFORE_DECISION = describe("BEFORE_DECISION", 422, "The day lies before the decision", "No step of a measure lies before it.")

CODES: dict[type[ComplaintRefused], str] = {
    refusals.NotEndedYet: NOT_ENDED_YET,
    refusals.OneSideNotHeard: ONE_SIDE_NOT_HEARD,
    refusals.SharesNotWhole: SHARES_NOT_WHOLE,
    refusals.CauseNotListed: CAUSE_NOT_LISTED,
    refusals.NotResponsibleOfBoth: NOTHING_UNCLEAR,
    refusals.LinkedToItself: LINKED_TO_ITSELF,
    refusals.LinkedAlready: LINKED_ALREADY,
    refusals.OfAnotherCustomer: OTHER_CUSTOMER,
    refusals.OtherUnknown: OTHER_UNKNOWN,
    refusals.CommitmentUnknown: COMMITMENT_UNKNOWN,
    refusals.CommitmentNamedAlready: COMMITMENT_NAMED,
    refusals.CommitmentBackwards: COMMITMENT_BACKWARDS,
    refusals.GuaranteeWithoutDays: GUARANTEE_WITHOUT_DAYS,
    refusals.CausesTwice: CAUSES_TWICE,
    refusals.CaseUnknown: CASE_UNKNOWN,
    refusals.CaseExists: CASE_CONFLICT,
    refusals.CaseEnded: CASE_ENDED,
    refusals.CaseNotAnswered: CASE_NOT_ANSWERED,
    refusals.MeasureUnknown: PREVENTION_UNKNOWN,
    refusals.MeasureExists: PREVENTION_EXISTS,
    refusals.MeasureEnded: PREVENTION_ENDED,
    refusals.MeasureNotCarriedOut: PREVENTION_NOT_CARRIED_OUT,
    refusals.MeasureCarriedOutAlready: PREVENTION_CARRIED_OUT,
    refusals.CheckTooEarly: CHECK_TOO_EARLY,
    refusals.DueBeforeDecided: DUE_BEFORE_DECIDED,
    refusals.BeforeDecision: BEFORE_DECISION,
}
