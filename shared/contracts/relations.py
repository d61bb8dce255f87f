"""Events of the service cards about where a customer stands: on the way into trade and out of it, under a dealer, as one with another card."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from shared.contracts.event import Event, Personal, registered


class ConditionChecked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One condition of admission, by its code in the standard, and whether it is met."""

    code: str
    met: bool
    note: Personal | None = None


class AdmissionCondition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A condition that a new customer has to meet before trade starts, in the company's words."""

    code: str
    text: str


@registered
class AdmissionStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The company's conditions for new customers; versions count from 1, the newest holds."""

    type: ClassVar[str] = "regulars.cards.admission-standard-published.v1"
    version: int
    conditions: tuple[AdmissionCondition, ...]
    decided_by: UUID | None = None


@registered
class ProspectAdmitted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Every condition of the standard was checked and met: trade may start."""

    type: ClassVar[str] = "regulars.cards.prospect-admitted.v1"
    customer_id: UUID
    standard_version: int
    checks: tuple[ConditionChecked, ...]
    admitted_on: date
    decided_by: UUID | None = None


@registered
class TradeStarted(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.trade-started.v1"
    customer_id: UUID
    started_on: date
    decided_by: UUID | None = None


@registered
class TradeEnded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Trade is over; the card stays. `reason` is a code such as CLOSED_DOWN, TO_COMPETITOR, OUR_DECISION."""

    type: ClassVar[str] = "regulars.cards.trade-ended.v1"
    customer_id: UUID
    ended_on: date
    reason: str
    decided_by: UUID | None = None


@registered
class AttachedToDealer(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The customer buys from one of our dealers, not from us: an indirect customer, a sub-distributor."""

    type: ClassVar[str] = "regulars.cards.attached-to-dealer.v1"
    customer_id: UUID
    dealer_id: UUID
    since: date
    decided_by: UUID | None = None


@registered
class DetachedFromDealer(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.detached-from-dealer.v1"
    customer_id: UUID
    dealer_id: UUID
    until: date
    decided_by: UUID | None = None


@registered
class CustomersMerged(Event, frozen=True, kw_only=True, omit_defaults=True):
    """On the card that leads from now on. Both streams stay as they are; whoever reads the leading card reads both."""

    type: ClassVar[str] = "regulars.cards.customers-merged.v1"
    customer_id: UUID
    merged_id: UUID
    reason: str | None = None
    decided_by: UUID | None = None


@registered
class MergedInto(Event, frozen=True, kw_only=True, omit_defaults=True):
    """On the card that was found to be a second one of the same customer."""

    type: ClassVar[str] = "regulars.cards.merged-into.v1"
    customer_id: UUID
    lead_id: UUID
    decided_by: UUID | None = None
