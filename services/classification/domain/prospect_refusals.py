"""What may be refused about purchase intents, their grades, reviews and samples. The class says what is wrong."""

from __future__ import annotations


class ProspectRefused(Exception):
    """Base of the refusals."""


class IntentUnknown(ProspectRefused):
    """No purchase intent has this id, as far as the service cards has told."""


class IntentEnded(ProspectRefused):
    """The intent was won or lost."""


class DayInFuture(ProspectRefused):
    """What has been found out or done lies not in the future."""


class ProspectStandardOutOfRange(ProspectRefused):
    """The standard contradicts itself or its source."""


class SampleUnknown(ProspectRefused):
    """No sample has this id."""


class NothingToSample(ProspectRefused):
    """The salesperson serves no customer."""


class CardNotSampled(ProspectRefused):
    """The card is not one of the sample."""
