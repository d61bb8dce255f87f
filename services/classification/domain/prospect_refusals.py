"""What may be refused about purchase intents, their grades, reviews and samples. The class says what is wrong."""

from __future__ import annotations

from services.classification.domain.refusals import EntryRefused


class IntentUnknown(EntryRefused):
    """No purchase intent has this id, as far as the service cards has told."""


class IntentEnded(EntryRefused):
    """The intent was won or lost."""


class DayInFuture(EntryRefused):
    """What has been found out or done lies not in the future."""


class SampleUnknown(EntryRefused):
    """No sample has this id."""


class NothingToSample(EntryRefused):
    """The salesperson serves no customer."""


class CardNotSampled(EntryRefused):
    """The card is not one of the sample."""
