"""Persons at a customer and addresses, as they are sent."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.cards import Contact, KeyPerson, PostalAddress
from shared.web.days import Birthday
from shared.web.fields import Body, Country, Email, FreeText, Name, Reference, Telephone

Words = Annotated[FreeText, StringConstraints(max_length=4_000)]


class ContactBody(Body):
    """A person at the customer."""

    role: Reference
    name: Name | None = None
    telephone: Telephone | None = None
    email: Email | None = None

    def contact(self) -> Contact:
        return Contact(role=self.role, name=self.name, telephone=self.telephone, email=self.email)


class KeyPersonBody(Body):
    """A person on whom trade depends; all of it is sealed."""

    name: Name | None = None
    telephone: Telephone | None = None
    email: Email | None = None
    character: Words | None = None
    hobbies: Words | None = None
    family: Words | None = None
    education: Words | None = None
    born_on: Annotated[Birthday | None, Field(description="The age follows from it")] = None
    ability: Words | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(value is None for _, value in self):
            raise PydanticCustomError("person_unsaid", "says at least one thing about the person")
        return self

    def person(self) -> KeyPerson:
        born_on = None if self.born_on is None else self.born_on.isoformat()
        return KeyPerson(**{**self.model_dump(exclude={"born_on"}), "born_on": born_on})


class PostalBody(Body):
    """An address in parts, as its country writes it; checked against what is known of that country, and brought into its form."""

    country: Country
    recipient: Name | None = None
    street: Name | None = None
    district: Name | None = None
    city: Name | None = None
    region: Name | None = None
    postal_code: Annotated[Reference | None, Field(max_length=20)] = None

    def address(self) -> PostalAddress:
        return PostalAddress(**self.model_dump())
