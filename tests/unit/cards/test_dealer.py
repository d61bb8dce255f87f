"""The hierarchy of dealers: whom a customer is under on which day, and that nobody is ever his own dealer."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from random import Random
from uuid import UUID

import pytest

from services.cards.domain import refusals
from services.cards.domain.dealer import AttachToDealer, DetachFromDealer, decide, evolve
from services.cards.domain.hierarchy import INDEPENDENT, Affiliation, Link, Links, is_above, merge_makes_circle
from shared.contracts.event import Event
from shared.contracts.relations import AttachedToDealer, DetachedFromDealer

A, B, C, PERSON = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=9)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
NOBODY: Links = {}


def attached(customer: UUID, dealer: UUID, since: date) -> AttachedToDealer:
    return AttachedToDealer(customer_id=customer, dealer_id=dealer, since=since, decided_by=PERSON)


def detached(customer: UUID, dealer: UUID, until: date) -> DetachedFromDealer:
    return DetachedFromDealer(customer_id=customer, dealer_id=dealer, until=until, decided_by=PERSON)


def given(*events: Event) -> Affiliation:
    return reduce(evolve, events, INDEPENDENT)


def test_a_customer_comes_under_a_dealer() -> None:
    assert decide(A, given(), AttachToDealer(B, MARCH, NOBODY, PERSON)) == [attached(A, B, MARCH)]


def test_the_dealer_holds_from_its_day_until_the_next() -> None:
    state = given(detached(A, B, MAY), attached(A, B, MARCH), attached(A, C, APRIL))
    assert [state.on(day) for day in (MARCH - timedelta(days=1), MARCH, APRIL, MAY)] == [None, B, C, None]
    assert state.days[-1] == (MAY, None)


def test_of_one_day_the_later_statement_stands() -> None:
    assert given(attached(A, B, MARCH), attached(A, C, MARCH)).on(MARCH) == C


def test_the_same_dealer_again_is_no_news() -> None:
    assert decide(A, given(attached(A, B, MARCH)), AttachToDealer(B, APRIL, NOBODY, PERSON)) == []


def test_leaving_a_dealer_names_the_one_that_was_left() -> None:
    assert decide(A, given(attached(A, B, MARCH)), DetachFromDealer(APRIL, PERSON)) == [detached(A, B, APRIL)]


def test_who_is_under_no_dealer_leaves_none() -> None:
    with pytest.raises(refusals.NotUnderDealer):
        decide(A, given(attached(A, B, APRIL)), DetachFromDealer(MARCH, PERSON))


def test_nobody_is_his_own_dealer() -> None:
    with pytest.raises(refusals.HierarchyCycle):
        decide(A, given(), AttachToDealer(A, MARCH, NOBODY, PERSON))


def test_nobody_comes_under_those_below_him() -> None:
    above = {C: Link(given(attached(C, B, MARCH))), B: Link(given(attached(B, A, MARCH)))}
    with pytest.raises(refusals.HierarchyCycle):
        decide(A, given(), AttachToDealer(C, MAY, above, PERSON))


def test_a_circle_on_a_past_day_is_a_circle() -> None:
    """B was under A during April; a statement for March would hold in April too."""
    above = {B: Link(given(attached(B, A, APRIL), detached(B, A, MAY)))}
    with pytest.raises(refusals.HierarchyCycle):
        decide(A, given(), AttachToDealer(B, MARCH, above, PERSON))
    assert decide(A, given(), AttachToDealer(B, MAY, above, PERSON)) == [attached(A, B, MAY)]
    assert decide(A, given(attached(A, C, APRIL)), AttachToDealer(B, MARCH, above, PERSON)) == [attached(A, B, MARCH)]


def test_merged_cards_are_one_customer() -> None:
    """C was merged into A, so who is under B, who is under C, is under A."""
    d = UUID(int=4)
    links = {B: Link(given(attached(B, C, MARCH))), C: Link(lead_id=A), A: Link()}
    with pytest.raises(refusals.HierarchyCycle):
        decide(A, given(), AttachToDealer(B, MAY, links, PERSON))
    assert is_above(links, A, B, MAY)
    assert merge_makes_circle(links, A, B, MAY)
    assert not merge_makes_circle(links, A, d, MAY)
    assert not merge_makes_circle(links, A, B, MARCH - timedelta(days=1))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_accepted_leaves_no_circle_on_any_day(seed: int) -> None:
    random = Random(seed)
    customers = [UUID(int=n) for n in range(1, 6)]
    state = dict.fromkeys(customers, INDEPENDENT)
    accepted = 0
    for _ in range(200):
        customer, dealer = random.choice(customers), random.choice(customers)
        day = MARCH + timedelta(days=random.randrange(12))
        links = {one: Link(said) for one, said in state.items()}
        command = DetachFromDealer(day, PERSON) if random.random() < 0.2 else AttachToDealer(dealer, day, links, PERSON)
        try:
            events = decide(customer, state[customer], command)
        except (refusals.HierarchyCycle, refusals.NotUnderDealer):
            continue
        accepted += len(events)
        state[customer] = reduce(evolve, events, state[customer])
        for on in (MARCH + timedelta(days=n) for n in range(13)):
            for start in customers:
                at: UUID | None = start
                for _ in customers:
                    at = None if at is None else state[at].on(on)
                assert at is None
    assert accepted > 20
