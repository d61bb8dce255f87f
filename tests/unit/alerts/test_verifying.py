"""What a measure came to, said by the figures of then and now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.alerts.domain.following import follow
from shared.contracts.alert_steps import (
    MeasureTaken,
    MeasureVerified,
)
from shared.contracts.alerts import (
    AlertClosed,
    AlertRecovered,
    CustomerFigures,
    MeasureDecided,
)
from shared.contracts.money import Money
from tests.unit.alerts.following import MEASURE, MONDAY, PERSON, SERVED, STANDARDS, Story, about, days, opened


def amounts(exposure: str, overdue: str, sold: str = "0", last: date | None = None) -> CustomerFigures:
    def cny(amount: str) -> tuple[Money, ...]:
        return (Money(Decimal(amount), "CNY"),)

    return CustomerFigures(as_of=MONDAY, exposure=cny(exposure), overdue=cny(overdue), sold=cny(sold), last_purchase_on=last)


@pytest.mark.requirement("S2.31")
@pytest.mark.parametrize(
    ("measure", "now", "worked"),
    [
        ("SETTLE", amounts("900", "0"), True),
        ("SETTLE", amounts("900", "1"), False),
        ("SHRINK", amounts("899", "500"), True),
        ("SHRINK", amounts("900", "500"), False),
        ("HOLD", amounts("900", "500"), True),
        ("HOLD", amounts("901", "500"), False),
        ("STOP", amounts("900", "500", last=days(2)), True),
        ("STOP", amounts("900", "500", last=days(3)), False),
        ("GROW", amounts("900", "500", "1001"), True),
        ("GROW", amounts("900", "500", "1000"), False),
        ("VISIT", amounts("900", "499"), True),
        ("VISIT", amounts("900", "500", last=days(9)), False),
    ],
)
def test_what_a_measure_came_to_is_said_by_the_figures(measure: Any, now: CustomerFigures, worked: bool) -> None:
    before = amounts("900", "500", "1000")
    story = Story(opened("stop"), customer=replace(SERVED, figures=now))
    story.on(MONDAY)
    story.tell(
        AlertClosed(**about(), outcome="TRUE", cause="X", closed_by=PERSON),
        MeasureDecided(**about(), measure=measure, decided_by=PERSON, measure_id=MEASURE, due_on=days(2), figures=before),
        MeasureTaken(**about(), measure_id=MEASURE, taken_on=days(2), taken_by=PERSON, verify_on=days(20)),
    )
    assert story.on(days(20)) == []
    story.customer = replace(story.customer, complete_through=days(19))
    state = story.the()
    assert follow([state], STANDARDS, story.customer, days(21)) == [], "a source has not delivered the day yet"
    story.customer = replace(story.customer, complete_through=days(20))
    (verified,) = story.on(days(21))
    assert isinstance(verified, MeasureVerified) and verified.worked == worked


@pytest.mark.parametrize(("measure", "verified"), [("VISIT", True), ("SETTLE", True), ("SHRINK", False)])
def test_what_recovers_verifies_what_was_done_for_it(measure: Any, verified: bool) -> None:
    story = Story(opened("stop"))
    story.on(MONDAY)
    story.tell(
        MeasureDecided(**about(), measure=measure, decided_by=PERSON, measure_id=MEASURE),
        MeasureTaken(**about(), measure_id=MEASURE, taken_on=days(1), taken_by=PERSON, verify_on=days(30)),
        AlertRecovered(**about(), reasons=(), true_on=days(2)),
    )
    found = [one for one in story.on(days(2)) if isinstance(one, MeasureVerified)]
    assert [one.worked for one in found] == ([True] if verified else [])
