"""What a customer disputes: claims folded from the events of complaints.

A claim is open from the day the complaint was received until it is settled, or the complaint closed or withdrawn.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import msgspec

from shared.contracts.complaints import ClaimSettled, ComplaintClosed, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event
from shared.contracts.transactions import InvoiceRef

MONTHS_KEPT = 24


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One complaint's claim. No `claimed` amount and named invoices: all of these invoices is disputed.

    `against` is true where it was settled with nothing for the customer and the complaint is not founded; that says something only
    where something was claimed.
    `over`: not the claim only, the complaint itself has ended.
    """

    complaint_id: UUID
    received_on: date | None = None
    claimed: Decimal | None = None
    currency: str | None = None
    invoices: tuple[InvoiceRef, ...] = ()
    ended_on: date | None = None
    settled_on: date | None = None
    against: bool = False
    over: bool = False

    def open_at(self, as_of: date) -> bool:
        """Whether the claim is open at the end of the day `as_of`."""
        received = self.received_on is not None and self.received_on <= as_of
        return received and (self.ended_on is None or self.ended_on > as_of)


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """The claims of one customer: all open ones, and those that ended in the last 24 months."""

    claims: tuple[Claim, ...] = ()
    newest: date | None = None


def apply_claim(claims: Claims, event: Event) -> Claims:
    """Fold one event; an event of complaints that does not touch a claim changes nothing."""
    match event:
        case ComplaintReceived():
            claim = msgspec.structs.replace(
                _claim(claims, event.complaint_id),
                received_on=event.received_on,
                claimed=None if event.claimed is None else event.claimed.amount,
                currency=None if event.claimed is None else event.claimed.currency,
                invoices=event.invoices,
            )
            day = event.received_on
        case ClaimSettled():
            day = event.settled_on
            claim = _ended(_claim(claims, event.complaint_id), day)
            nothing = event.agreed is None or event.agreed.amount <= 0
            claim = msgspec.structs.replace(claim, settled_on=day, against=nothing and event.founded is not True)
        case ComplaintClosed():
            day = event.closed_on
            claim = msgspec.structs.replace(_ended(_claim(claims, event.complaint_id), day), over=True)
        case ComplaintWithdrawn():
            day = event.withdrawn_on
            claim = msgspec.structs.replace(_ended(_claim(claims, event.complaint_id), day), over=True)
        case _:
            return claims
    others = [other for other in claims.claims if other.complaint_id != claim.complaint_id]
    newest = day if claims.newest is None else max(claims.newest, day)
    first = months_before(newest, MONTHS_KEPT)
    kept = [one for one in [*others, claim] if one.ended_on is None or one.ended_on >= first]
    return Claims(tuple(sorted(kept, key=_order)), newest)


def is_over(claims: Claims, complaint_id: UUID) -> bool:
    """Whether the complaint has ended."""
    return _claim(claims, complaint_id).over


def decided_against(claims: Claims, as_of: date, days: int = 365) -> int:
    """How many claims were decided against the customer in the `days` through `as_of`.

    Open and founded ones never count, nor complaints with which nothing was claimed.
    """
    return sum(
        1
        for claim in claims.claims
        if claim.against
        and (claim.claimed is not None or claim.invoices)
        and claim.settled_on is not None
        and 0 <= (as_of - claim.settled_on).days < days
    )


def days_disputed(claims: Claims, invoice: InvoiceRef, first: date, last: date) -> int:
    """On how many of the days after `first`, through `last`, the invoice was disputed. Claims that were decided against the
    customer do not count, nor do those that name other invoices; a day on which several dispute it is one."""
    found = 0
    reached = first
    for claim in claims.claims:
        if claim.received_on is None or claim.against or (claim.claimed is None and not claim.invoices):
            continue
        if claim.invoices and invoice not in claim.invoices:
            continue
        begins = max(claim.received_on, reached)
        ends = last if claim.ended_on is None else min(claim.ended_on, last)
        if begins < ends:
            found += (ends - begins).days
            reached = ends
    return found


@lru_cache(maxsize=4096)
def months_before(day: date, months: int) -> date:
    """First day of the month that lies `months` before the month of `day`."""
    count = max(day.year * 12 + day.month - 1 - months, 12)
    return date(count // 12, count % 12 + 1, 1)


def _order(claim: Claim) -> tuple[date, UUID]:
    return (claim.received_on or date.max, claim.complaint_id)


def _claim(claims: Claims, complaint_id: UUID) -> Claim:
    return next((claim for claim in claims.claims if claim.complaint_id == complaint_id), Claim(complaint_id=complaint_id))


def _ended(claim: Claim, day: date) -> Claim:
    return msgspec.structs.replace(claim, ended_on=day if claim.ended_on is None else min(claim.ended_on, day))
