"""Events of the service cards about the card itself, and about the systems that feed it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.event import Event, Personal, registered
from shared.contracts.money import Money


class ExternalId(msgspec.Struct, frozen=True):
    """A company's own number of a customer in one of its systems."""

    system: str
    value: str


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person at the customer. Everything but the role is personal."""

    role: str
    name: Personal | None = None
    telephone: Personal | None = None
    email: Personal | None = None


class PostalAddress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An address in parts, as its country writes it. A person's address is personal, so every part but the country is."""

    country: str
    recipient: Personal | None = None
    street: Personal | None = None
    district: Personal | None = None
    city: Personal | None = None
    region: Personal | None = None
    postal_code: Personal | None = None


class KeyPerson(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person on whom trade with the customer depends. `born_on` is a day as YYYY-MM-DD; the age follows from it."""

    name: Personal | None = None
    telephone: Personal | None = None
    email: Personal | None = None
    character: Personal | None = None
    hobbies: Personal | None = None
    family: Personal | None = None
    education: Personal | None = None
    born_on: Personal | None = None
    ability: Personal | None = None


Source = Literal["SALESPERSON", "QUESTIONNAIRE", "AGENCY", "OFFICE", "SYSTEM"]
"""Who said it: our salesperson, the customer in a questionnaire, a paid agency, our office, another system."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where statements on a card come from. `observed_on`: the day of the visit, questionnaire, report or change; `entered_on`: the
    company's business day on which they were entered here."""

    source: Source
    observed_on: date | None = None
    reference: str | None = None
    agency: str | None = None
    cost: Money | None = None
    entered_on: date | None = None


class Marks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the company sorts its customers. Codes in capitals; open lists."""

    nature: str | None = None
    shop_kind: str | None = None
    industry: str | None = None
    ownership: str | None = None
    location: str | None = None


class Basics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the customer is. A company's name and place of business are public; what concerns a person is personal.

    `name` is set for companies, `person_name` for persons, whose own character and family are `traits`. `place` is the place
    of business in plain words, `trading_since` the day from which the customer has traded with us.
    """

    kind: Literal["COMPANY", "PERSON"]
    name: str | None = None
    person_name: Personal | None = None
    place: str | None = None
    country: str | None = None
    address: Personal | None = None
    telephone: Personal | None = None
    email: Personal | None = None
    contacts: tuple[Contact, ...] = ()
    postal: PostalAddress | None = None
    owner: KeyPerson | None = None
    manager: KeyPerson | None = None
    legal_representative: KeyPerson | None = None
    traits: KeyPerson | None = None
    founded_on: date | None = None
    trading_since: date | None = None
    legal_form: str | None = None
    assets: Money | None = None


@registered
class CustomerRegistered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Also what fills a stub: then the stream begins with StubOpened. `introduced_by`: the customer who brought this one."""

    type: ClassVar[str] = "regulars.cards.customer-registered.v1"
    customer_id: UUID
    basics: Basics
    marks: Marks = Marks()
    external_ids: tuple[ExternalId, ...] = ()
    area_id: str | None = None
    salesperson_id: str | None = None
    provenance: Provenance | None = None
    decided_by: UUID | None = None
    introduced_by: UUID | None = None


@registered
class StubOpened(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A fact came for an external id that nobody had registered: the card exists, flagged, and waits to be filled.

    `dealer_id` where the fact was a sale of that dealer on the day `since`: then it is a customer of the dealer's, not of ours.
    """

    type: ClassVar[str] = "regulars.cards.stub-opened.v1"
    customer_id: UUID
    external_id: ExternalId
    dealer_id: UUID | None = None
    since: date | None = None


@registered
class ExternalIdLinked(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.external-id-linked.v1"
    customer_id: UUID
    external_id: ExternalId


@registered
class BasicsRevised(Event, frozen=True, kw_only=True, omit_defaults=True):
    """All basics anew: what is left out is taken away. Of the fields in `kept` nothing was said; they are given as they stood."""

    type: ClassVar[str] = "regulars.cards.basics-revised.v1"
    customer_id: UUID
    basics: Basics
    reason: str | None = None
    kept: tuple[str, ...] = ()
    provenance: Provenance | None = None
    decided_by: UUID | None = None


@registered
class MarksAssigned(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.marks-assigned.v1"
    customer_id: UUID
    marks: Marks
    provenance: Provenance | None = None
    decided_by: UUID | None = None


@registered
class SalespersonAssigned(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.salesperson-assigned.v1"
    customer_id: UUID
    area_id: str | None = None
    salesperson_id: str | None = None
    decided_by: UUID | None = None


@registered
class TradeTermsAgreed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """`payment_days` after the invoice's day; no limit means that none was agreed."""

    type: ClassVar[str] = "regulars.cards.trade-terms-agreed.v1"
    customer_id: UUID
    payment_days: int
    credit_limit: Money | None = None
    agreed_on: date
    decided_by: UUID | None = None


@registered
class TradeRestricted(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.trade-restricted.v1"
    customer_id: UUID
    measure: Literal["HOLD", "STOP"]
    alert_id: UUID | None = None
    decided_by: UUID | None = None


@registered
class TradeReleased(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.trade-released.v1"
    customer_id: UUID
    alert_id: UUID | None = None
    decided_by: UUID | None = None


@registered
class CustomerErased(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The customer's key is destroyed: no personal field of any event of this customer can be read again. `decided_by` agreed to
    what `requested_by` had asked for."""

    type: ClassVar[str] = "regulars.cards.customer-erased.v1"
    customer_id: UUID
    reason: str
    decided_by: UUID | None = None
    requested_by: UUID | None = None


FactKind = Literal["sales", "invoices", "payments", "returns"]
"""Kinds of fact whose completeness a source declares. Credit notes, reversals and write-offs go with `payments`."""


@registered
class SourceOpened(Event, frozen=True, kw_only=True, omit_defaults=True):
    """From now on the source delivers in batches: it is incomplete until it says through which day it is complete."""

    type: ClassVar[str] = "regulars.cards.source-opened.v1"
    source: str
    fact_kind: FactKind


@registered
class SourceCompletedThrough(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Every fact of this kind through `day` (a business day) has been delivered."""

    type: ClassVar[str] = "regulars.cards.source-completed-through.v1"
    source: str
    fact_kind: FactKind
    day: date


@registered
class SourceEnded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The source will deliver no more facts of this kind: complete for ever."""

    type: ClassVar[str] = "regulars.cards.source-ended.v1"
    source: str
    fact_kind: FactKind
