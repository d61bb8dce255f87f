"""Where a customer stands in trade: which steps follow which, and what the stage is after them."""

from __future__ import annotations

from datetime import date
from functools import reduce
from itertools import permutations
from uuid import UUID

import pytest

from services.cards.domain import refusals
from services.cards.domain.trade_stage import Admit, EndTrade, Standing, StartTrade, TradeStep, decide, evolve, standing
from shared.contracts.event import Event
from shared.contracts.relations import (
    AdmissionCondition,
    AdmissionStandardPublished,
    ConditionChecked,
    ProspectAdmitted,
    TradeEnded,
    TradeStarted,
)

CUSTOMER, PERSON = UUID(int=1), UUID(int=2)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
STANDARD = AdmissionStandardPublished(
    version=3, conditions=(AdmissionCondition(code="LICENCE", text="A licence"), AdmissionCondition(code="SHOP", text="A shop"))
)
LICENCE, SHOP = ConditionChecked(code="LICENCE", met=True), ConditionChecked(code="SHOP", met=True)
ADMITTED = ProspectAdmitted(
    customer_id=CUSTOMER, standard_version=3, checks=(LICENCE, SHOP), admitted_on=MARCH, decided_by=PERSON
)
STARTED = TradeStarted(customer_id=CUSTOMER, started_on=APRIL, decided_by=PERSON)
ENDED = TradeEnded(customer_id=CUSTOMER, ended_on=MAY, reason="CLOSED_DOWN", decided_by=PERSON)


def now(*events: Event, trading_since: date | None = None, stub: bool = False) -> Standing:
    return standing(reduce(evolve, events, TradeStep()), trading_since, stub=stub)


def admit(*checks: ConditionChecked, standard: AdmissionStandardPublished | None = STANDARD, on: date = MARCH) -> Admit:
    return Admit(standard, checks, on, PERSON)


def test_a_customer_comes_in_as_a_prospect() -> None:
    assert now() == Standing("PROSPECT", None)


def test_who_meets_every_condition_is_admitted() -> None:
    assert decide(CUSTOMER, now(), admit(LICENCE, SHOP)) == [ADMITTED]
    assert now(ADMITTED) == Standing("ABOUT_TO_TRADE", MARCH)


def test_a_condition_that_is_not_met_or_was_not_checked_is_named() -> None:
    with pytest.raises(refusals.AdmissionConditionsUnmet) as refused:
        decide(CUSTOMER, now(), admit(ConditionChecked(code="LICENCE", met=False)))
    assert refused.value.codes == ("LICENCE", "SHOP")


def test_a_condition_that_the_standard_does_not_have_is_named() -> None:
    with pytest.raises(refusals.ConditionUnknown) as refused:
        decide(CUSTOMER, now(), admit(LICENCE, SHOP, ConditionChecked(code="MOON", met=True)))
    assert refused.value.codes == ("MOON",)


def test_without_a_standard_nobody_is_admitted() -> None:
    with pytest.raises(refusals.AdmissionStandardMissing):
        decide(CUSTOMER, now(), admit(LICENCE, SHOP, standard=None))


def test_trade_starts_after_admission() -> None:
    assert decide(CUSTOMER, now(ADMITTED), StartTrade((), APRIL, PERSON)) == [STARTED]
    with pytest.raises(refusals.NotAdmitted):
        decide(CUSTOMER, now(), StartTrade((), APRIL, PERSON))


def test_trade_does_not_start_on_an_incomplete_card() -> None:
    with pytest.raises(refusals.IncompleteForTrade) as refused:
        decide(CUSTOMER, now(ADMITTED), StartTrade(("terms",), APRIL, PERSON))
    assert refused.value.fields == ("terms",)


def test_who_trades_is_neither_admitted_nor_started_again() -> None:
    with pytest.raises(refusals.AlreadyTrading):
        decide(CUSTOMER, now(ADMITTED, STARTED), admit(LICENCE, SHOP, on=MAY))
    with pytest.raises(refusals.AlreadyTrading):
        decide(CUSTOMER, now(ADMITTED, STARTED), StartTrade((), MAY, PERSON))


def test_the_same_step_of_the_same_day_is_no_news() -> None:
    assert decide(CUSTOMER, now(ADMITTED, STARTED), StartTrade((), APRIL, PERSON)) == []
    assert decide(CUSTOMER, now(ADMITTED, STARTED, ENDED), EndTrade("CLOSED_DOWN", MAY, PERSON)) == []


def test_trade_ends_where_there_was_trade() -> None:
    assert decide(CUSTOMER, now(ADMITTED, STARTED), EndTrade("CLOSED_DOWN", MAY, PERSON)) == [ENDED]
    with pytest.raises(refusals.NotTrading):
        decide(CUSTOMER, now(ADMITTED), EndTrade("CLOSED_DOWN", MAY, PERSON))


def test_a_past_customer_starts_anew_only_when_admitted_anew() -> None:
    past = now(ADMITTED, STARTED, ENDED)
    assert past == Standing("PAST", MAY)
    with pytest.raises(refusals.NotAdmitted):
        decide(CUSTOMER, past, StartTrade((), MAY, PERSON))
    [again] = decide(CUSTOMER, past, admit(LICENCE, SHOP, on=MAY))
    assert now(ADMITTED, STARTED, ENDED, again).stage == "ABOUT_TO_TRADE"


def test_no_step_lies_before_the_one_that_stands() -> None:
    with pytest.raises(refusals.StageDayTooEarly):
        decide(CUSTOMER, now(ADMITTED, STARTED), EndTrade("CLOSED_DOWN", MARCH, PERSON))


def test_the_stage_is_the_same_in_whatever_order_the_steps_were_told() -> None:
    assert {now(*order) for order in permutations((ADMITTED, STARTED, ENDED))} == {Standing("PAST", MAY)}


def test_who_has_long_traded_needs_no_step() -> None:
    assert now(trading_since=MARCH) == Standing("TRADING", MARCH)
    assert now(ADMITTED, STARTED, ENDED, trading_since=MARCH) == Standing("PAST", MAY)
    assert now(ADMITTED, trading_since=APRIL) == Standing("TRADING", APRIL)


def test_a_card_that_a_fact_opened_is_of_somebody_who_trades() -> None:
    assert now(stub=True) == Standing("TRADING", None)
    assert decide(CUSTOMER, now(stub=True), EndTrade("CLOSED_DOWN", MAY, PERSON)) == [ENDED]
    assert now(ENDED, stub=True) == Standing("PAST", MAY)


def test_a_condition_that_is_checked_twice_is_neither_met_nor_unmet() -> None:
    checks = (LICENCE, SHOP, ConditionChecked(code="SHOP", met=False))
    with pytest.raises(refusals.ConditionTwice) as refused:
        decide(CUSTOMER, now(), Admit(STANDARD, checks, MARCH, PERSON))
    assert refused.value.codes == ("SHOP",)
