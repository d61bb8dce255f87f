"""What can be asked of a complaint. Every command carries today's business day; nothing here reads a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.contracts.complaints import Channel, ComplaintKind
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef

Severity = Literal["LOW", "MEDIUM", "HIGH"]


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


@dataclass(frozen=True, slots=True)
class AssessComplaint:
    founded: bool
    severity: Severity
    assessed_on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReportSolution:
    solution: str
    carried_out_on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class SettleClaim:
    """Nothing agreed: the claim is decided against the customer."""

    agreed: Money | None
    settled_on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class CloseComplaint:
    lesson: str | None
    closed_on: date
    today: date
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class WithdrawComplaint:
    withdrawn_on: date
    today: date
    decided_by: UUID | None = None


Step = AssessComplaint | ReportSolution | SettleClaim | CloseComplaint | WithdrawComplaint
"""What is done with a complaint that was received."""

ComplaintCommand = ReceiveComplaint | Step
