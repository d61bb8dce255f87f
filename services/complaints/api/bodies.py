"""Complaints as they are sent, and the steps of their handling."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.complaints.domain.commands import Complexity, Severity
from services.complaints.domain.intake import Intake
from shared.contracts.complaints import Channel, ComplaintKind, CreditNoteRef, Remedy
from shared.contracts.transactions import InvoiceRef
from shared.web.days import BusinessDay
from shared.web.fields import Body, Code, CustomerRef, Flag, FreeText, Moment, MoneyIn, Reference, SystemName

Day = Annotated[BusinessDay | None, Field(description="Business day; today when left out")]
At = Annotated[Moment | None, Field(description="When it happened; now when left out")]


class InvoiceBody(Body):
    """An invoice by the system that issued it and its number there."""

    source: SystemName
    number: Reference

    def ref(self) -> InvoiceRef:
        return InvoiceRef(self.source, self.number)


class ComplaintBody(Body):
    """A complaint. What is claimed is disputed while the complaint is open, over the named invoices, else the oldest due first.

    With `source` and `source_event_id` it is received once, however often it is delivered. `description` is sealed. `continues`
    is an ended complaint of the customer that this one takes up again.
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
    continues: UUID | None = None
    received_at: Annotated[Moment | None, Field(description="When it arrived, where that is known to the minute")] = None

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
            continues=self.continues,
            received_at=self.received_at,
        )


class AssessmentBody(Body):
    """Whether the complaint is founded, wholly or `partly`. It never touches the customer's credit or class. `told_on`: when the
    customer was told so, politely and with the reasons."""

    founded: Flag
    severity: Severity = "MEDIUM"
    assessed_on: Day = None
    partly: Flag = False
    complexity: Complexity | None = None
    told_on: Day = None
    at: At = None


class CreditNoteBody(Body):
    """A credit note by the system that issued it and its number there."""

    source: SystemName
    number: Reference

    def ref(self) -> CreditNoteRef:
        return CreditNoteRef(self.source, self.number)


class SolutionBody(Body):
    """What was done for the customer. `credit_note` is one in the customer's ledger. `amount`: what the remedies come to, nought for
    nothing. After a proposal what is not said is as it was proposed, in part where a smaller amount is said."""

    solution: Code
    carried_out_on: Day = None
    remedies: Annotated[tuple[Remedy, ...], Field(max_length=6)] = ()
    credit_note: CreditNoteBody | None = None
    amount: MoneyIn | None = None
    at: At = None


class SettlementBody(Body):
    """What the company gives of the claim. Nothing agreed: the claim is decided against the customer. Ends the dispute."""

    agreed: MoneyIn | None = None
    settled_on: Day = None
    at: At = None


class ClosureBody(Body):
    """`lesson`: what is done so that it does not happen again. `unanswered`: the customer does not say whether the solution is good,
    and the days are over within which an answer was due."""

    lesson: Code | None = None
    closed_on: Day = None
    unanswered: Flag = False
    at: At = None


class WithdrawalBody(Body):
    """The customer takes the complaint back."""

    withdrawn_on: Day = None
    at: At = None


class StepBody(Body):
    """A step without further words."""

    at: At = None


class AssignmentBody(Body):
    """The department that looks into it, and who answers for it there."""

    department: Code
    owner: UUID | None = None
    at: At = None


class InvestigationBody(Body):
    """What was found, in words, which are sealed. The cause and who is responsible are entered as facts."""

    findings: FreeText | None = None
    at: At = None


class ProposalBody(Body):
    """What the customer is to get. `because`: why it is less or other than what was asked for."""

    remedies: Annotated[tuple[Remedy, ...], Field(min_length=1, max_length=6)]
    offered: MoneyIn | None = None
    because: Code | None = None
    at: At = None


class ReasonBody(Body):
    because: Code
    at: At = None


class ConfirmationBody(Body):
    """What the customer says. Not satisfied: back to the investigation, in the next round."""

    satisfied: Flag
    because: Code | None = None
    at: At = None


class HoldBody(Body):
    """What is waited for. No time passes until the complaint is taken up again."""

    reason: Code
    at: At = None
