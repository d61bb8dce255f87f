"""Closures and the next order on the card: what is agreed, what is refused, what is no news."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from uuid import UUID, uuid4

import pytest

from services.cards.domain import refusals
from services.cards.domain.agreements import (
    NO_AGREEMENTS,
    AgreementCommand,
    Agreements,
    AgreeNextOrder,
    CancelClosure,
    Closure,
    PlanClosure,
    decide,
    evolve,
)

CUSTOMER, PERSON, CLOSURE = uuid4(), uuid4(), uuid4()
DAY = date(2026, 6, 1)


def after(known: Agreements, *commands: AgreementCommand) -> Agreements:
    for command in commands:
        known = reduce(evolve, decide(known, CUSTOMER, command, DAY), known)
    return known


def closure(days: int, closure_id: UUID = CLOSURE, first: date = DAY) -> PlanClosure:
    return PlanClosure(Closure(closure_id, first, first + timedelta(days=days), "HOLIDAY"), PERSON)


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False), (366, False), (367, True)])
def test_a_closure_ends_after_it_begins_and_within_a_year(days: int, refused: bool) -> None:
    if refused:
        with pytest.raises(refusals.ClosureBackwards):
            after(NO_AGREEMENTS, closure(days))
    else:
        assert after(NO_AGREEMENTS, closure(days)).closures[0].last_on == DAY + timedelta(days=days)


def test_closures_stand_in_the_order_of_their_days_and_are_cancelled_one_by_one() -> None:
    later, earlier = uuid4(), uuid4()
    known = after(NO_AGREEMENTS, closure(3, later, DAY + timedelta(days=9)), closure(3, earlier))
    assert [one.closure_id for one in known.closures] == [earlier, later]
    assert [one.closure_id for one in after(known, CancelClosure(earlier, PERSON)).closures] == [later]
    with pytest.raises(refusals.ClosureUnknown):
        after(known, CancelClosure(uuid4(), PERSON))


@pytest.mark.parametrize(("ahead", "refused"), [(-1, True), (0, False), (731, False), (732, True)])
def test_the_next_order_is_agreed_for_a_day_to_come_within_two_years(ahead: int, refused: bool) -> None:
    command = AgreeNextOrder(DAY + timedelta(days=ahead), PERSON)
    if refused:
        with pytest.raises(refusals.NextOrderOutOfRange):
            after(NO_AGREEMENTS, command)
    else:
        assert after(NO_AGREEMENTS, command).next_order_on == command.due_on


def test_the_same_agreement_again_is_no_news_and_it_is_taken_back() -> None:
    known = after(NO_AGREEMENTS, AgreeNextOrder(DAY, PERSON))
    assert decide(known, CUSTOMER, AgreeNextOrder(DAY, PERSON), DAY) == []
    assert after(known, AgreeNextOrder(None, PERSON)).next_order_on is None
