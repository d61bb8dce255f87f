"""Events of the service classification about loyalty: what customers answered in surveys, and what kind of relation there is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.event import Event, registered

RelationType = Literal["BASIC", "REACTIVE", "ACCOUNTABLE", "PROACTIVE", "PARTNERSHIP"]
"""From the loosest to the closest. BASIC: sold, and no more. REACTIVE: the customer is asked to call when something is wrong.
ACCOUNTABLE: we ask after each sale whether all is well. PROACTIVE: we call on our own with advice. PARTNERSHIP: we plan together."""

Measure = Literal[
    "REPEAT_PURCHASE",
    "CONCERN",
    "NEEDS_SATISFIED",
    "PRICE_SENSITIVITY",
    "COMPETING_PRODUCTS",
    "IDENTIFICATION",
    "LENGTH",
    "TOLERANCE",
]
"""The eight measures of one customer's loyalty; growth, acquisition and churn belong to a portfolio."""

LengthScored = Literal["RELATION", "DECISION", "NEITHER"]
"""Which length of time counts: that of the relation (longer is more loyal), that of deciding (shorter is more loyal), or neither."""


@registered
class SurveyAnswered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer answered; whatever was not asked is left out. `source` names the survey, `recorded_by` who entered it.

    Scales are 1 to 5. `concern` with our products and brand; `price_sensitivity`, 5: leaves for the lower price; `competing_products`, 5:
    thinks better of them; `identification` with the product. `needs_met` of `needs_named`. `share_of_wallet`: what it buys of us, as a
    fraction of all it buys of the kind. `days_to_decide` on a purchase. `leads`: takes up what is new first, and others follow it.
    """

    type: ClassVar[str] = "regulars.classification.survey-answered.v1"
    survey_id: UUID
    customer_id: UUID
    source: str
    answered_on: date
    concern: int | None = None
    needs_named: int | None = None
    needs_met: int | None = None
    price_sensitivity: int | None = None
    competing_products: int | None = None
    identification: int | None = None
    share_of_wallet: Decimal | None = None
    days_to_decide: int | None = None
    leads: bool | None = None
    recorded_by: UUID | None = None


@registered
class RelationTypeStated(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What kind of relation there is from a day on, as a person sees it. Of two statements of one day the later in the stream stands."""

    type: ClassVar[str] = "regulars.classification.relation-type-stated.v1"
    customer_id: UUID
    relation: RelationType
    stated_on: date
    decided_by: UUID | None = None


class MeasureWeight(msgspec.Struct, frozen=True):
    """How much a measure counts in the quality of a relation, against the others that are known."""

    measure: Measure
    weight: int


@registered
class LoyaltyStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How loyalty is judged.

    The period is `spans` spans of `span_days` days. Regularity: the spans with a purchase, of those since the first one. Repeat: the
    articles bought on two days or more, of all that were bought. LOYAL from `loyal_regularity`, `loyal_repeat` and, where it was asked,
    `loyal_wallet`; WITHOUT below `without_regularity` or `without_wallet`; else SWITCHING; nothing is said of who has bought for less than
    `known_days`. Answers count for `survey_days`. An incident is a founded complaint about quality in `incident_days`; it is tolerated by
    who buys again in `tolerance_days`. `length` says which length of time is scored, in full from `long_days` of relation, or with
    nothing from `slow_days` of deciding. A layer of loyalty is reached from a score of `layer_from`. A relation type is to be stated anew
    after `relation_days`.
    """

    type: ClassVar[str] = "regulars.classification.loyalty-standard-published.v1"
    version: int
    spans: int = 12
    span_days: int = 30
    known_days: int = 90
    loyal_regularity: Decimal = Decimal("0.60")
    loyal_repeat: Decimal = Decimal("0.50")
    loyal_wallet: Decimal = Decimal("0.60")
    without_regularity: Decimal = Decimal("0.25")
    without_wallet: Decimal = Decimal("0.20")
    survey_days: int = 730
    incident_days: int = 730
    tolerance_days: int = 90
    length: LengthScored = "RELATION"
    long_days: int = 1825
    slow_days: int = 60
    layer_from: Decimal = Decimal("0.60")
    relation_days: int = 365
    weights: tuple[MeasureWeight, ...] = ()
    decided_by: UUID | None = None
