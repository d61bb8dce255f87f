"""The company's own grade: the first rule that fits decides, each border from both sides, with what was missing for the next."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from services.classification.domain.customer_grade import BUILT_IN, GradesOutOfOrder, decide, evolve, grade_of, graded
from shared.contracts.customer_grades import CustomerGradeStandardPublished, GradeCondition, GradeRule

KEY = {"value_class": "A", "position_class": "MAIN", "credit_grade": "HOLD", "net": Decimal(900), "buying_days": Decimal(9)}


def standard(*rules: GradeRule) -> CustomerGradeStandardPublished:
    return CustomerGradeStandardPublished(version=1, grades=rules)


def condition(**fields: Any) -> GradeCondition:
    return GradeCondition(**fields)


@pytest.mark.parametrize(
    ("known", "grade"),
    [
        ({}, "KEY"),
        ({"credit_grade": None}, "KEY"),
        ({"position_class": "ORDINARY"}, "GOOD"),
        ({"position_class": None}, "GOOD"),
        ({"credit_grade": "SHRINK"}, "NORMAL"),
        ({"value_class": "C"}, "NORMAL"),
        ({"value_class": "C", "net": Decimal(0)}, "WATCHED"),
        ({"credit_grade": "STOP"}, "WATCHED"),
        ({"credit_grade": "STOP", "buying_days": Decimal(0)}, "DORMANT"),
    ],
)
def test_the_first_rule_that_fits_decides(known: dict[str, Any], grade: str) -> None:
    assert grade_of({**KEY, **known}, BUILT_IN) == grade


@pytest.mark.parametrize(("net", "grade"), [("99.99", None), ("100.00", "X"), ("200.00", "X"), ("200.01", None)])
def test_a_number_lies_within_its_borders(net: str, grade: str | None) -> None:
    one = condition(figure="net", at_least=Decimal(100), at_most=Decimal(200))
    assert grade_of({"net": Decimal(net)}, standard(GradeRule(grade="X", conditions=(one,)))) == grade


def test_what_is_not_known_meets_a_condition_only_where_it_says_so() -> None:
    strict = condition(figure="silent_days", at_most=Decimal(60))
    assert grade_of({}, standard(GradeRule(grade="X", conditions=(strict,)))) is None
    lenient = msgspec.structs.replace(strict, or_unknown=True)
    assert grade_of({}, standard(GradeRule(grade="X", conditions=(lenient,)))) == "X"


def test_reasons_say_what_was_met_and_what_the_next_better_grade_asks() -> None:
    found = graded({**KEY, "position_class": "ORDINARY"}, BUILT_IN)
    assert found.grade == "GOOD"
    assert [(one.code, one.figures["grade"]) for one in found.reasons] == [
        ("VALUE_CLASS", "GOOD"),
        ("CREDIT_GRADE", "GOOD"),
        ("POSITION_CLASS_MISSING", "KEY"),
    ]
    assert found.reasons[-1].sentence == "Position is ORDINARY, not as KEY asks: one of MAIN."


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (GradeRule(grade="X"), GradeRule(grade="Y")),
        (GradeRule(grade="X", conditions=(condition(figure="net"),)),),
        (GradeRule(grade="X", conditions=(condition(figure="nothing", at_least=Decimal(1)),)),),
        (GradeRule(grade="X", conditions=(condition(figure="value_class", at_least=Decimal(1)),)),),
        (GradeRule(grade="X", conditions=(condition(figure="net", one_of=("A",)),)),),
        (GradeRule(grade="X", conditions=(condition(figure="net", at_least=Decimal(2), at_most=Decimal(1)),)),),
        (GradeRule(grade="X", conditions=(condition(figure="net", at_least=Decimal(2)),)), GradeRule(grade="X")),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(rules: tuple[GradeRule, ...]) -> None:
    with pytest.raises(GradesOutOfOrder):
        decide(BUILT_IN, standard(*rules))


def test_versions_count_and_the_same_again_publishes_nothing() -> None:
    (first,) = decide(BUILT_IN, standard(GradeRule(grade="X")))
    state = evolve(BUILT_IN, first)
    assert state.version == 1
    assert decide(state, standard(GradeRule(grade="X"))) == []
    (second,) = decide(state, standard(GradeRule(grade="Y")))
    assert evolve(state, second).version == 2
