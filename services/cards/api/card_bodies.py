"""Cards as they are sent, by the routes and the lines of imports alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.cards.api.contact_bodies import ContactBody, KeyPersonBody, PostalBody
from services.cards.api.contact_data import address_flaws, normal_address, telephone_flaws
from services.cards.api.part_bodies import (
    BusinessStatusBody,
    CharacteristicsBody,
    DecisionMakerBody,
    NeedBody,
    ProvenanceBody,
    TradeStatusBody,
)
from services.cards.api.problems import invalid
from services.cards.domain.card import AssignMarks, RegisterCustomer, ReviseBasics, Terms
from services.cards.domain.stating import Saying, StatePart
from shared.contracts.cards import Basics, ExternalId, KeyPerson, Marks
from shared.web.days import PastDay
from shared.web.fields import (
    Body,
    BusinessDay,
    Code,
    Country,
    Email,
    ExternalIdIn,
    FreeText,
    MoneyIn,
    Name,
    PositiveMoneyIn,
    Reference,
    Telephone,
    Whole,
)
from shared.web.problem import Problem

_OF_COMPANIES = ("name", "owner", "manager", "legal_representative", "legal_form")


class MarksBody(Body):
    """How the company sorts its customers: codes in capitals, open lists."""

    nature: Code | None = None
    shop_kind: Code | None = None
    industry: Code | None = None
    ownership: Annotated[Code | None, Field(examples=["JOINT_STOCK"])] = None
    location: Annotated[Code | None, Field(examples=["BUSINESS_CENTRE"])] = None

    def marks(self) -> Marks:
        return Marks(**self.model_dump(include=set(Marks.__struct_fields__)))


class LimitIn(MoneyIn):
    """How much may be owed at a time; nothing is a limit too."""

    @model_validator(mode="after")
    def _not_negative(self) -> Self:
        if self.amount < 0:
            raise PydanticCustomError("credit_limit", "a limit is not negative")
        return self


class TermsBody(Body):
    """Payment within so many days of the invoice's day; no limit means that none was agreed."""

    payment_days: Annotated[Whole, Field(ge=0, le=3660)]
    credit_limit: LimitIn | None = None
    agreed_on: BusinessDay

    def terms(self) -> Terms:
        return Terms(self.payment_days, None if self.credit_limit is None else self.credit_limit.money, self.agreed_on)


class BasicsBody(Body):
    """Who the customer is. A company has a name, a person a person_name; what concerns a person is sealed."""

    kind: Literal["COMPANY", "PERSON"]
    name: Name | None = None
    person_name: Name | None = None
    place: Name | None = None
    country: Country | None = None
    address: FreeText | None = None
    telephone: Telephone | None = None
    email: Email | None = None
    contacts: Annotated[tuple[ContactBody, ...], Field(max_length=50)] = ()
    postal: PostalBody | None = None
    owner: KeyPersonBody | None = None
    manager: KeyPersonBody | None = None
    legal_representative: KeyPersonBody | None = None
    traits: Annotated[KeyPersonBody | None, Field(description="Character, family and so on of a customer who is a person")] = None
    founded_on: PastDay | None = None
    trading_since: Annotated[
        PastDay | None, Field(description="Makes it a trading customer; of use for customers of old, who start no trade any more")
    ] = None
    legal_form: Code | None = None
    assets: PositiveMoneyIn | None = None

    @model_validator(mode="after")
    def _named_as_its_kind(self) -> Self:
        if self.kind == "COMPANY" and (self.name is None or self.person_name is not None or self.traits is not None):
            raise PydanticCustomError("company_as_person", "a company has a name, and no person_name and traits")
        if self.kind == "PERSON" and (self.person_name is None or any(getattr(self, name) is not None for name in _OF_COMPANIES)):
            raise PydanticCustomError(
                "person_as_company",
                "a person has a person_name, and no name, owner, manager, legal representative and legal form",
            )
        return self

    def basics(self) -> Basics:
        """Raises Problem (VALIDATION_FAILED): a telephone that no country has, an address that its country does not know."""
        postal = None if self.postal is None else self.postal.address()
        flaws = telephone_flaws(self._telephones(), self.country)
        if postal is not None:
            flaws += address_flaws(postal, "#/postal")
        if flaws:
            raise Problem("VALIDATION_FAILED", errors=flaws)
        return Basics(
            kind=self.kind,
            name=self.name,
            person_name=self.person_name,
            place=self.place,
            country=self.country,
            address=self.address,
            telephone=self.telephone,
            email=self.email,
            contacts=tuple(contact.contact() for contact in self.contacts),
            postal=None if postal is None else normal_address(postal),
            owner=_person(self.owner),
            manager=_person(self.manager),
            legal_representative=_person(self.legal_representative),
            traits=_person(self.traits),
            founded_on=self.founded_on,
            trading_since=self.trading_since,
            legal_form=self.legal_form,
            assets=None if self.assets is None else self.assets.money,
        )

    def _telephones(self) -> Iterator[tuple[str, str | None]]:
        yield "#/telephone", self.telephone
        for at, contact in enumerate(self.contacts):
            yield f"#/contacts/{at}/telephone", contact.telephone
        for role in ("owner", "manager", "legal_representative", "traits"):
            person: KeyPersonBody | None = getattr(self, role)
            if person is not None:
                yield f"#/{role}/telephone", person.telephone


def _person(body: KeyPersonBody | None) -> KeyPerson | None:
    return None if body is None else body.person()


class CustomerBody(BasicsBody):
    """A card to be registered. With an external id of a stub it fills the stub."""

    marks: MarksBody = MarksBody()
    external_ids: Annotated[tuple[ExternalIdIn, ...], Field(max_length=20)] = ()
    area_id: Reference | None = None
    salesperson_id: Reference | None = None
    terms: TermsBody | None = None
    provenance: ProvenanceBody | None = None
    characteristics: CharacteristicsBody | None = None
    business_status: BusinessStatusBody | None = None
    trade_status: TradeStatusBody | None = None
    decision_maker: DecisionMakerBody | None = None
    needs: Annotated[tuple[NeedBody, ...], Field(max_length=50)] = ()
    valid_from: Annotated[BusinessDay | None, Field(description="The day from which all of it holds; today by default")] = None
    introduced_by: Annotated[UUID | None, Field(description="The customer who brought this one")] = None

    @model_validator(mode="after")
    def _said_by_somebody(self) -> Self:
        if self.provenance is None and (self.characteristics or self.business_status or self.trade_status):
            raise PydanticCustomError("provenance_missing", "says who said what is stated about its parts")
        return self

    def ids(self) -> tuple[ExternalId, ...]:
        return tuple(dict.fromkeys(one.external_id for one in self.external_ids))

    def command(self, customer_id: UUID, decided_by: UUID | None) -> RegisterCustomer:
        """Raises Problem (VALIDATION_FAILED)."""
        return RegisterCustomer(
            customer_id=customer_id,
            basics=self.basics(),
            marks=self.marks.marks(),
            external_ids=self.ids(),
            area_id=self.area_id,
            salesperson_id=self.salesperson_id,
            terms=None if self.terms is None else self.terms.terms(),
            decided_by=decided_by,
            provenance=None if self.provenance is None else self.provenance.provenance(),
            sayings=tuple(self._sayings(decided_by)),
            valid_from=self.valid_from,
            introduced_by=self.introduced_by,
        )

    def _telephones(self) -> Iterator[tuple[str, str | None]]:
        yield from super()._telephones()
        if self.decision_maker is not None:
            yield "#/decision_maker/person/telephone", self.decision_maker.person.telephone

    def _sayings(self, decided_by: UUID | None) -> Iterator[Saying]:
        provenance = None if self.provenance is None else self.provenance.provenance()
        if provenance is not None:
            for part in (self.characteristics, self.business_status, self.trade_status):
                stated = None if part is None else part.stated()
                if stated is not None and stated != type(stated)():
                    yield StatePart(stated, (), provenance, decided_by)
        if self.decision_maker is not None:
            yield self.decision_maker.saying(provenance, decided_by)
        for need in self.needs:
            yield need.saying(None, provenance, decided_by)


class RevisedBasicsBody(BasicsBody):
    """All basics anew; what is left out is taken away."""

    reason: Name | None = None
    provenance: ProvenanceBody | None = None
    valid_from: Annotated[BusinessDay | None, Field(description="The day from which it holds; today by default")] = None

    def command(self, decided_by: UUID) -> ReviseBasics:
        """Raises Problem (VALIDATION_FAILED)."""
        provenance = None if self.provenance is None else self.provenance.provenance()
        return ReviseBasics(self.basics(), self.reason, decided_by, provenance)


class AssignedMarksBody(MarksBody):
    """All marks anew; what is left out is taken away."""

    provenance: ProvenanceBody | None = None
    valid_from: Annotated[BusinessDay | None, Field(description="The day from which it holds; today by default")] = None

    def command(self, decided_by: UUID) -> AssignMarks:
        return AssignMarks(self.marks(), decided_by, None if self.provenance is None else self.provenance.provenance())


class AssignmentBody(Body):
    """Who serves the customer; what is left out is taken away."""

    area_id: Reference | None = None
    salesperson_id: Reference | None = None
    valid_from: Annotated[BusinessDay | None, Field(description="The day from which it holds; today by default")] = None


class AgreedTermsBody(TermsBody):
    """Other terms than before."""

    valid_from: Annotated[BusinessDay | None, Field(description="The day from which they hold; today by default")] = None


_customer: TypeAdapter[CustomerBody] = TypeAdapter(CustomerBody)


def read_customer(item: Any, customer_id: UUID, decided_by: UUID | None) -> RegisterCustomer | Problem:
    """One card as parsed from JSON; what is wrong with it, field by field."""
    try:
        return _customer.validate_python(item).command(customer_id, decided_by)
    except ValidationError as error:
        return invalid(error)
    except Problem as problem:
        return problem
