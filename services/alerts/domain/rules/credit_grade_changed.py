"""The credit grade of a customer has changed: trade should shrink or stop, or may grow. The good news reaches sales like the bad.

Grades come from runs of the service classification, by the company's standard; these rules pass on what such a run found.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.customer_grade import Credit
from services.alerts.domain.signs import Rule, Sign, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason
from shared.contracts.credit_grades import GRADES, LOWERED_RULE_ID, RAISED_RULE_ID

CHANNEL = "grade"
_LEVELS: tuple[tuple[Level, str], ...] = (("act", "SHRINK"), ("stop", "STOP"))


def credit_grade_lowered(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Act where the grade is SHRINK, stop where it is STOP; over as soon as it is better. It began with the run that lowered it."""
    credit = customer.credit
    if credit is None:
        return ()
    level: Level | None = next((level for level, grade in _LEVELS if grade == credit.grade), None)
    return (_sign(credit, level, today),)


def credit_grade_raised(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch where the grade has become GROW. A customer whose very first grade it is, is no news unless `first_grade` is 1."""
    credit = customer.credit
    if credit is None:
        return ()
    told = credit.grade == "GROW" and (credit.previous is not None or terms.parameters[RAISED_RULE_ID].whole("first_grade") > 0)
    return (_sign(credit, "watch" if told else None, today),)


def _sign(credit: Credit, level: Level | None, today: date) -> Sign:
    def reasons() -> tuple[Reason, ...]:
        return (_graded(credit), *credit.reasons)

    def evidence() -> tuple[UUID, ...]:
        return (credit.by,)

    return Sign(
        channel=CHANNEL,
        began=credit.began,
        level=level,
        true_on=None if level is None else min(credit.on, today),
        over=level is None,
        changes_on=lambda: None,
        reasons=reasons,
        evidence=evidence,
    )


def _graded(credit: Credit) -> Reason:
    figures: dict[str, str | int] = {"grade": credit.grade, "graded_on": credit.on.isoformat(), "points": credit.points}
    before = ""
    if credit.previous is not None:
        figures["previous"] = credit.previous
        before = f", {credit.previous} before"
    return Reason(code="CREDIT_GRADE", sentence=f"Graded {credit.grade} on {credit.on}{before}.", figures=figures)


def lowered_why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """A grade that is low enough: GROW is 0, HOLD 1, SHRINK 2, STOP 3."""
    credit = customer.credit
    if credit is None:
        return _never_graded("act")
    place = GRADES.index(credit.grade)
    sentence = f"Graded {credit.grade} on {credit.on}."
    return tuple(at_least(CHANNEL, level, "GRADE", sentence, place, GRADES.index(grade)) for level, grade in _LEVELS)


def raised_why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """The grade GROW, and another one before."""
    credit = customer.credit
    if credit is None:
        return _never_graded("watch")
    asked = 0 if terms.parameters[RAISED_RULE_ID].whole("first_grade") > 0 else 1
    before = "Graded for the first time." if credit.previous is None else f"It was {credit.previous} before."
    return (
        at_least(CHANNEL, "watch", "GRADE_GROW", f"Graded {credit.grade} on {credit.on}.", int(credit.grade == "GROW"), 1),
        at_least(CHANNEL, "watch", "GRADED_BEFORE", before, int(credit.previous is not None), asked),
    )


def _never_graded(level: Level) -> tuple[Condition, ...]:
    return (at_least(ALL, level, "GRADED", "The customer has no credit grade.", 0, 1),)


def _ended(customer: WatchedCustomer, on: date) -> Reason:
    if customer.credit is None:
        return Reason(
            code="NO_CREDIT_GRADE",
            sentence=f"On {on} the customer has no credit grade any more.",
            figures={"as_of": on.isoformat()},
        )
    return _graded(customer.credit)


CREDIT_GRADE_LOWERED = Rule(
    id=LOWERED_RULE_ID,
    kind="credit",
    title="Trade on credit should shrink or stop",
    waits_for=(),
    defaults={},
    judge=credit_grade_lowered,
    ended=_ended,
    why_not=lowered_why_not,
)
CREDIT_GRADE_RAISED = Rule(
    id=RAISED_RULE_ID,
    kind="sales",
    title="Trade on credit may grow",
    waits_for=(),
    defaults={"first_grade": Decimal(0)},
    judge=credit_grade_raised,
    ended=_ended,
    why_not=raised_why_not,
)
