"""What can be asked of a complaint. Every command carries today's business day; nothing here reads a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.contracts.complaint_steps import Authority
from shared.contracts.complaints import Channel, ComplaintKind, CreditNoteRef, Remedy
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef

Severity = Literal["LOW", "MEDIUM", "HIGH"]
Complexity = Literal["SIMPLE", "COMPLEX"]


@dataclass(frozen=True, slots=True)
class ReceiveComplaint:
    """`source` and `source_event_id` are of the system that delivers the complaint, where one does."""

    complaint_id: UUID
    customer_id: UUID
    kind: ComplaintKind
    channel: Channel
    received_on: date
    today: date
    remedy_sought: str | None = None
    claimed: Money | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    article: str | None = None
    batch: str | None = None
    carrier: str | None = None
    description: str | None = None
    source: str | None = None
    source_event_id: str | None = None
    decided_by: UUID | None = None
    continues: UUID | None = None


@dataclass(frozen=True, slots=True)
class AssessComplaint:
    """`partly` founded is founded. `told_on`: when the customer was told, politely and with the reasons."""

    founded: bool
    severity: Severity
    assessed_on: date
    today: date
    decided_by: UUID | None = None
    partly: bool = False
    complexity: Complexity | None = None
    told_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReportSolution:
    """`authority` of whoever reports it; `credit_note` is one in the customer's ledger; `amount`: what the remedies come to. What is
    not said is as it was proposed."""

    solution: str
    carried_out_on: date
    today: date
    decided_by: UUID | None = None
    remedies: tuple[Remedy, ...] = ()
    credit_note: CreditNoteRef | None = None
    amount: Money | None = None
    authority: Authority = "SALESPERSON"


@dataclass(frozen=True, slots=True)
class SettleClaim:
    """Nothing agreed: the claim is decided against the customer."""

    agreed: Money | None
    settled_on: date
    today: date
    decided_by: UUID | None = None
    authority: Authority = "SALESPERSON"


@dataclass(frozen=True, slots=True)
class CloseComplaint:
    """`unanswered`: the customer was asked, and has not said whether the solution is good."""

    lesson: str | None
    closed_on: date
    today: date
    decided_by: UUID | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawComplaint:
    withdrawn_on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class AcknowledgeComplaint:
    on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class AssignComplaint:
    department: str
    on: date
    today: date
    owner: UUID | None = None
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReportInvestigation:
    on: date
    today: date
    findings: str | None = None
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ProposeSolution:
    """`because`: why it is less or other than the customer asked for."""

    remedies: tuple[Remedy, ...]
    on: date
    today: date
    offered: Money | None = None
    because: str | None = None
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ApproveSolution:
    authority: Authority
    on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class RefuseSolution:
    authority: Authority
    because: str
    on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class HearCustomer:
    """What the customer says to what was done."""

    satisfied: bool
    on: date
    today: date
    because: str | None = None
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class HoldComplaint:
    reason: str
    on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ResumeComplaint:
    on: date
    today: date
    decided_by: UUID | None = None


Handling = (
    AcknowledgeComplaint
    | AssignComplaint
    | ReportInvestigation
    | ProposeSolution
    | ApproveSolution
    | RefuseSolution
    | HearCustomer
    | HoldComplaint
    | ResumeComplaint
)
"""The steps of the procedure beyond the short way."""

Step = AssessComplaint | ReportSolution | SettleClaim | CloseComplaint | WithdrawComplaint | Handling
"""What is done with a complaint that was received."""

ComplaintCommand = ReceiveComplaint | Step
