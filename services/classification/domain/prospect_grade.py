"""How near a purchase intent is to a purchase: A, B or C by a published standard, from its progress. Pure.

What a person states as the grade of an intent is no sign here: both stand beside each other, see docs/decisions/0031.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.classification.domain.man import Values, action_of, answer_of, there
from shared.contracts.alerts import Reason
from shared.contracts.intents import Grade
from shared.contracts.prospects import ProspectStandardPublished


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of an intent on a day. `contact_on`: the last visit or talk; `further`: the customer had an intent before."""

    opened_on: date
    expected_on: date | None
    man: Values
    contact_on: date | None
    further: bool


class Graded(NamedTuple):
    """`answer` is that of money, authority and need, None while one is unknown."""

    grade: Grade
    points: int
    answer: str | None
    reasons: tuple[Reason, ...]


def graded(progress: Progress, day: date, standard: ProspectStandardPublished) -> Graded:
    """The grade at a business day, with its reasons in numbers."""
    signs = list(_signs(progress, day, standard))
    points = sum(number for number, _ in signs)
    reasons = tuple(reason for _, reason in signs)
    answer = answer_of(progress.man)
    if action_of(answer) == "STOP_CONTACT":
        reason = _reason("NO_CUSTOMER", "Neither money nor authority nor need is there.")
        return Graded("C", points, answer, (*reasons, reason))
    grade: Grade = "A" if points >= standard.a_points else "B" if points >= standard.b_points else "C"
    age = (day - progress.opened_on).days
    if grade == "C" and progress.further and age < standard.further_days:
        reason = _reason("FURTHER_INTENT", f"A further intent of a customer, {age} days old, has at least B.", days=age)
        return Graded("B", points, answer, (*reasons, reason))
    return Graded(grade, points, answer, reasons)


def _signs(progress: Progress, day: date, standard: ProspectStandardPublished) -> Iterator[tuple[int, Reason]]:
    conditions = there(progress.man)
    sentence = f"{conditions} of money, authority and need {'is' if conditions == 1 else 'are'} there."
    yield conditions, _reason("CONDITIONS", sentence, conditions=conditions, points=conditions)
    if progress.expected_on is not None:
        yield _expected(progress.expected_on, day, standard)
    if progress.contact_on is not None:
        ago = (day - progress.contact_on).days
        points = int(0 <= ago < standard.contact_days)
        sentence = f"The last contact was on {progress.contact_on}, {ago} days ago."
        yield points, _reason("CONTACT", sentence, contact_on=progress.contact_on.isoformat(), days=ago, points=points)


def _expected(on: date, day: date, standard: ProspectStandardPublished) -> tuple[int, Reason]:
    left = (on - day).days
    if left < 0:
        sentence = f"It was expected on {on}, {-left} days ago."
        return 0, _reason("EXPECTED_DAY_PASSED", sentence, expected_on=on.isoformat(), days=left, points=0)
    points = 2 if left <= standard.near_days else 1 if left <= standard.far_days else 0
    sentence = f"It is expected on {on}, in {left} days."
    return points, _reason("EXPECTED", sentence, expected_on=on.isoformat(), days=left, points=points)


def _reason(code: str, sentence: str, **figures: str | int) -> Reason:
    return Reason(code=code, sentence=sentence, figures=figures)
