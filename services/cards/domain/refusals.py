"""What the service refuses, in the language of the business. None of them knows HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID


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


class VerifierEnteredIt(CardRefused):
    """Who entered a statement cannot verify it."""


class NothingToVerify(CardRefused):
    """Nothing stands in the field."""


class TaskUnknown(CardRefused):
    """The card has no such task of verification."""


class TaskSettled(CardRefused):
    """Somebody has looked into it already."""


class NeedUnknown(CardRefused):
    """The card has no such need."""


class ClosureBackwards(CardRefused):
    """A closure ends on the day on which it begins or later, and within a year and a day."""


class ClosureUnknown(CardRefused):
    """The card has no such closure."""


class NextOrderOutOfRange(CardRefused):
    """The next order is agreed for a day from that on which it is said, within two years."""


class AdmissionStandardMissing(CardRefused):
    """The company has published no conditions for new customers."""


class AdmissionConditionsUnmet(CardRefused):
    """Conditions of admission are not met, or nobody has checked them; `codes` names them."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = tuple(codes)


class ConditionUnknown(AdmissionConditionsUnmet):
    """A condition was checked that the standard does not have."""


class ConditionTwice(AdmissionConditionsUnmet):
    """A standard, or a check against it, names a condition more than once."""


class NotAdmitted(CardRefused):
    """Trade starts with customers who were admitted."""


class IncompleteForTrade(CardRefused):
    """The card lacks what it has to say before trade starts; `fields` names it."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = tuple(fields)


class AlreadyTrading(CardRefused):
    """The customer trades with us already."""


class NotTrading(CardRefused):
    """The customer does not trade, so trade cannot end."""


class StageDayTooEarly(CardRefused):
    """The day lies before that of the step which stands."""


class HierarchyCycle(CardRefused):
    """Somebody would be his own dealer in the end."""


class NotUnderDealer(CardRefused):
    """The customer is under no dealer on that day."""


class DealerUnknown(CardRefused):
    """No card that takes changes belongs to whom was named as the dealer."""


class AreaUnknown(CardRefused):
    """There is no such area, or no such larger area."""


class AreaCycle(CardRefused):
    """An area would lie within itself."""


class NotInArea(CardRefused):
    """The person does not sell in the area on that day."""


class IntentUnknown(CardRefused):
    """There is no such purchase intent."""


class IntentNumberTaken(CardRefused):
    """An intent has this number already; numbers are never used again."""


class IntentEnded(CardRefused):
    """The intent was won or lost."""


class IntentStepTooEarly(CardRefused):
    """An intent cannot have ended before it was opened."""


class DayInFuture(CardRefused):
    """The day is later than today, by the company's calendar."""


class PromiseUnknown(CardRefused):
    """There is no such promise."""


class PromiseHasEnded(CardRefused):
    """The promise was kept, broken or waived."""


class PromiseNotDue(CardRefused):
    """Before its day has passed a promise cannot have been broken."""


class DueBeforeMade(CardRefused):
    """A promise falls due on the day on which it was made, or later."""


class BeforeMade(CardRefused):
    """A promise cannot have ended before it was made."""


class PaymentWithoutAmount(CardRefused):
    """A promise to pay says how much."""


class InvoicesWithoutPayment(CardRefused):
    """Only a promise to pay names invoices."""


class NothingInvested(CardRefused):
    """An investment is money, hours, or both."""


class MergeWithItself(CardRefused):
    """Two cards are merged, not one."""


class AlreadyMerged(CardRefused):
    """The card was merged before."""

    def __init__(self, lead_id: UUID) -> None:
        super().__init__()
        self.lead_id = lead_id


class MergeChain(CardRefused):
    """A card would lead and be led at once."""

    def __init__(self, lead_id: UUID) -> None:
        super().__init__()
        self.lead_id = lead_id


class MergeCurrenciesDiffer(CardRefused):
    """The card that is to be merged trades in a currency in which the leading one does not."""


class MergeWithOpenDisputes(CardRefused):
    """One of the two disputes something at the moment."""


class ListUnknown(CardRefused):
    """There is no such list, or none that its reader may see."""


class ListOfAnother(CardRefused):
    """Only who keeps a list changes it."""


class ErasureNotRequested(CardRefused):
    """Nobody has asked for the customer's erasure, or the request was withdrawn."""


class ErasureNeedsSecondPerson(CardRefused):
    """Who has asked for an erasure cannot agree to it."""


class HeldByLaw(CardRefused):
    """A legal hold keeps the personal data of the customer, or of a card merged into this one; `hold_id` is one of them."""

    def __init__(self, hold_id: UUID) -> None:
        super().__init__(str(hold_id))
        self.hold_id = hold_id


class LegalHoldUnknown(CardRefused):
    """No such legal hold stands."""


class MergeDuringErasure(CardRefused):
    """The erasure of one of the two cards was asked for: it would be asked for a card that is none any more."""


class VisitInPast(CardRefused):
    """A visit is planned for today or later."""


class VisitAlreadyPlanned(CardRefused):
    """The person visits the customer on that day anyway."""


class VisitUnknown(CardRefused):
    """The customer has no planned visit of this id."""


class NoVisitToday(CardRefused):
    """Cards go with those alone who visit the customer today."""


class NotTheirCustomer(CardRefused):
    """Cards go with those alone who serve the customer."""


class CardIsOut(CardRefused):
    """Somebody has the card."""


class CardIsIn(CardRefused):
    """Nobody has the card."""


class CardHeldByAnother(CardRefused):
    """Who returns a card has it, or keeps the cards."""
