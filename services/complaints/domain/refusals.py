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
