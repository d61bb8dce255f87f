"""Measures of credit control become restrictions of trade."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.cards.reactions.measure_decided import react
from shared.contracts.alerts import MeasureDecided
from shared.contracts.cards import TradeReleased, TradeRestricted
from tests.unit.cards.telling import CUSTOMER, told

ALERT, PERSON = UUID(int=11), UUID(int=12)


def decided(measure: Any) -> MeasureDecided:
    return MeasureDecided(alert_id=ALERT, customer_id=CUSTOMER, kind="credit", measure=measure, decided_by=PERSON)


@pytest.mark.parametrize("measure", ["HOLD", "STOP"])
def test_hold_and_stop_restrict_trade(measure: Any) -> None:
    [append] = react(told([decided(measure)])[0])
    assert (append.stream, append.expected, append.customer_id) == (f"card-{CUSTOMER}", "any", CUSTOMER)
    assert append.events[0].event == TradeRestricted(customer_id=CUSTOMER, measure=measure, alert_id=ALERT, decided_by=PERSON)


def test_release_releases_trade() -> None:
    [append] = react(told([decided("RELEASE")])[0])
    assert append.events[0].event == TradeReleased(customer_id=CUSTOMER, alert_id=ALERT, decided_by=PERSON)


@pytest.mark.parametrize("measure", ["GROW", "SHRINK", "VISIT", "SETTLE"])
def test_other_measures_are_not_for_the_card(measure: Any) -> None:
    assert react(told([decided(measure)])[0]) == ()


def test_the_same_decision_gives_the_same_event_id() -> None:
    envelope = told([decided("STOP")])[0]
    assert react(envelope) == react(envelope)
