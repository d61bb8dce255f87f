"""The rules behind purchase intents: answers, grades on both sides of each line, days of regrading, who leads whom, samples."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from services.classification.domain import man, prospect_standard, sampling
from services.classification.domain.man import AnswerMan
from services.classification.domain.posts import AREA, SALESPERSON, SUPERIOR, Led, Post, led_on
from services.classification.domain.prospect_grade import Progress, graded
from services.classification.domain.prospect_refusals import CardNotSampled, DayInFuture, NothingToSample, SampleUnknown
from services.classification.domain.prospect_standard import BUILT_IN, ProspectStandardOutOfRange
from services.classification.domain.reviewing import regrading_due, week_of
from services.classification.domain.sampling import CheckCard, DrawSample
from shared.contracts.prospects import CardsSampled, ManAnswered, ProspectStandardPublished, SampledCardChecked

TODAY = date(2026, 6, 17)
NOTHING = ("UNKNOWN", "UNKNOWN", "UNKNOWN")
ALL = ("YES", "YES", "LARGE")


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def test_there_are_eight_answers_and_none_while_something_is_unknown() -> None:
    known = product(("YES", "NO"), ("YES", "NO"), ("LARGE", "NONE"))
    assert sorted(str(man.answer_of(values)) for values in known) == sorted(man.ANSWERS)
    for values in product(("YES", "NO", "UNKNOWN"), ("YES", "NO", "UNKNOWN"), ("LARGE", "NONE", "UNKNOWN")):
        answer = man.answer_of(values)
        assert (answer is None) == ("UNKNOWN" in values)
        assert (man.action_of(answer) == "FIND_OUT") == bool(man.missing(values))
        if answer is not None:
            assert man.behind(answer) == values
            assert len(man.wanting(values)) == 3 - man.there(values)


def said(**more: Any) -> AnswerMan:
    given: dict[str, Any] = {"money": None, "authority": None, "need": None, "by": "E-1", "on": TODAY, **more}
    return AnswerMan(intent_id=UUID(int=1), customer_id=UUID(int=2), today=TODAY, decided_by=UUID(int=3), **given)


def test_the_answer_of_the_later_day_stands_in_whatever_order_they_come() -> None:
    def answered(need: Any, on: date) -> ManAnswered:
        return ManAnswered(intent_id=UUID(int=1), customer_id=UUID(int=2), need=need, answered_by="E-1", answered_on=on)

    early, late = answered("NONE", days(-3)), answered("LARGE", days(-1))
    for events in ([early, late], [late, early]):
        assert man.known_on(events, TODAY)["NEED"].value == "LARGE"
        assert man.known_on(events, days(-2))["NEED"].value == "NONE"
        assert man.known_on(events, days(-4)) == {}


def test_only_news_about_money_authority_and_need_is_told() -> None:
    [event] = man.decide(man.NOTHING_KNOWN, said(money="YES"))
    known = man.evolve(man.NOTHING_KNOWN, event)
    assert man.decide(known, said(money="YES")) == []
    assert len(man.decide(known, said(money="YES", need="NONE"))) == 1
    assert len(man.decide(known, said(money="YES", by="E-2"))) == 1
    with pytest.raises(DayInFuture):
        man.decide(known, said(money="NO", on=days(1)))


def progress(**more: Any) -> Progress:
    given = {"opened_on": days(-100), "expected_on": None, "man": NOTHING, "contact_on": None, "further": False, **more}
    return Progress(**given)


@pytest.mark.parametrize(
    ("progress", "grade", "points"),
    [
        (progress(), "C", 0),
        (progress(man=("YES", "YES", "UNKNOWN")), "C", 2),
        (progress(man=ALL), "B", 3),
        (progress(man=ALL, expected_on=days(90)), "B", 4),
        (progress(man=ALL, expected_on=days(91)), "B", 3),
        (progress(man=ALL, expected_on=days(30)), "A", 5),
        (progress(man=ALL, expected_on=days(31)), "B", 4),
        (progress(man=ALL, expected_on=days(0)), "A", 5),
        (progress(man=ALL, expected_on=days(-1)), "B", 3),
        (progress(man=ALL, expected_on=days(90), contact_on=days(-29)), "A", 5),
        (progress(man=ALL, expected_on=days(90), contact_on=days(-30)), "B", 4),
        (progress(man=("NO", "NO", "NONE"), expected_on=days(1), contact_on=TODAY), "C", 3),
        (progress(further=True, opened_on=days(-29)), "B", 0),
        (progress(further=True, opened_on=days(-30)), "C", 0),
        (progress(further=True, opened_on=days(-1), man=("NO", "NO", "NONE")), "C", 0),
        (progress(further=True, opened_on=days(-1), man=ALL, expected_on=days(5)), "A", 5),
    ],
)
def test_a_grade_on_both_sides_of_each_line(progress: Progress, grade: str, points: int) -> None:
    found = graded(progress, TODAY, BUILT_IN)
    assert (found.grade, found.points) == (grade, points)
    assert found.reasons


def test_no_day_is_further_than_three_days_from_a_regrading_twice_a_week() -> None:
    for number in range(14):
        due = regrading_due(days(number), BUILT_IN)
        assert due.isoweekday() in (1, 4)
        assert 0 <= (days(number) - due).days <= 3
    assert week_of(TODAY) == date(2026, 6, 15)


@pytest.mark.parametrize(
    "wrong",
    [
        {"regraded_on": (3,)},
        {"regraded_on": (3, 3)},
        {"regraded_on": (0, 3)},
        {"near_days": 90},
        {"b_points": 5},
        {"a_points": 7},
        {"review_days": (7, 1, 30)},
        {"sample_size": 0},
    ],
)
def test_a_standard_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProspectStandardOutOfRange):
        prospect_standard.decide(BUILT_IN, replace(BUILT_IN, **wrong))


def test_a_standard_is_numbered_and_the_same_again_is_no_news() -> None:
    [first] = prospect_standard.decide(BUILT_IN, replace(BUILT_IN, regraded_on=(5, 2)))
    assert isinstance(first, ProspectStandardPublished)
    assert (first.version, first.regraded_on) == (1, (2, 5))
    assert prospect_standard.decide(first, replace(BUILT_IN, regraded_on=(2, 5))) == []


def test_the_superior_is_that_of_the_next_larger_area() -> None:
    posts = [
        Post("N", AREA, None, None, None, "ALL"),
        Post("ALL", AREA, None, None, None, None),
        Post("ALL", SUPERIOR, "E-9", days(-50), None, None),
        Post("N", SUPERIOR, "E-3", days(-10), None, None),
        Post("N", SALESPERSON, "E-1", days(-40), days(-5), None),
        Post("N", SALESPERSON, "E-2", days(-40), None, None),
    ]
    assert led_on(posts, TODAY) == [Led("E-2", "E-3")]
    assert led_on(posts, days(-6)) == [Led("E-1", "E-3"), Led("E-2", "E-3")]
    assert led_on(posts, days(-20)) == [Led("E-1", "E-9"), Led("E-2", "E-9")]
    assert led_on(posts, days(-45)) == []


def test_a_circle_of_areas_has_no_superior() -> None:
    posts = [
        Post("A", AREA, None, None, None, "B"),
        Post("B", AREA, None, None, None, "A"),
        Post("A", SALESPERSON, "E-1", None, None, None),
    ]
    assert led_on(posts, TODAY) == [Led("E-1", None)]


def test_a_sample_is_drawn_once_and_its_cards_are_checked() -> None:
    card, monday = uuid4(), week_of(TODAY)
    draw = DrawSample("E-1", "E-3", monday, (card,), TODAY, UUID(int=3))
    [drawn] = sampling.decide([], draw)
    assert isinstance(drawn, CardsSampled)
    assert sampling.decide([drawn], draw) == []
    check = CheckCard(card, "WRONG", TODAY, TODAY, UUID(int=3))
    [checked] = sampling.decide([drawn], check)
    assert isinstance(checked, SampledCardChecked)
    assert sampling.decide([drawn, checked], check) == []
    with pytest.raises(SampleUnknown):
        sampling.decide([], check)
    with pytest.raises(CardNotSampled):
        sampling.decide([drawn], CheckCard(uuid4(), "WRONG", TODAY, TODAY, UUID(int=3)))
    with pytest.raises(DayInFuture):
        sampling.decide([drawn], CheckCard(card, "WRONG", days(1), TODAY, UUID(int=3)))
    with pytest.raises(NothingToSample):
        sampling.decide([], DrawSample("E-1", "E-3", monday, (), TODAY, UUID(int=3)))
    with pytest.raises(DayInFuture):
        sampling.decide([], DrawSample("E-1", "E-3", days(7), (card,), TODAY, UUID(int=3)))
