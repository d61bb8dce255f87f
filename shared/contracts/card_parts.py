"""Events of the service cards about the parts of a card beside the basics, and about how far its statements are to be believed.

An event states only the fields that somebody has something to say about; the others stand as they stood. The business day
from which a statement holds is the event's `occurred_at`; of two statements about one field that of the later day stands,
and of the same day the later in the stream.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.cards import KeyPerson, Provenance
from shared.contracts.event import Event, Personal, registered
from shared.contracts.money import Money


class Characteristics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What kind of customer it is. Grades are 1 (weak) to 5 (strong); `annual_sales` are the customer's own."""

    service_area: str | None = None
    sales_power: int | None = None
    potential: int | None = None
    philosophy: Personal | None = None
    policy: Personal | None = None
    staff: int | None = None
    annual_sales: Money | None = None
    management_traits: Personal | None = None


class YearSales(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer sold in a calendar year."""

    year: int
    sales: Money


class BusinessStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the customer does business. `annual_purchases`: what it says to buy from us in a year; `share_with_us` in percent of all its
    purchases. Grades are 1 (weak) to 5 (strong)."""

    sales_results: tuple[YearSales, ...] | None = None
    annual_purchases: Money | None = None
    share_with_us: int | None = None
    managers_quality: int | None = None
    staff_quality: int | None = None
    competitors: Personal | None = None
    business_tie: str | None = None
    attitude: Literal["COOPERATIVE", "NEUTRAL", "DIFFICULT"] | None = None


class CreditProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A credit problem of the past. `kind` is a code such as LATE_PAYMENT, BOUNCED_CHEQUE, DEFAULT."""

    happened_on: date
    kind: str
    amount: Money | None = None
    note: Personal | None = None


class TradeStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How trade with the customer stands. `days_late`: how late it pays on average, in days, as it is told."""

    activity: Personal | None = None
    problems: Personal | None = None
    advantages: Personal | None = None
    measures: Personal | None = None
    reputation: int | None = None
    credit_status: Literal["GOOD", "FAIR", "POOR"] | None = None
    trade_conditions: str | None = None
    days_late: int | None = None
    credit_problems: tuple[CreditProblem, ...] | None = None


class PartRevised(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of revisions of a part. `withdrawn` names fields whose value was wrong and is not replaced."""

    customer_id: UUID
    provenance: Provenance
    withdrawn: tuple[str, ...] = ()
    decided_by: UUID | None = None


@registered
class CharacteristicsRevised(PartRevised, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.characteristics-revised.v1"
    stated: Characteristics = Characteristics()


@registered
class BusinessStatusRevised(PartRevised, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.business-status-revised.v1"
    stated: BusinessStatus = BusinessStatus()


@registered
class TradeStatusRevised(PartRevised, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.trade-status-revised.v1"
    stated: TradeStatus = TradeStatus()


@registered
class VerificationRequested(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A stated figure lies far from what the ledger or an agency knows. It waits to be verified and has overwritten nothing.

    `field` is named with its part, such as `business.annual_purchases`; figures of money are in `currency`.
    """

    type: ClassVar[str] = "regulars.cards.verification-requested.v1"
    customer_id: UUID
    task_id: UUID
    field: str
    stated: Decimal
    known: Decimal
    known_from: Literal["LEDGER", "AGENCY"]
    currency: str | None = None
    provenance: Provenance
    decided_by: UUID | None = None


@registered
class FieldVerified(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody else than who entered it has looked into a statement. With a task, CONFIRMED makes the waiting figure the field's."""

    type: ClassVar[str] = "regulars.cards.field-verified.v1"
    customer_id: UUID
    field: str
    outcome: Literal["CONFIRMED", "REFUTED"]
    verified_on: date
    task_id: UUID | None = None
    decided_by: UUID | None = None


@registered
class DecisionMakerNamed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Who decides about buying at the customer."""

    type: ClassVar[str] = "regulars.cards.decision-maker-named.v1"
    customer_id: UUID
    role: str
    person: KeyPerson
    provenance: Provenance | None = None
    decided_by: UUID | None = None


@registered
class NeedRecorded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer needs or likes. `kind`: SERVICE, PRODUCT or PREFERENCE."""

    type: ClassVar[str] = "regulars.cards.need-recorded.v1"
    customer_id: UUID
    need_id: UUID
    kind: Literal["SERVICE", "PRODUCT", "PREFERENCE"]
    text: Personal
    provenance: Provenance | None = None
    decided_by: UUID | None = None


@registered
class NeedActedOn(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What was done about a need; `met` ends it."""

    type: ClassVar[str] = "regulars.cards.need-acted-on.v1"
    customer_id: UUID
    need_id: UUID
    action: Personal
    taken_on: date
    met: bool
    decided_by: UUID | None = None
