"""Attitude, measures, layers, quality: on both sides of each border of the standard; what surveys may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from services.classification.domain import loyalty_standard
from services.classification.domain.loyalty import Answered, Buying, Incidents, Portfolio, attitude, depth, measures, quality
from services.classification.domain.loyalty_standard import BUILT_IN, LoyaltyOutOfRange
from services.classification.domain.survey import (
    Answers,
    AnswersContradict,
    NotYet,
    RecordSurvey,
    StateRelation,
    SurveyEmpty,
    decide_relation,
    decide_survey,
)
from shared.contracts.loyalty import MeasureWeight, RelationTypeStated, SurveyAnswered

DAY = date(2026, 6, 30)
CUSTOMER, PERSON, SURVEY = UUID(int=1), UUID(int=2), UUID(int=3)
REGULAR = Buying(articles=4, again=2, spans=6, known_spans=10, first_on=DAY - timedelta(days=295), last_on=DAY)


def answered(value: str) -> Answered:
    return Answered(Decimal(value), SURVEY, "spring", DAY, PERSON)


@pytest.mark.parametrize(
    ("buying", "wallet", "expected"),
    [
        (REGULAR, None, "LOYAL"),
        (REGULAR, "0.60", "LOYAL"),
        (REGULAR, "0.59", "SWITCHING"),
        (REGULAR._replace(spans=5), None, "SWITCHING"),
        (REGULAR._replace(again=1), None, "SWITCHING"),
        (REGULAR._replace(spans=3), None, "SWITCHING"),
        (REGULAR._replace(spans=2), None, "WITHOUT"),
        (REGULAR, "0.19", "WITHOUT"),
        (REGULAR._replace(spans=4), "0.20", "SWITCHING"),
        (REGULAR._replace(first_on=DAY - timedelta(days=89)), None, None),
        (REGULAR._replace(first_on=DAY - timedelta(days=90), known_spans=4, spans=4), None, "LOYAL"),
    ],
)
def test_an_attitude_on_both_sides_of_its_borders(buying: Buying, wallet: str | None, expected: str | None) -> None:
    judged = attitude(buying, None if wallet is None else Decimal(wallet), DAY, BUILT_IN)
    assert judged.attitude == expected
    assert ("share_of_wallet" in judged.reasons) is (wallet is not None)


def test_measures_say_what_they_come_from_and_unknown_ones_count_for_nothing() -> None:
    said = {
        "concern": answered("4"),
        "needs_met": answered("0.8"),
        "price_sensitivity": answered("5"),
        "competing_products": answered("2"),
    }
    found = measures(REGULAR, DAY - timedelta(days=365), said, Incidents(1, 1, 3), DAY, BUILT_IN)
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [one.score for one in found] == [
        Decimal("0.5"), Decimal("0.75"), Decimal("0.8"), Decimal(0), Decimal("0.75"), None, Decimal("0.2"), Decimal("0.5"),
    ]  # fmt: skip
    assert found[1].answer is not None
    assert found[1].answer.source == "spring"
    scored = quality(found, BUILT_IN)
    assert (scored.score, scored.known) == (Decimal("3.5") / 7, Decimal(7) / 8)
    heavy = msgspec.structs.replace(BUILT_IN, weights=(MeasureWeight("PRICE_SENSITIVITY", 0), MeasureWeight("CONCERN", 3)))
    assert quality(found, heavy).score == Decimal("5.0") / 8
    nothing = measures(None, None, {}, Incidents(waiting=1), DAY, BUILT_IN)
    assert quality(nothing, BUILT_IN) == (None, 0)
    assert depth(nothing, BUILT_IN).deepest is None


def test_only_the_length_that_the_standard_names_is_scored() -> None:
    said = {"days_to_decide": answered("15")}
    first_on = DAY - timedelta(days=3650)

    def length(scored: str) -> Decimal | None:
        standard = msgspec.structs.replace(BUILT_IN, length=scored)
        return measures(None, first_on, said, Incidents(), DAY, standard)[6].score

    assert [length("RELATION"), length("DECISION"), length("NEITHER")] == [1, Decimal("0.75"), None]
    slow = measures(
        None, None, {"days_to_decide": answered("90")}, Incidents(), DAY, msgspec.structs.replace(BUILT_IN, length="DECISION")
    )
    assert slow[6].score == 0


def test_loyalty_that_is_acted_and_not_felt_is_habit() -> None:
    acted = measures(
        REGULAR._replace(again=4), DAY - timedelta(days=1825), {"identification": answered("2")}, Incidents(), DAY, BUILT_IN
    )
    found = depth(acted, BUILT_IN)
    assert (found.deepest, found.habit) == ("BEHAVIOURAL", True)
    assert dict(found.reached) == {"COGNITIVE": None, "AFFECTIVE": False, "BEHAVIOURAL": True}
    felt = [replace(one, score=Decimal("0.6")) if one.layer == "AFFECTIVE" else one for one in acted]
    assert not depth(felt, BUILT_IN).habit
    known_only = measures(None, None, {"concern": answered("5")}, Incidents(), DAY, BUILT_IN)
    assert depth(known_only, BUILT_IN).deepest == "COGNITIVE"


def test_rates_of_a_portfolio() -> None:
    rates = Portfolio(before=8, buyers=10, acquired=3, lost=2, won_back=1, again=5, prospects=9).rates()
    assert rates == {
        "growth_rate": Decimal("0.25"),
        "acquisition_rate": Decimal("0.25"),
        "churn_rate": Decimal("0.25"),
        "repeat_purchase_rate": Decimal("0.5"),
    }
    assert set(Portfolio(0, 0, 0, 0, 0, 0, 0).rates().values()) == {None}


def survey(answered_on: date = DAY, **answers: object) -> RecordSurvey:
    return RecordSurvey(SURVEY, CUSTOMER, "spring", answered_on, Answers(**answers), PERSON, DAY)  # type: ignore[arg-type]


def test_what_a_survey_may_say() -> None:
    (event,) = decide_survey(survey(concern=4, needs_named=5, needs_met=5))
    assert isinstance(event, SurveyAnswered)
    assert (event.concern, event.needs_met, event.leads, event.recorded_by) == (4, 5, None, PERSON)
    with pytest.raises(SurveyEmpty):
        decide_survey(survey())
    with pytest.raises(NotYet):
        decide_survey(survey(DAY + timedelta(days=1), concern=4))
    for wrong in ({"needs_named": 3}, {"needs_met": 3}, {"needs_named": 3, "needs_met": 4}, {"share_of_wallet": Decimal("1.01")}):
        with pytest.raises(AnswersContradict):
            decide_survey(survey(**wrong))


def test_a_relation_that_the_day_says_already_is_no_news() -> None:
    (event,) = decide_relation([], StateRelation(CUSTOMER, "BASIC", DAY, PERSON, DAY))
    assert decide_relation([event], StateRelation(CUSTOMER, "BASIC", DAY, PERSON, DAY)) == []
    (second,) = decide_relation([event], StateRelation(CUSTOMER, "REACTIVE", DAY, PERSON, DAY))
    assert isinstance(second, RelationTypeStated)
    assert len(decide_relation([event, second], StateRelation(CUSTOMER, "BASIC", DAY, PERSON, DAY))) == 1
    with pytest.raises(NotYet):
        decide_relation([], StateRelation(CUSTOMER, "BASIC", DAY + timedelta(days=1), PERSON, DAY))


def test_each_standard_is_the_next_version_and_borders_that_mean_nothing_are_refused() -> None:
    wanted = msgspec.structs.replace(BUILT_IN, length="DECISION")
    (first,) = loyalty_standard.decide(BUILT_IN, wanted)
    state = loyalty_standard.evolve(BUILT_IN, first)
    assert (state.version, state.length) == (1, "DECISION")
    assert loyalty_standard.decide(state, wanted) == []
    twice = (MeasureWeight("CONCERN", 1), MeasureWeight("CONCERN", 2))
    for wrong in (
        {"spans": 1}, {"spans": 25}, {"span_days": 92}, {"known_days": -1}, {"loyal_regularity": Decimal("0.25")},
        {"without_wallet": Decimal("0.6")}, {"loyal_repeat": Decimal("1.1")}, {"layer_from": Decimal(0)}, {"slow_days": 0},
        {"weights": twice}, {"weights": (MeasureWeight("CONCERN", -1),)},
    ):  # fmt: skip
        with pytest.raises(LoyaltyOutOfRange):
            loyalty_standard.decide(BUILT_IN, msgspec.structs.replace(BUILT_IN, **wrong))
