"""How loyal a customer is: its attitude, the eight measures of one customer, three layers of loyalty, the quality of the relation.

S0.24: loyal, switching between brands, or without any loyalty to one. S2.35: loyalty that is known, felt and acted. S2.36 to S2.42: what
events can give is computed, the rest is answered in surveys and shown with its source. What is not known counts for nothing, and the
quality says how much of the standard's weight is known. S2.41 is ambiguous: both lengths of time are shown, the standard says which one
is scored. S2.43 belongs to a portfolio. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from shared.contracts.loyalty import LoyaltyStandardPublished, Measure

Attitude = Literal["LOYAL", "SWITCHING", "WITHOUT"]
Layer = Literal["COGNITIVE", "AFFECTIVE", "BEHAVIOURAL"]
LAYERS: tuple[Layer, ...] = ("COGNITIVE", "AFFECTIVE", "BEHAVIOURAL")
SCALE = 5


class Buying(NamedTuple):
    """What a customer bought in the standard's period. `again`: articles bought on two days or more; `spans` with a purchase, of
    `known_spans` since the first one ever."""

    articles: int
    again: int
    spans: int
    known_spans: int
    first_on: date
    last_on: date


class Answered(NamedTuple):
    """An answer of a survey, the newest one to its question, and where it comes from."""

    value: Decimal
    survey_id: UUID
    source: str
    answered_on: date
    recorded_by: UUID | None


Answers = Mapping[str, Answered]
"""By field of SurveyAnswered; `needs_met` is the fraction met of those named."""


class Incidents(NamedTuple):
    """Founded complaints about quality: after how many it bought again in time, after how many not, and how many are too young."""

    tolerated: int = 0
    lost: int = 0
    waiting: int = 0


class Judged(NamedTuple):
    """`reasons` are what decided, as codes with their figures; no attitude: there is too little to say one."""

    attitude: Attitude | None
    reasons: Mapping[str, str]


def attitude(buying: Buying, wallet: Decimal | None, on: date, standard: LoyaltyStandardPublished) -> Judged:
    """The attitude at the end of the day `on`. The same rule stands in read_models/loyalty.py, for lists."""
    regularity, repeat = Decimal(buying.spans), Decimal(buying.again)
    seen = {
        "regularity": _rate(buying.spans, buying.known_spans),
        "repeat": _rate(buying.again, buying.articles),
        **({} if wallet is None else {"share_of_wallet": f"{wallet:f}"}),
    }
    if (on - buying.first_on).days < standard.known_days:
        return Judged(None, {"known_days": f"{(on - buying.first_on).days}", **seen})
    if regularity < standard.without_regularity * buying.known_spans:
        return Judged("WITHOUT", seen)
    if wallet is not None and wallet < standard.without_wallet:
        return Judged("WITHOUT", seen)
    loyal = regularity >= standard.loyal_regularity * buying.known_spans and repeat >= standard.loyal_repeat * buying.articles
    if loyal and (wallet is None or wallet >= standard.loyal_wallet):
        return Judged("LOYAL", seen)
    return Judged("SWITCHING", seen)


def _rate(part: int, whole: int) -> str:
    return f"{Decimal(part) / whole if whole else Decimal(0):.4f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure: by number as in the sources, its value, and its score from 0 to 1; None where nothing is known.

    `answer` is where an entered value comes from, `basis` what a computed one was computed from.
    """

    number: int
    measure: Measure
    layer: Layer
    value: Decimal | None
    score: Decimal | None
    answer: Answered | None = None
    basis: str | None = None


def measures(
    buying: Buying | None,
    first_on: date | None,
    answers: Answers,
    incidents: Incidents,
    on: date,
    standard: LoyaltyStandardPublished,
) -> list[Measured]:
    """The eight measures of one customer at the end of the day `on`; `first_on`: its first purchase ever."""
    return [
        _repeat(buying),
        _scaled(2, "CONCERN", "COGNITIVE", answers.get("concern")),
        _needs(answers.get("needs_met")),
        _scaled(4, "PRICE_SENSITIVITY", "BEHAVIOURAL", answers.get("price_sensitivity"), falling=True),
        _scaled(5, "COMPETING_PRODUCTS", "AFFECTIVE", answers.get("competing_products"), falling=True),
        _scaled(6, "IDENTIFICATION", "AFFECTIVE", answers.get("identification")),
        _length(first_on, answers.get("days_to_decide"), on, standard),
        _tolerance(incidents),
    ]


def _repeat(buying: Buying | None) -> Measured:
    rate = None if buying is None or not buying.articles else Decimal(buying.again) / buying.articles
    basis = None if buying is None else f"{buying.again} of {buying.articles} articles were bought on two days or more"
    return Measured(1, "REPEAT_PURCHASE", "BEHAVIOURAL", rate, rate, basis=basis)


def _scaled(number: int, measure: Measure, layer: Layer, answer: Answered | None, *, falling: bool = False) -> Measured:
    if answer is None:
        return Measured(number, measure, layer, None, None)
    score = (answer.value - 1) / (SCALE - 1)
    return Measured(number, measure, layer, answer.value, 1 - score if falling else score, answer)


def _needs(answer: Answered | None) -> Measured:
    value = None if answer is None else answer.value
    return Measured(3, "NEEDS_SATISFIED", "COGNITIVE", value, value, answer)


def _length(first_on: date | None, answer: Answered | None, on: date, standard: LoyaltyStandardPublished) -> Measured:
    if standard.length == "DECISION":
        score = None if answer is None else max(1 - answer.value / standard.slow_days, Decimal(0))
        return Measured(7, "LENGTH", "BEHAVIOURAL", None if answer is None else answer.value, score, answer)
    days = None if first_on is None or first_on > on else Decimal((on - first_on).days)
    score = None if days is None or standard.length == "NEITHER" else min(days / standard.long_days, Decimal(1))
    return Measured(7, "LENGTH", "BEHAVIOURAL", days, score, basis=None if first_on is None else f"first bought on {first_on}")


def _tolerance(incidents: Incidents) -> Measured:
    decided = incidents.tolerated + incidents.lost
    rate = Decimal(incidents.tolerated) / decided if decided else None
    basis = (
        f"bought on after {incidents.tolerated} of {decided} founded complaints about quality; {incidents.waiting} are too young"
    )
    return Measured(8, "TOLERANCE", "BEHAVIOURAL", rate, rate, basis=basis)


class Scored(NamedTuple):
    """`score` from 0 to 1 over what is known, None where nothing is; `known`: the fraction of the weight that is known."""

    score: Decimal | None
    known: Decimal


def quality(found: Sequence[Measured], standard: LoyaltyStandardPublished) -> Scored:
    """The quality of the relation: the weighted mean of the scores. A measure that the standard gives no weight counts once."""
    weights: dict[Measure, int] = {one.measure: one.weight for one in standard.weights}
    whole = sum(weights.get(one.measure, 1) for one in found)
    known = [(one.score, weights.get(one.measure, 1)) for one in found if one.score is not None]
    there = sum(weight for _, weight in known)
    if not there:
        return Scored(None, Decimal(0))
    return Scored(sum((score * weight for score, weight in known), Decimal(0)) / there, Decimal(there) / whole)


class Depth(NamedTuple):
    """`reached`: the layers whose score is high enough, None where nothing is known of one. `deepest` of those reached; loyalty that is acted
    and not felt is `habit`: it lasts until something better comes along."""

    layers: Mapping[Layer, Scored]
    reached: Mapping[Layer, bool | None]
    deepest: Layer | None
    habit: bool


def depth(found: Sequence[Measured], standard: LoyaltyStandardPublished) -> Depth:
    layers = {layer: quality([one for one in found if one.layer == layer], standard) for layer in LAYERS}
    reached = {layer: None if one.score is None else one.score >= standard.layer_from for layer, one in layers.items()}
    deepest = next((layer for layer in reversed(LAYERS) if reached[layer]), None)
    return Depth(layers, reached, deepest, habit=bool(reached["BEHAVIOURAL"]) and reached["AFFECTIVE"] is False)


class Portfolio(NamedTuple):
    """Customers of a scope by what they bought in a period and in the one of equal length before it.

    `before` bought then, `buyers` now; `acquired` for the first time ever, `lost` bought then and not now, `won_back` not then but
    earlier; `again` on two days or more now. `prospects` have a card and have never bought.
    """

    before: int
    buyers: int
    acquired: int
    lost: int
    won_back: int
    again: int
    prospects: int

    def rates(self) -> Mapping[str, Decimal | None]:
        """S2.36 and S2.43 as fractions; None where there is nothing to compare with."""
        return {
            "growth_rate": self._of(self.buyers - self.before, self.before),
            "acquisition_rate": self._of(self.acquired, self.acquired + self.prospects),
            "churn_rate": self._of(self.lost, self.before),
            "repeat_purchase_rate": self._of(self.again, self.buyers),
        }

    def _of(self, part: int, whole: int) -> Decimal | None:
        return Decimal(part) / whole if whole else None
