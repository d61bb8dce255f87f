"""What is sent about loyalty, and one example of each."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.classification.api.bodies import example
from services.classification.domain.survey import Answers, RecordSurvey, StateRelation
from shared.contracts.loyalty import LengthScored, LoyaltyStandardPublished, Measure, MeasureWeight, RelationType
from shared.web.fields import Body, BusinessDay, DecimalString, Flag, Reference, Whole

_BUILT_IN = LoyaltyStandardPublished(version=0)

Scale = Annotated[Whole, Field(ge=1, le=5)]
Count = Annotated[Whole, Field(ge=0, le=1000)]


class SurveyBody(Body):
    """What the customer answered; leave out what was not asked. Scales are 1 to 5.

    `concern` with our products and brand; `price_sensitivity`, 5: leaves for the lower price; `competing_products`, 5: thinks better of
    them; `identification` with the product. `share_of_wallet`: what it buys of us, of all it buys of the kind. `leads`: takes up what is
    new first, and others follow it.
    """

    source: Annotated[Reference, Field(examples=["spring survey 2026"], description="Which survey, by whom it was made")]
    answered_on: BusinessDay
    concern: Scale | None = None
    needs_named: Annotated[Count | None, Field(description="How many needs it has named")] = None
    needs_met: Annotated[Count | None, Field(description="How many of them are met by us")] = None
    price_sensitivity: Scale | None = None
    competing_products: Scale | None = None
    identification: Scale | None = None
    share_of_wallet: DecimalString | None = None
    days_to_decide: Annotated[Count | None, Field(description="How long it takes to decide on a purchase")] = None
    leads: Flag | None = None

    def command(self, survey_id: UUID, customer_id: UUID, recorded_by: UUID, today: date) -> RecordSurvey:
        answers = Answers(**{name: getattr(self, name) for name in Answers._fields})
        return RecordSurvey(survey_id, customer_id, self.source, self.answered_on, answers, recorded_by, today)


class RelationBody(Body):
    """BASIC: sold, and no more. REACTIVE: it may call when something is wrong. ACCOUNTABLE: we ask after each sale. PROACTIVE: we call with
    advice. PARTNERSHIP: we plan together."""

    relation: RelationType
    stated_on: BusinessDay

    def command(self, customer_id: UUID, decided_by: UUID, today: date) -> StateRelation:
        return StateRelation(customer_id, self.relation, self.stated_on, decided_by, today)


class WeightIn(Body):
    """How much a measure counts; those that are not named count once."""

    measure: Measure
    weight: Whole


class LoyaltyStandardBody(Body):
    """The period is `spans` spans of `span_days` days. LOYAL from `loyal_regularity` of the spans with a purchase, `loyal_repeat` of the
    articles bought again and, where it was asked, `loyal_wallet`; WITHOUT below `without_regularity` or `without_wallet`; else SWITCHING.
    `length`: which length of time is scored. See the event for the others."""

    spans: Whole = _BUILT_IN.spans
    span_days: Whole = _BUILT_IN.span_days
    known_days: Whole = _BUILT_IN.known_days
    loyal_regularity: DecimalString = _BUILT_IN.loyal_regularity
    loyal_repeat: DecimalString = _BUILT_IN.loyal_repeat
    loyal_wallet: DecimalString = _BUILT_IN.loyal_wallet
    without_regularity: DecimalString = _BUILT_IN.without_regularity
    without_wallet: DecimalString = _BUILT_IN.without_wallet
    survey_days: Whole = _BUILT_IN.survey_days
    incident_days: Whole = _BUILT_IN.incident_days
    tolerance_days: Whole = _BUILT_IN.tolerance_days
    length: LengthScored = _BUILT_IN.length
    long_days: Whole = _BUILT_IN.long_days
    slow_days: Whole = _BUILT_IN.slow_days
    layer_from: DecimalString = _BUILT_IN.layer_from
    relation_days: Whole = _BUILT_IN.relation_days
    weights: Annotated[tuple[WeightIn, ...], Field(max_length=8)] = ()

    def standard(self, decided_by: UUID) -> LoyaltyStandardPublished:
        """As it is to be published, without its number."""
        weights = tuple(MeasureWeight(one.measure, one.weight) for one in self.weights)
        found = {**self.model_dump(), "weights": weights}
        return LoyaltyStandardPublished(version=0, decided_by=decided_by, **found)


SURVEY = example(
    {
        "source": "spring survey 2026",
        "answered_on": "2026-03-20",
        "concern": 4,
        "needs_named": 5,
        "needs_met": 4,
        "identification": 5,
        "share_of_wallet": "0.70",
        "leads": True,
    }
)
RELATION = example({"relation": "PROACTIVE", "stated_on": "2026-03-31"})
LOYALTY_STANDARD = example(
    {"loyal_regularity": "0.75", "length": "DECISION", "weights": [{"measure": "REPEAT_PURCHASE", "weight": 2}]}
)
