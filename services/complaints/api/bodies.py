"""Complaints as they are sent, and the steps of their handling."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.complaints.domain.commands import Severity
from services.complaints.domain.intake import Intake
from shared.contracts.complaints import Channel, ComplaintKind
from shared.contracts.transactions import InvoiceRef
from shared.web.days import BusinessDay
from shared.web.fields import Body, Code, CustomerRef, Flag, FreeText, MoneyIn, Reference, SystemName

Day = Annotated[BusinessDay | None, Field(description="Business day; today when left out")]


class InvoiceBody(Body):
    """An invoice by the system that issued it and its number there."""

    source: SystemName
    number: Reference

    def ref(self) -> InvoiceRef:
        return InvoiceRef(self.source, self.number)


class ComplaintBody(Body):
    """A complaint. What is claimed is disputed while the complaint is open, over the named invoices, else the oldest due first.

    With `source` and `source_event_id` it is received once, however often it is delivered. `description` is sealed.
    """

    customer: CustomerRef
    kind: ComplaintKind
    channel: Channel
    received_on: Day = None
    remedy_sought: Code | None = None
    claimed: MoneyIn | None = None
    invoices: Annotated[tuple[InvoiceBody, ...], Field(max_length=200)] = ()
    article: Reference | None = None
    batch: Reference | None = None
    carrier: Annotated[Reference | None, Field(description="Who carried the goods, as the company codes it")] = None
    description: FreeText | None = None
    source: SystemName | None = None
    source_event_id: Reference | None = None

    @model_validator(mode="after")
    def _source_with_its_id(self) -> Self:
        if (self.source is None) is not (self.source_event_id is None):
            raise PydanticCustomError("source", "source and source_event_id go together")
        return self

    def intake(self) -> Intake:
        return Intake(
            kind=self.kind,
            channel=self.channel,
            customer_id=self.customer.id,
            external_id=self.customer.external_id,
            received_on=self.received_on,
            remedy_sought=self.remedy_sought,
            claimed=None if self.claimed is None else self.claimed.money,
            invoices=tuple(one.ref() for one in self.invoices),
            article=self.article,
            batch=self.batch,
            carrier=self.carrier,
            description=self.description,
            source=self.source,
            source_event_id=self.source_event_id,
        )


class AssessmentBody(Body):
    """Whether the complaint is founded. It never touches the customer's credit or class."""

    founded: Flag
    severity: Severity = "MEDIUM"
    assessed_on: Day = None


class SolutionBody(Body):
    """What was done for the customer."""

    solution: Code
    carried_out_on: Day = None


class SettlementBody(Body):
    """What the company gives of the claim. Nothing agreed: the claim is decided against the customer. Ends the dispute."""

    agreed: MoneyIn | None = None
    settled_on: Day = None


class ClosureBody(Body):
    """`lesson`: what is done so that it does not happen again."""

    lesson: Code | None = None
    closed_on: Day = None


class WithdrawalBody(Body):
    """The customer takes the complaint back."""

    withdrawn_on: Day = None
