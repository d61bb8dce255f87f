"""Merging two cards: one leads, nothing moves, and what would mix currencies or claims is refused."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import pytest

from services.cards.domain import refusals
from services.cards.domain.card import Card, Erased, Particulars, Registered, Stub, Unregistered
from services.cards.domain.merging import Merging, Side, closed, decide, merging_of
from shared.contracts.cards import Basics, CustomerErased
from shared.contracts.relations import CustomersMerged, MergedInto

LEAD, OTHER, THIRD, PERSON = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=9)


def registered(customer: UUID) -> Registered:
    return Registered(customer, Basics(kind="COMPANY", name="Lotus"), Particulars())


def side(
    customer: UUID,
    card: Card | None = None,
    merging: Merging = Merging(),
    currencies: Iterable[str] = ("CNY",),
    disputes: bool = False,
) -> Side:
    return Side(customer, registered(customer) if card is None else card, merging, frozenset(currencies), disputes)


def merged(lead: Side, other: Side) -> tuple[CustomersMerged, MergedInto]:
    return decide(lead, other, "registered twice", PERSON)


def test_both_streams_say_it() -> None:
    assert merged(side(LEAD), side(OTHER)) == (
        CustomersMerged(customer_id=LEAD, merged_id=OTHER, reason="registered twice", decided_by=PERSON),
        MergedInto(customer_id=OTHER, lead_id=LEAD, decided_by=PERSON),
    )


def test_a_card_remembers_whom_it_leads_and_who_leads_it() -> None:
    leading, led = merged(side(LEAD), side(OTHER))
    again = CustomersMerged(customer_id=LEAD, merged_id=THIRD)
    assert merging_of([leading, again]) == Merging(None, (OTHER, THIRD))
    assert merging_of([led]) == Merging(LEAD)


def test_a_stub_is_merged_into_a_card_but_leads_none_that_is_registered() -> None:
    stub = Stub(OTHER, Particulars())
    assert merged(side(LEAD), side(OTHER, stub))
    assert merged(side(LEAD, Stub(LEAD, Particulars())), side(OTHER, stub))
    with pytest.raises(refusals.CardIsStub):
        merged(side(OTHER, stub), side(LEAD))


@pytest.mark.parametrize("lead_currencies", [[], ["CNY"], ["CNY", "JPY"]])
def test_the_other_may_trade_in_less_currencies(lead_currencies: list[str]) -> None:
    assert merged(side(LEAD, currencies=lead_currencies), side(OTHER, currencies=["CNY"]))
    assert merged(side(LEAD, currencies=lead_currencies), side(OTHER, currencies=[]))


@pytest.mark.parametrize("currencies", [["JPY"], ["CNY", "JPY"]])
def test_the_other_may_not_trade_in_another_currency(currencies: list[str]) -> None:
    with pytest.raises(refusals.MergeCurrenciesDiffer):
        merged(side(LEAD), side(OTHER, currencies=currencies))


@pytest.mark.parametrize(("lead", "other"), [(True, False), (False, True)])
def test_an_open_dispute_of_either_ends_first(lead: bool, other: bool) -> None:
    with pytest.raises(refusals.MergeWithOpenDisputes):
        merged(side(LEAD, disputes=lead), side(OTHER, disputes=other))


def test_nobody_is_merged_with_itself_or_twice() -> None:
    with pytest.raises(refusals.MergeWithItself):
        merged(side(LEAD), side(LEAD))
    with pytest.raises(refusals.AlreadyMerged) as found:
        merged(side(LEAD), side(OTHER, merging=Merging(THIRD)))
    assert found.value.lead_id == THIRD


def test_no_card_leads_and_is_led() -> None:
    with pytest.raises(refusals.MergeChain) as found:
        merged(side(LEAD, merging=Merging(THIRD)), side(OTHER))
    assert found.value.lead_id == THIRD
    with pytest.raises(refusals.MergeChain) as found:
        merged(side(LEAD), side(OTHER, merging=Merging(None, (THIRD,))))
    assert found.value.lead_id == OTHER


@pytest.mark.parametrize(
    ("card", "refusal"), [(Unregistered(), refusals.CardUnknown), (Erased(OTHER, Particulars()), refusals.CustomerIsErased)]
)
def test_both_cards_are_there(card: Card, refusal: type[refusals.CardRefused]) -> None:
    with pytest.raises(refusal):
        merged(side(LEAD), side(OTHER, card))
    with pytest.raises(refusal):
        merged(side(LEAD, card), side(OTHER))


def test_what_is_merged_or_erased_takes_no_more_changes() -> None:
    led = MergedInto(customer_id=OTHER, lead_id=LEAD, decided_by=PERSON)
    erased = CustomerErased(customer_id=OTHER, reason="REQUESTED", decided_by=PERSON)
    leading = CustomersMerged(customer_id=OTHER, merged_id=THIRD, reason=None, decided_by=PERSON)
    assert closed([]) is None
    assert closed([leading]) is None
    shut = closed([led])
    assert isinstance(shut, refusals.AlreadyMerged)
    assert shut.lead_id == LEAD
    assert isinstance(closed([led, erased]), refusals.CustomerIsErased)
    assert isinstance(closed([erased]), refusals.CustomerIsErased)
