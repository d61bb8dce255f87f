"""What the service refuses, in the language of the business. None of them knows HTTP."""

from __future__ import annotations


class CardRefused(Exception):
    """Base of the refusals about a card or a source; the class says what is wrong."""


class CardUnknown(CardRefused):
    """There is no card of this customer."""


class CardAlreadyRegistered(CardRefused):
    """The customer, or the customer behind one of the external ids, is registered already."""


class CardIsStub(CardRefused):
    """The card was opened by a fact and waits to be registered: there is nothing to revise yet."""


class CustomerIsErased(CardRefused):
    """The customer's personal data were erased; the card takes no more changes."""


class ExternalIdTaken(CardRefused):
    """An external id belongs to another customer, or two of them to two customers."""


class SourceHasEnded(CardRefused):
    """The source said that it delivers no more; it has to be opened again first."""


class CompletenessTakenBack(CardRefused):
    """A source was complete through a later day already."""
