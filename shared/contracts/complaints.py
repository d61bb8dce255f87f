"""Events of the service complaints."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.event import Event, Personal, registered
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef

ComplaintKind = Literal["QUALITY", "CONTRACT", "TRANSPORT", "SERVICE"]
Channel = Literal["HOTLINE", "LETTER", "WEB", "EMAIL", "VISIT", "QUESTIONNAIRE", "OTHER"]
Remedy = Literal["REPLACE", "REPAIR", "RETURN", "DISCOUNT", "CREDIT_NOTE", "COMPENSATION"]


class CreditNoteRef(msgspec.Struct, frozen=True):
    """A credit note is named by the system that issued it and its number there."""

    source: str
    number: str


@registered
class ComplaintReceived(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The claimed amount is disputed while the complaint is open, over the named invoices, else the oldest overdue first.

    `source` and `source_event_id` name the complaint in the system that delivered it, where one did. `continues` is an ended
    complaint of the customer that this one takes up again.
    """

    type: ClassVar[str] = "regulars.complaints.complaint-received.v1"
    complaint_id: UUID
    customer_id: UUID
    kind: ComplaintKind
    channel: Channel
    received_on: date
    remedy_sought: str | None = None
    claimed: Money | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    article: str | None = None
    batch: str | None = None
    carrier: str | None = None
    description: Personal | None = None
    source: str | None = None
    source_event_id: str | None = None
    decided_by: UUID | None = None
    continues: UUID | None = None


@registered
class ComplaintAssessed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """`partly` founded counts as founded. `told_on`: when the customer was told, with the reasons."""

    type: ClassVar[str] = "regulars.complaints.complaint-assessed.v1"
    complaint_id: UUID
    customer_id: UUID
    founded: bool
    assessed_on: date
    severity: Literal["LOW", "MEDIUM", "HIGH"] = "MEDIUM"
    decided_by: UUID | None = None
    partly: bool = False
    complexity: Literal["SIMPLE", "COMPLEX"] | None = None
    told_on: date | None = None


@registered
class SolutionCarriedOut(Event, frozen=True, kw_only=True, omit_defaults=True):
    """`credit_note` stands in the customer's ledger. `amount`: what the remedies come to; None: nobody has said.

    `authority`: with which it was decided that the customer gets this, by that version of the rule, by `approved_by`, where the
    proposal was approved, else by `decided_by`. None: no rule was published.
    """

    type: ClassVar[str] = "regulars.complaints.solution-carried-out.v1"
    complaint_id: UUID
    customer_id: UUID
    solution: str
    carried_out_on: date
    decided_by: UUID | None = None
    remedies: tuple[Remedy, ...] = ()
    credit_note: CreditNoteRef | None = None
    amount: Money | None = None
    authority: Literal["SALESPERSON", "HEADQUARTERS"] | None = None
    rule_version: int | None = None
    approved_by: UUID | None = None


@registered
class ClaimSettled(Event, frozen=True, kw_only=True, omit_defaults=True):
    """`agreed` is what the company gives of the claim; nothing agreed is a claim decided against the customer, unless the complaint is
    `founded` and was made good otherwise. Ends the dispute.

    `founded` by what was assessed last before; None: nobody had assessed it. `decided_by` has decided with this
    authority, by that version of the rule; 0 is built in. `approved_by` has approved the proposal that this follows.
    """

    type: ClassVar[str] = "regulars.complaints.claim-settled.v1"
    complaint_id: UUID
    customer_id: UUID
    settled_on: date
    agreed: Money | None = None
    decided_by: UUID | None = None
    authority: Literal["SALESPERSON", "HEADQUARTERS"] | None = None
    rule_version: int | None = None
    founded: bool | None = None
    approved_by: UUID | None = None


@registered
class ComplaintClosed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """`unanswered`: the customer did not say within the days of the procedure whether the solution is good."""

    type: ClassVar[str] = "regulars.complaints.complaint-closed.v1"
    complaint_id: UUID
    customer_id: UUID
    closed_on: date
    lesson: str | None = None
    decided_by: UUID | None = None
    unanswered: bool = False


@registered
class ComplaintWithdrawn(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.complaints.complaint-withdrawn.v1"
    complaint_id: UUID
    customer_id: UUID
    withdrawn_on: date
    decided_by: UUID | None = None
