"""The customer's card: what may happen to it and what it is after that. Pure.

A card begins registered, or as a stub when a fact came first for an external id that nobody had registered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.cards.domain import agreements
from services.cards.domain.agreements import NO_AGREEMENTS, Agreements
from services.cards.domain.refusals import (
    CardAlreadyRegistered,
    CardIsStub,
    CardUnknown,
    CustomerIsErased,
)
from services.cards.domain.stating import Saying, said
from shared.contracts.agreements import ClosureCancelled, ClosurePlanned, NextOrderAgreed
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    Marks,
    MarksAssigned,
    Provenance,
    SalespersonAssigned,
    StubOpened,
    TradeReleased,
    TradeRestricted,
    TradeTermsAgreed,
)
from shared.contracts.event import Event, encode
from shared.contracts.money import Money

NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed about paying: days after the invoice's day, and a limit where there is one."""

    payment_days: int
    credit_limit: Money | None
    agreed_on: date


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a customer apart from who it is. Nothing in it is personal: it outlives an erasure."""

    external_ids: tuple[ExternalId, ...] = ()
    marks: Marks = NO_MARKS
    area_id: str | None = None
    salesperson_id: str | None = None
    terms: Terms | None = None
    restriction: str | None = None
    introduced_by: UUID | None = None
    agreements: Agreements = NO_AGREEMENTS


@dataclass(frozen=True, slots=True)
class Unregistered:
    particulars: Particulars = Particulars()


@dataclass(frozen=True, slots=True)
class Stub:
    customer_id: UUID
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class Registered:
    customer_id: UUID
    basics: Basics
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class Erased:
    customer_id: UUID
    particulars: Particulars


Card = Unregistered | Stub | Registered | Erased


@dataclass(frozen=True, slots=True)
class RegisterCustomer:
    customer_id: UUID
    basics: Basics
    marks: Marks = NO_MARKS
    external_ids: tuple[ExternalId, ...] = ()
    area_id: str | None = None
    salesperson_id: str | None = None
    terms: Terms | None = None
    decided_by: UUID | None = None
    provenance: Provenance | None = None
    sayings: tuple[Saying, ...] = ()
    valid_from: date | None = None
    introduced_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReviseBasics:
    basics: Basics
    reason: str | None
    decided_by: UUID
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class AssignMarks:
    marks: Marks
    decided_by: UUID
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class AssignSalesperson:
    area_id: str | None
    salesperson_id: str | None
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class AgreeTerms:
    terms: Terms
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class LinkExternalId:
    external_id: ExternalId


@dataclass(frozen=True, slots=True)
class EraseCustomer:
    reason: str
    decided_by: UUID
    requested_by: UUID | None = None


CardCommand = RegisterCustomer | ReviseBasics | AssignMarks | AssignSalesperson | AgreeTerms | LinkExternalId | EraseCustomer


def decide(state: Card, command: CardCommand) -> list[Event]:
    """What follows from the command; nothing when it is no news. Raises a CardRefused."""
    match state, command:
        case Erased(), _:
            raise CustomerIsErased
        case ((Unregistered() | Stub()), RegisterCustomer()):
            return _registration(state.particulars, command)
        case Registered(), RegisterCustomer():
            raise CardAlreadyRegistered
        case Unregistered(), _:
            raise CardUnknown
        case Stub(), ReviseBasics():
            raise CardIsStub
        case Registered(customer_id=customer), ReviseBasics():
            return [
                BasicsRevised(
                    customer_id=customer,
                    basics=command.basics,
                    reason=command.reason,
                    provenance=command.provenance,
                    decided_by=command.decided_by,
                )
            ]
        case ((Stub() | Registered()), EraseCustomer()):
            return [
                CustomerErased(
                    customer_id=state.customer_id,
                    reason=command.reason,
                    decided_by=command.decided_by,
                    requested_by=command.requested_by,
                )
            ]
        case ((Stub() | Registered()), _):
            return _particulars_changed(state.customer_id, state.particulars, command)
    raise AssertionError(f"no case for {type(state).__name__} and {type(command).__name__}")


def living(state: Card) -> Stub | Registered:
    """The card, where it takes changes. Raises CardUnknown or CustomerIsErased."""
    match state:
        case Unregistered():
            raise CardUnknown
        case Erased():
            raise CustomerIsErased
    return state


def _registration(known: Particulars, command: RegisterCustomer) -> list[Event]:
    more = tuple(i for i in command.external_ids if i not in known.external_ids)
    events: list[Event] = [
        CustomerRegistered(
            customer_id=command.customer_id,
            basics=command.basics,
            marks=command.marks,
            external_ids=known.external_ids + more,
            area_id=command.area_id,
            salesperson_id=command.salesperson_id,
            provenance=command.provenance,
            decided_by=command.decided_by,
            introduced_by=command.introduced_by,
        )
    ]
    if command.terms is not None:
        events.append(_agreed(command.customer_id, command.terms, command.decided_by))
    return events + [said(command.customer_id, saying, place) for place, saying in enumerate(command.sayings)]


def content_of(command: RegisterCustomer) -> bytes:
    """What a registration says, for telling the same one from another. It holds personal data: only its keyed hash may be kept."""
    sayings = tuple(replace(saying, decided_by=None) for saying in command.sayings)
    nobody = replace(command, decided_by=None, sayings=sayings)
    events = [encode(event) for event in _registration(Particulars(), nobody)]
    return b"\n".join(events if command.valid_from is None else [*events, command.valid_from.isoformat().encode()])


def _agreed(customer_id: UUID, terms: Terms, decided_by: UUID | None) -> TradeTermsAgreed:
    return TradeTermsAgreed(
        customer_id=customer_id,
        payment_days=terms.payment_days,
        credit_limit=terms.credit_limit,
        agreed_on=terms.agreed_on,
        decided_by=decided_by,
    )


def _particulars_changed(customer: UUID, known: Particulars, command: CardCommand) -> list[Event]:
    match command:
        case AssignMarks(marks, person, provenance) if marks != known.marks or provenance is not None:
            return [MarksAssigned(customer_id=customer, marks=marks, provenance=provenance, decided_by=person)]
        case AssignSalesperson(area_id=area, salesperson_id=seller, decided_by=person) if (area, seller) != (
            known.area_id,
            known.salesperson_id,
        ):
            return [SalespersonAssigned(customer_id=customer, area_id=area, salesperson_id=seller, decided_by=person)]
        case AgreeTerms(terms=terms, decided_by=person) if terms != known.terms:
            return [_agreed(customer, terms, person)]
        case LinkExternalId(external_id=external) if external not in known.external_ids:
            return [ExternalIdLinked(customer_id=customer, external_id=external)]
    return []


def evolve(state: Card, event: Event) -> Card:
    """The card after the event. Measures of credit control may come at any time, also after an erasure or before a registration."""
    match event:
        case StubOpened():
            known = replace(state.particulars, external_ids=(event.external_id,))
            return Stub(event.customer_id, known)
        case CustomerRegistered():
            known = replace(
                state.particulars,
                external_ids=event.external_ids,
                marks=event.marks,
                area_id=event.area_id,
                salesperson_id=event.salesperson_id,
                introduced_by=event.introduced_by,
            )
            return Registered(event.customer_id, event.basics, known)
        case BasicsRevised() if isinstance(state, Registered):
            return replace(state, basics=event.basics)
        case CustomerErased():
            return Erased(event.customer_id, state.particulars)
    return replace(state, particulars=particulars_after(state.particulars, event))


def particulars_after(known: Particulars, event: Event) -> Particulars:
    match event:
        case MarksAssigned():
            return replace(known, marks=event.marks)
        case SalespersonAssigned():
            return replace(known, area_id=event.area_id, salesperson_id=event.salesperson_id)
        case TradeTermsAgreed():
            return replace(known, terms=Terms(event.payment_days, event.credit_limit, event.agreed_on))
        case ExternalIdLinked() if event.external_id not in known.external_ids:
            # A registration that holds from an earlier day brings the ids that were linked to its stub.
            return replace(known, external_ids=(*known.external_ids, event.external_id))
        case TradeRestricted():
            return replace(known, restriction=event.measure)
        case TradeReleased():
            return replace(known, restriction=None)
        case ClosurePlanned() | ClosureCancelled() | NextOrderAgreed():
            return replace(known, agreements=agreements.evolve(known.agreements, event))
    return known
