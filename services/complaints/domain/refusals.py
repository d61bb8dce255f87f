"""What the service refuses, in the language of the business. None of them knows HTTP."""

from __future__ import annotations


class ComplaintRefused(Exception):
    """Base of the refusals; the class says what is wrong."""


class ComplaintUnknown(ComplaintRefused):
    """There is no such complaint."""


class ComplaintExists(ComplaintRefused):
    """The complaint was received before."""


class ComplaintEnded(ComplaintRefused):
    """A closed or withdrawn complaint stays as it is; what comes up again is a complaint of its own."""


class NotHandledYet(ComplaintRefused):
    """Nobody has assessed, solved or settled the complaint: closing it would only put it out of sight."""


class ClaimNotSettled(ComplaintRefused):
    """An amount is claimed and nothing was agreed on, not even that nothing is given."""


class ClaimAlreadySettled(ComplaintRefused):
    """A claim is settled once."""


class AgreedMoreThanClaimed(ComplaintRefused):
    """More is given than was claimed, or in another currency."""


class AmountNotPositive(ComplaintRefused):
    """A claimed amount is more than zero, an agreed one not less than zero."""


class BeforeReceipt(ComplaintRefused):
    """A step lies before the day on which the complaint was received."""


class DayInFuture(ComplaintRefused):
    """The day is later than today, by the company's calendar."""


class StepsLeftOut(ComplaintRefused):
    """By the company's procedure other steps come first; the message names them."""


class NothingProposed(ComplaintRefused):
    """There is no solution to approve, to refuse or, after a refusal, to carry out in this round."""


class NothingToConfirm(ComplaintRefused):
    """Nothing was carried out or settled with which the customer could be content."""


class ReasonNeeded(ComplaintRefused):
    """Less or other than what the customer asked for is offered, and nothing says why."""


class AboveAuthority(ComplaintRefused):
    """By the company's rule headquarters decides on this amount, and has not approved it."""


class NotAsProposed(ComplaintRefused):
    """Something else, or more, is carried out than was proposed; the message names it."""


class AnswerAwaited(ComplaintRefused):
    """The days are not over that the customer has to say whether the solution is good; the message names the first day after them."""


class CustomerAnswered(ComplaintRefused):
    """The customer has confirmed the solution."""


class TakenAlready(ComplaintRefused):
    """The complaint was acknowledged before."""


class OnHold(ComplaintRefused):
    """The clock stands still already."""


class NotOnHold(ComplaintRefused):
    """The clock runs."""


class LessonMissing(ComplaintRefused):
    """By the company's procedure a complaint is closed with what is learnt from it."""


class NotContinuing(ComplaintRefused):
    """What is taken up again is an ended complaint of the same customer."""


class StandardRefused(Exception):
    """Base of what is wrong with a standard; the message says what."""


class ProcedureRefused(StandardRefused):
    """A procedure that could not be followed."""


class HoursRefused(StandardRefused):
    """Hours in which nothing would ever be done, or that overlap."""


class RuleRefused(StandardRefused):
    """A rule that says two things of one case."""
