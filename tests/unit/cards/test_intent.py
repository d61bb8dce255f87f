"""Purchase intents: what may follow, and that a number is one intent for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.cards.domain import refusals
from services.cards.domain.intent import (
    Ended,
    GradeIntent,
    LoseIntent,
    NotOpened,
    Open,
    OpenIntent,
    WinIntent,
    decide,
    intent_id,
    state_of,
)
from shared.contracts.intents import IntentGraded, IntentLost, IntentOpened, IntentWon

CUSTOMER, PERSON = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 30)
OPEN = OpenIntent(CUSTOMER, "I-7", "SHOWROOM", "C", TODAY, None, None, None, TODAY, PERSON)
ID = intent_id("I-7")
OPENED = IntentOpened(
    intent_id=ID, customer_id=CUSTOMER, number="I-7", intent_class="SHOWROOM", grade="C", opened_on=TODAY, decided_by=PERSON
)
WON = IntentWon(intent_id=ID, customer_id=CUSTOMER, won_on=TODAY, order_number="O-1", decided_by=PERSON)
LOST = IntentLost(intent_id=ID, customer_id=CUSTOMER, lost_on=TODAY, reason="PRICE", decided_by=PERSON)


def test_an_intent_is_opened_under_its_number() -> None:
    assert decide(NotOpened(), OPEN) == [OPENED]
    assert state_of([OPENED]) == Open(ID, CUSTOMER, TODAY, "SHOWROOM", "C")


def test_the_ids_of_intents_are_for_ever() -> None:
    """INVARIANT: a number is one intent; breaks when the namespace is changed, and every number is free again."""
    assert intent_id("I-7") == UUID("20918e03-e6e9-55bd-83a4-a8b31e6f73da")
    assert intent_id("I-8") != intent_id("I-7")


def test_a_number_is_used_once_also_after_the_end() -> None:
    for events in ([OPENED], [OPENED, WON]):
        with pytest.raises(refusals.IntentNumberTaken):
            decide(state_of(events), replace(OPEN, customer_id=UUID(int=5)))


def test_a_grade_follows_the_progress_and_the_class_stays_where_nothing_is_said() -> None:
    [graded] = decide(state_of([OPENED]), GradeIntent("A", None, "QUOTE_ACCEPTED", PERSON))
    assert graded == IntentGraded(
        intent_id=ID, customer_id=CUSTOMER, intent_class="SHOWROOM", grade="A", reason="QUOTE_ACCEPTED", decided_by=PERSON
    )
    assert state_of([OPENED, graded]) == Open(ID, CUSTOMER, TODAY, "SHOWROOM", "A")


def test_graded_the_same_again_is_news_since_somebody_looked() -> None:
    assert len(decide(state_of([OPENED]), GradeIntent("C", "SHOWROOM", None, PERSON))) == 1


def test_an_intent_ends_once() -> None:
    assert decide(state_of([OPENED]), WinIntent(TODAY, "O-1", TODAY, PERSON)) == [WON]
    assert decide(state_of([OPENED]), LoseIntent(TODAY, "PRICE", TODAY, PERSON)) == [LOST]
    for end in (WON, LOST):
        assert state_of([OPENED, end]) == Ended()
        for step in (WinIntent(TODAY, None, TODAY, PERSON), GradeIntent("A", None, None, PERSON)):
            with pytest.raises(refusals.IntentEnded):
                decide(state_of([OPENED, end]), step)


def test_days_lie_between_the_opening_and_today() -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    with pytest.raises(refusals.DayInFuture):
        decide(NotOpened(), replace(OPEN, opened_on=tomorrow))
    with pytest.raises(refusals.DayInFuture):
        decide(state_of([OPENED]), LoseIntent(tomorrow, "PRICE", TODAY, PERSON))
    with pytest.raises(refusals.IntentStepTooEarly):
        decide(state_of([OPENED]), WinIntent(yesterday, None, TODAY, PERSON))


def test_what_was_not_opened_takes_no_step() -> None:
    with pytest.raises(refusals.IntentUnknown):
        decide(NotOpened(), GradeIntent("A", None, None, PERSON))
