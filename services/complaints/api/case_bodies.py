"""Questions, requests for help and opinions as they are sent."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.complaints.api.bodies import Day, InvoiceBody
from services.complaints.domain import case as cases
from services.complaints.domain.intake import Intake
from shared.contracts.complaint_facts import CaseKind, Concern
from shared.contracts.complaints import Channel, ComplaintKind
from shared.web.fields import Body, Code, CustomerRef, Flag, FreeText, MoneyIn, Name, Reference, SystemName


class CaseBody(Body):
    """A question, a request for help or an opinion. `text` is sealed."""

    customer: CustomerRef
    kind: CaseKind
    channel: Channel
    concern: Annotated[Concern, Field(description="What it is about")] = "OTHER"
    received_on: Day = None
    article: Reference | None = None
    text: FreeText | None = None
    source: SystemName | None = None
    source_event_id: Reference | None = None

    @model_validator(mode="after")
    def _source_with_its_id(self) -> Self:
        if (self.source is None) is not (self.source_event_id is None):
            raise PydanticCustomError("source", "source and source_event_id go together")
        return self

    def command(self, new_id: UUID, customer_id: UUID, today: date, by: UUID) -> cases.ReceiveCase:
        delivered = self.source is not None and self.source_event_id is not None
        return cases.ReceiveCase(
            case_id=cases.delivered_id(str(self.source), str(self.source_event_id)) if delivered else new_id,
            customer_id=customer_id,
            kind=self.kind,
            channel=self.channel,
            received_on=self.received_on or today,
            today=today,
            concern=self.concern,
            article=self.article,
            text=self.text,
            source=self.source,
            source_event_id=self.source_event_id,
            decided_by=by,
        )


class CaseSummaryBody(Body):
    """What the customer said, read back, and confirmed by the customer. Sealed."""

    summary: FreeText
    confirmed_by: Name
    how: Channel = "HOTLINE"
    corrected: Flag = False
    confirmed_on: Day = None

    def command(self, today: date, by: UUID) -> cases.ConfirmCaseSummary:
        day = self.confirmed_on or today
        return cases.ConfirmCaseSummary(day, today, by, self.summary, self.confirmed_by, self.how, self.corrected)


class AnswerBody(Body):
    """What the customer was answered. Sealed."""

    how: Channel
    answer: FreeText | None = None
    answered_on: Day = None

    def command(self, today: date, by: UUID) -> cases.AnswerCase:
        return cases.AnswerCase(self.answered_on or today, today, by, self.how, self.answer)


class CaseClosureBody(Body):
    """`solved`: whether the customer was helped."""

    solved: Flag
    closed_on: Day = None

    def command(self, today: date, by: UUID) -> cases.CloseCase:
        return cases.CloseCase(self.closed_on or today, today, by, self.solved)


class CaseComplaintBody(Body):
    """What a complaint needs that the case does not say."""

    kind: ComplaintKind
    on: Day = None
    remedy_sought: Code | None = None
    claimed: MoneyIn | None = None
    invoices: Annotated[tuple[InvoiceBody, ...], Field(max_length=200)] = ()
    article: Reference | None = None
    batch: Reference | None = None
    carrier: Reference | None = None
    description: FreeText | None = None

    def intake(self) -> Intake:
        return Intake(
            kind=self.kind,
            channel="OTHER",
            remedy_sought=self.remedy_sought,
            claimed=None if self.claimed is None else self.claimed.money,
            invoices=tuple(one.ref() for one in self.invoices),
            article=self.article,
            batch=self.batch,
            carrier=self.carrier,
            description=self.description,
        )
