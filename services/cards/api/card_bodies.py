"""Cards as they are sent, by the routes and the lines of imports alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.cards.api.problems import invalid
from services.cards.domain.card import RegisterCustomer, Terms
from shared.contracts.cards import Basics, Contact, ExternalId, Marks
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
    Reference,
    Telephone,
    Whole,
)
from shared.web.problem import Problem


class ContactBody(Body):
    """A person at the customer."""

    role: Reference
    name: Name | None = None
    telephone: Telephone | None = None
    email: Email | None = None

    def contact(self) -> Contact:
        return Contact(role=self.role, name=self.name, telephone=self.telephone, email=self.email)


class MarksBody(Body):
    """How the company sorts its customers: codes in capitals, open lists."""

    nature: Code | None = None
    shop_kind: Code | None = None
    industry: Code | None = None

    def marks(self) -> Marks:
        return Marks(nature=self.nature, shop_kind=self.shop_kind, industry=self.industry)


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

    @model_validator(mode="after")
    def _named_as_its_kind(self) -> Self:
        if self.kind == "COMPANY" and (self.name is None or self.person_name is not None):
            raise PydanticCustomError("name_of_kind", "a company has a name and no person_name")
        if self.kind == "PERSON" and (self.person_name is None or self.name is not None):
            raise PydanticCustomError("name_of_kind", "a person has a person_name and no name")
        return self

    def basics(self) -> Basics:
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
        )


class CustomerBody(BasicsBody):
    """A card to be registered. With an external id of a stub it fills the stub."""

    marks: MarksBody = MarksBody()
    external_ids: Annotated[tuple[ExternalIdIn, ...], Field(max_length=20)] = ()
    area_id: Reference | None = None
    salesperson_id: Reference | None = None
    terms: TermsBody | None = None

    def ids(self) -> tuple[ExternalId, ...]:
        return tuple(dict.fromkeys(one.external_id for one in self.external_ids))

    def command(self, customer_id: UUID, decided_by: UUID | None) -> RegisterCustomer:
        return RegisterCustomer(
            customer_id=customer_id,
            basics=self.basics(),
            marks=self.marks.marks(),
            external_ids=self.ids(),
            area_id=self.area_id,
            salesperson_id=self.salesperson_id,
            terms=None if self.terms is None else self.terms.terms(),
            decided_by=decided_by,
        )


class RevisedBasicsBody(BasicsBody):
    reason: Name | None = None


class AssignmentBody(Body):
    """Who serves the customer; what is left out is taken away."""

    area_id: Reference | None = None
    salesperson_id: Reference | None = None


class ErasureBody(Body):
    """Why the personal data go: a code, not a story."""

    reason: Code


_customer: TypeAdapter[CustomerBody] = TypeAdapter(CustomerBody)


def read_customer(item: Any, customer_id: UUID, decided_by: UUID | None) -> RegisterCustomer | Problem:
    """One card as parsed from JSON; what is wrong with it, field by field."""
    try:
        return _customer.validate_python(item).command(customer_id, decided_by)
    except ValidationError as error:
        return invalid(error)
