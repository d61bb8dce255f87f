"""An erasure needs two persons and no legal hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from uuid import UUID

import pytest

from services.cards.domain import card, refusals
from services.cards.domain.erasing import (
    AgreeToErasure,
    AskForErasure,
    ErasureCommand,
    LiftHold,
    PlaceHold,
    Who,
    WithdrawErasure,
    decided,
    erasing_of,
    not_held,
)
from services.cards.domain.refusals import CardRefused
from shared.contracts.cards import Basics, CustomerErased, CustomerRegistered
from shared.contracts.erasure import ErasureRequested, ErasureWithdrawn, LegalHoldLifted, LegalHoldPlaced
from shared.contracts.event import Event

CUSTOMER, LI, WANG, HOLD = (UUID(int=n) for n in range(1, 5))
REGISTERED = CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="PERSON", person_name="x"))
REQUESTED = ErasureRequested(customer_id=CUSTOMER, reason="ASKED", requested_by=LI)
BY_PERSON = ErasureRequested(customer_id=CUSTOMER, reason="ASKED", requested_by=LI, person_id="E-12")
WITHDRAWN = ErasureWithdrawn(customer_id=CUSTOMER, decided_by=WANG)
HELD = LegalHoldPlaced(customer_id=CUSTOMER, hold_id=HOLD, ground="LITIGATION", decided_by=LI)
LIFTED = LegalHoldLifted(customer_id=CUSTOMER, hold_id=HOLD, decided_by=WANG)
ERASED = CustomerErased(customer_id=CUSTOMER, reason="ASKED", decided_by=WANG, requested_by=LI)
ASK, AGREE = AskForErasure("ASKED", Who(LI)), AgreeToErasure(Who(WANG))


def after(*events: Event) -> Callable[[ErasureCommand], list[Event]]:
    start: card.Card = card.Unregistered()
    return lambda command: decided(reduce(card.evolve, events, start), erasing_of(events), command)


def test_one_asks_and_another_agrees() -> None:
    assert after(REGISTERED)(ASK) == [REQUESTED]
    assert after(REGISTERED, REQUESTED)(AGREE) == [ERASED]


def test_asking_twice_is_no_news_whoever_asks() -> None:
    assert after(REGISTERED, REQUESTED)(AskForErasure("OTHER", Who(WANG))) == []


@pytest.mark.parametrize(
    ("history", "command", "refusal"),
    [
        ((REQUESTED,), AgreeToErasure(Who(LI)), refusals.ErasureNeedsSecondPerson),
        ((BY_PERSON,), AgreeToErasure(Who(WANG, "E-12")), refusals.ErasureNeedsSecondPerson),
        ((), AGREE, refusals.ErasureNotRequested),
        ((REQUESTED, WITHDRAWN), AGREE, refusals.ErasureNotRequested),
        ((), WithdrawErasure(WANG), refusals.ErasureNotRequested),
        ((REQUESTED, HELD), AGREE, refusals.HeldByLaw),
        ((HELD, REQUESTED), AGREE, refusals.HeldByLaw),
        ((), LiftHold(HOLD, WANG), refusals.LegalHoldUnknown),
        ((HELD, LIFTED), LiftHold(HOLD, WANG), refusals.LegalHoldUnknown),
        ((ERASED,), ASK, refusals.CustomerIsErased),
        ((ERASED,), PlaceHold(HOLD, "AUTHORITY", None, LI), refusals.CustomerIsErased),
    ],
)
def test_refused(history: tuple[Event, ...], command: ErasureCommand, refusal: type[CardRefused]) -> None:
    with pytest.raises(refusal):
        after(REGISTERED, *history)(command)


def test_another_person_with_a_key_of_its_own_may_agree() -> None:
    assert after(REGISTERED, BY_PERSON)(AgreeToErasure(Who(WANG, "E-13"))) == [ERASED]


def test_a_lifted_hold_holds_nothing_and_one_of_two_does() -> None:
    other = LegalHoldPlaced(customer_id=CUSTOMER, hold_id=UUID(int=9), ground="AUTHORITY", decided_by=LI)
    assert after(REGISTERED, HELD, REQUESTED, LIFTED)(AGREE) == [ERASED]
    with pytest.raises(refusals.HeldByLaw):
        after(REGISTERED, HELD, other, REQUESTED, LIFTED)(AGREE)


def test_a_hold_on_any_card_of_the_customer_holds() -> None:
    not_held([erasing_of([REGISTERED]), erasing_of([HELD, LIFTED])])
    with pytest.raises(refusals.HeldByLaw):
        not_held([erasing_of([REGISTERED]), erasing_of([HELD])])


def test_nobody_asks_for_an_unknown_customer() -> None:
    with pytest.raises(refusals.CardUnknown):
        after()(ASK)
