"""What is refused of facts, cases, commitments and prevention. None of them knows HTTP."""

from __future__ import annotations

from services.complaints.domain.refusals import ComplaintRefused


class NotEndedYet(ComplaintRefused):
    """How content the customer is with the end is asked after it."""


class OneSideNotHeard(ComplaintRefused):
    """Responsibility is fixed on what both sides have said; a side that has nothing to add says so, and that is a statement."""


class SharesNotWhole(ComplaintRefused):
    """The shares of responsibility add up to a hundred per cent, each above nothing, each party, department and name once."""


class CauseNotListed(ComplaintRefused):
    """The list of causes in force does not hold it for complaints of this kind."""


class NotResponsibleOfBoth(ComplaintRefused):
    """Responsibility is fixed, and not on both sides: there is nothing of which a fair way would have to be found."""


class LinkedToItself(ComplaintRefused):
    """A complaint is no other one."""


class LinkedAlready(ComplaintRefused):
    """The two are linked."""


class OfAnotherCustomer(ComplaintRefused):
    """The two complaints are of different customers: the same matter is one customer's."""


class OtherUnknown(ComplaintRefused):
    """There is no complaint to link to under that id."""


class CommitmentUnknown(ComplaintRefused):
    """Nothing is promised under this code, or was on that day."""


class CommitmentNamedAlready(ComplaintRefused):
    """The complaint names this commitment."""


class CommitmentBackwards(ComplaintRefused):
    """What is promised anew, or no more, holds from a day that is not before that of the version in force."""


class GuaranteeWithoutDays(ComplaintRefused):
    """A guarantee says for how many days it holds; nothing else does."""


class CausesTwice(ComplaintRefused):
    """A list of causes holds each code once."""


class CaseUnknown(ComplaintRefused):
    """There is no such case."""


class CaseExists(ComplaintRefused):
    """The case was received before."""


class CaseEnded(ComplaintRefused):
    """A case that was closed or became a complaint stays as it is."""


class CaseNotAnswered(ComplaintRefused):
    """A question or a request for help is answered before it is closed."""


class MeasureUnknown(ComplaintRefused):
    """There is no such preventive measure."""


class MeasureEnded(ComplaintRefused):
    """The measure was checked or dropped."""


class MeasureExists(ComplaintRefused):
    """The measure was decided before."""


class MeasureNotCarriedOut(ComplaintRefused):
    """Whether it helps shows only after it was carried out."""


class MeasureCarriedOutAlready(ComplaintRefused):
    """It was carried out; its effect is to be checked."""


class CheckTooEarly(ComplaintRefused):
    """The days of the comparison after the measure are not over."""


class DueBeforeDecided(ComplaintRefused):
    """A measure is due on the day on which it is decided, or later."""


class BeforeDecision(ComplaintRefused):
    """Nothing is done with a measure before the day on which it was decided."""
