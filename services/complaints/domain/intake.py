"""A complaint as it is delivered, before it is known whom it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.complaints.domain.commands import ReceiveComplaint
from shared.contracts.cards import ExternalId
from shared.contracts.complaints import Channel, ComplaintKind, ComplaintReceived
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef


@dataclass(frozen=True, slots=True)
class Intake:
    """Either `customer_id` or `external_id` names the customer. No `received_on` means the day of `received_at`, else today."""

    kind: ComplaintKind
    channel: Channel
    customer_id: UUID | None = None
    external_id: ExternalId | None = None
    received_on: date | None = None
    remedy_sought: str | None = None
    claimed: Money | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    article: str | None = None
    batch: str | None = None
    carrier: str | None = None
    description: str | None = None
    source: str | None = None
    source_event_id: str | None = None
    continues: UUID | None = None
    received_at: datetime | None = None

    def command(self, complaint_id: UUID, customer_id: UUID, today: date, decided_by: UUID) -> ReceiveComplaint:
        return ReceiveComplaint(
            complaint_id=complaint_id,
            customer_id=customer_id,
            kind=self.kind,
            channel=self.channel,
            received_on=self.received_on or today,
            today=today,
            remedy_sought=self.remedy_sought,
            claimed=self.claimed,
            invoices=self.invoices,
            article=self.article,
            batch=self.batch,
            carrier=self.carrier,
            description=self.description,
            source=self.source,
            source_event_id=self.source_event_id,
            decided_by=decided_by,
            continues=self.continues,
        )

    def repeats(self, stored: ComplaintReceived, new: ComplaintReceived) -> bool:
        """Whether what is delivered is what was received before. Who sent it does not matter, nor a day that was not given.

        Both in the clear; the description of an erased customer is gone and cannot be compared.
        """
        day = new.received_on if self.received_on is not None else stored.received_on
        description = stored.description if stored.description is None else new.description
        return stored == msgspec.structs.replace(new, received_on=day, description=description, decided_by=stored.decided_by)
