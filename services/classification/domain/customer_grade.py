"""The company's own grade of a customer (S4.25): an ordered list of grades, each with conditions over figures that are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from services.classification.domain.standard import LONGEST_PERIOD, StandardRefused
from services.classification.domain.versions import next_version
from shared.contracts.alerts import Reason
from shared.contracts.customer_grades import CustomerGradeStandardPublished, GradeCondition, GradeRule
from shared.contracts.event import Event

STREAM = "standard-customer-grade"

Figures = Mapping[str, Decimal | str | None]
"""What is known of a customer, by the figure's name; None: not known."""

NUMBERS = {
    "net": "Net sales of the period",
    "share": "Share of the company's net sales of the period",
    "buying_days": "Days of the period on which it bought",
    "length_days": "Days since its first purchase",
    "silent_days": "Days since its last purchase",
    "credit_points": "Points against its credit",
}
WORDS = {
    "value_class": "Value class",
    "credit_grade": "Credit grade",
    "position_class": "Position",
    "nature": "Nature",
    "ownership": "Ownership",
    "shop_kind": "Shop kind",
    "location": "Location",
    "industry": "Industry",
}
MOST_GRADES = 12
MOST_CONDITIONS = 12

_TRUSTED = GradeCondition(figure="credit_grade", one_of=("GROW", "HOLD"), or_unknown=True)
BUILT_IN = CustomerGradeStandardPublished(
    version=0,
    grades=(
        GradeRule(
            grade="KEY",
            conditions=(
                GradeCondition(figure="value_class", one_of=("A",)),
                GradeCondition(figure="position_class", one_of=("MAIN",)),
                _TRUSTED,
            ),
            goods="FIRST",
            sales="KEY_ACCOUNT",
            collection="BY_TERMS",
        ),
        GradeRule(
            grade="GOOD",
            conditions=(GradeCondition(figure="value_class", one_of=("A", "B")), _TRUSTED),
            goods="AS_ORDERED",
            sales="DEVELOP",
            collection="BY_TERMS",
        ),
        GradeRule(
            grade="NORMAL",
            conditions=(
                GradeCondition(figure="net", at_least=Decimal("0.01")),
                GradeCondition(figure="credit_grade", one_of=("GROW", "HOLD", "SHRINK"), or_unknown=True),
            ),
            goods="AS_ORDERED",
            sales="KEEP",
            collection="BY_TERMS",
        ),
        GradeRule(
            grade="WATCHED",
            conditions=(GradeCondition(figure="buying_days", at_least=Decimal(1)),),
            goods="AGAINST_PAYMENT",
            sales="KEEP",
            collection="CLOSE",
        ),
        GradeRule(grade="DORMANT", goods="AGAINST_PAYMENT", sales="WIN_BACK", collection="CLOSE"),
    ),
)
"""Version 0: a beginning; every company is to publish its own."""


class GradesOutOfOrder(StandardRefused):
    """Grades have different codes, conditions name known figures, numbers have borders and words have a list."""


class GradeFound(NamedTuple):
    """None: no rule fits."""

    grade: str | None
    reasons: tuple[Reason, ...]


def decide(state: CustomerGradeStandardPublished, wanted: CustomerGradeStandardPublished) -> list[Event]:
    """The next version; nothing when it says what the last one says. Raises GradesOutOfOrder."""
    check(wanted)
    return next_version(state, wanted)


def check(wanted: CustomerGradeStandardPublished) -> None:
    """Raises GradesOutOfOrder."""
    codes = [rule.grade for rule in wanted.grades]
    if not 1 <= len(codes) <= MOST_GRADES or len(set(codes)) != len(codes):
        raise GradesOutOfOrder
    if not 1 <= wanted.period_days <= LONGEST_PERIOD:
        raise GradesOutOfOrder
    for rule in wanted.grades:
        if len(rule.conditions) > MOST_CONDITIONS or not all(map(_sound, rule.conditions)):
            raise GradesOutOfOrder
    # A rule without conditions fits everybody: what stands behind it could never be reached.
    if any(not rule.conditions for rule in wanted.grades[:-1]):
        raise GradesOutOfOrder


def _sound(one: GradeCondition) -> bool:
    if one.figure in WORDS:
        return bool(one.one_of) and one.at_least is None and one.at_most is None
    if one.figure not in NUMBERS or one.one_of or (one.at_least is None and one.at_most is None):
        return False
    return one.at_least is None or one.at_most is None or one.at_least <= one.at_most


def evolve(state: CustomerGradeStandardPublished, event: Event) -> CustomerGradeStandardPublished:
    """The standard after one event of its stream."""
    if not isinstance(event, CustomerGradeStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event


def grade_of(figures: Figures, standard: CustomerGradeStandardPublished) -> str | None:
    """The first grade whose conditions are all met; None where none is."""
    for rule in standard.grades:
        if all(meets(figures, one) for one in rule.conditions):
            return rule.grade
    return None


def graded(figures: Figures, standard: CustomerGradeStandardPublished) -> GradeFound:
    """The grade, the conditions that it rests on, and what was missing for the grade above it."""
    found = grade_of(figures, standard)
    codes = [rule.grade for rule in standard.grades]
    at = len(codes) if found is None else codes.index(found)
    own = () if found is None else standard.grades[at].conditions
    reasons = [_reason(figures, one, codes[at], met=True) for one in own]
    if at > 0:
        above = standard.grades[at - 1]
        reasons += [_reason(figures, one, above.grade, met=False) for one in above.conditions if not meets(figures, one)]
    return GradeFound(found, tuple(reasons))


def meets(figures: Figures, one: GradeCondition) -> bool:
    value = figures.get(one.figure)
    if value is None:
        return one.or_unknown
    if isinstance(value, str):
        return value in one.one_of
    return (one.at_least is None or value >= one.at_least) and (one.at_most is None or value <= one.at_most)


def _reason(figures: Figures, one: GradeCondition, grade: str, *, met: bool) -> Reason:
    value = figures.get(one.figure)
    said = "not known" if value is None else value if isinstance(value, str) else f"{value:f}"
    label = NUMBERS.get(one.figure) or WORDS[one.figure]
    asked: dict[str, str | int] = {}
    if one.at_least is not None:
        asked["at_least"] = f"{one.at_least:f}"
    if one.at_most is not None:
        asked["at_most"] = f"{one.at_most:f}"
    if one.one_of:
        asked["one_of"] = ", ".join(one.one_of)
    wanted = " and ".join(f"{name.replace('_', ' ')} {border}" for name, border in asked.items())
    verb = "as" if met else "not as"
    sentence = f"{label} is {said}, {verb} {grade} asks: {wanted}."
    return Reason(
        code=one.figure.upper() if met else f"{one.figure.upper()}_MISSING",
        sentence=sentence,
        figures={"grade": grade, one.figure: said, **asked},
    )
