"""The card: given what happened, when a command comes, then this follows or is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import reduce
from uuid import UUID

import pytest
from msgspec.structs import replace as replace_event

from services.cards.domain import refusals
from services.cards.domain.card import (
    AgreeTerms,
    AssignMarks,
    AssignSalesperson,
    Card,
    CardCommand,
    EraseCustomer,
    Erased,
    LinkExternalId,
    RegisterCustomer,
    Registered,
    ReviseBasics,
    Stub,
    Terms,
    Unregistered,
    content_of,
    decide,
    evolve,
)
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    Marks,
    MarksAssigned,
    SalespersonAssigned,
    StubOpened,
    TradeReleased,
    TradeRestricted,
    TradeTermsAgreed,
)
from shared.contracts.event import Event
from shared.contracts.money import Money

CUSTOMER, PERSON = UUID(int=1), UUID(int=2)
ERP, SHOP = ExternalId("erp", "K-1077"), ExternalId("webshop", "c-1")
LOTUS = Basics(kind="COMPANY", name="Lotus")
REGISTER = RegisterCustomer(CUSTOMER, LOTUS, external_ids=(ERP,), decided_by=PERSON)
TERMS = Terms(30, Money(Decimal("1000.00"), "CNY"), date(2026, 1, 5))
REGISTERED = CustomerRegistered(customer_id=CUSTOMER, basics=LOTUS, external_ids=(ERP,))
STUB = StubOpened(customer_id=CUSTOMER, external_id=ERP)
ERASED = CustomerErased(customer_id=CUSTOMER, reason="REQUESTED", decided_by=PERSON)


def given(*events: Event) -> Card:
    start: Card = Unregistered()
    return reduce(evolve, events, start)


def test_registering_opens_the_card() -> None:
    assert decide(given(), REGISTER) == [replace_event(REGISTERED, decided_by=PERSON)]


def test_registering_with_terms_agrees_on_them() -> None:
    events = decide(given(), replace(REGISTER, terms=TERMS))
    assert [type(event) for event in events] == [CustomerRegistered, TradeTermsAgreed]


def test_registering_fills_a_stub_and_keeps_its_id() -> None:
    [event] = decide(given(STUB), replace(REGISTER, external_ids=(SHOP,)))
    assert isinstance(event, CustomerRegistered)
    assert event.external_ids == (ERP, SHOP)


def test_terms_of_a_stub_outlive_its_registration() -> None:
    agreed = TradeTermsAgreed(customer_id=CUSTOMER, payment_days=30, credit_limit=TERMS.credit_limit, agreed_on=TERMS.agreed_on)
    state = given(STUB, agreed, REGISTERED)
    assert isinstance(state, Registered)
    assert state.particulars.terms == TERMS


COMMANDS: list[tuple[CardCommand, Event]] = [
    (
        ReviseBasics(LOTUS, "renamed", PERSON),
        BasicsRevised(customer_id=CUSTOMER, basics=LOTUS, reason="renamed", decided_by=PERSON),
    ),
    (
        AssignMarks(Marks(nature="X"), PERSON),
        MarksAssigned(customer_id=CUSTOMER, marks=Marks(nature="X"), decided_by=PERSON),
    ),
    (
        AssignSalesperson("EAST", "wang", PERSON),
        SalespersonAssigned(customer_id=CUSTOMER, area_id="EAST", salesperson_id="wang", decided_by=PERSON),
    ),
    (
        AgreeTerms(TERMS, PERSON),
        TradeTermsAgreed(
            customer_id=CUSTOMER, payment_days=30, credit_limit=TERMS.credit_limit, agreed_on=TERMS.agreed_on, decided_by=PERSON
        ),
    ),
    (LinkExternalId(SHOP), ExternalIdLinked(customer_id=CUSTOMER, external_id=SHOP)),
    (EraseCustomer("REQUESTED", PERSON), ERASED),
]


@pytest.mark.parametrize(("command", "event"), COMMANDS)
def test_a_registered_card_takes_changes(command: CardCommand, event: Event) -> None:
    assert decide(given(REGISTERED), command) == [event]


@pytest.mark.parametrize("command", [command for command, _ in COMMANDS[1:5]])
def test_what_is_no_news_is_no_event(command: CardCommand) -> None:
    state = given(REGISTERED)
    again = reduce(evolve, decide(state, command), state)
    assert decide(again, command) == []


@pytest.mark.parametrize("command", [command for command, _ in COMMANDS])
def test_nobody_changes_a_card_that_is_not_there(command: CardCommand) -> None:
    with pytest.raises(refusals.CardUnknown):
        decide(given(), command)


@pytest.mark.parametrize("command", [REGISTER, *(command for command, _ in COMMANDS)])
def test_an_erased_card_takes_no_changes(command: CardCommand) -> None:
    with pytest.raises(refusals.CustomerIsErased):
        decide(given(REGISTERED, ERASED), command)


def test_a_customer_is_registered_once() -> None:
    with pytest.raises(refusals.CardAlreadyRegistered):
        decide(given(REGISTERED), REGISTER)


def test_a_stub_has_nothing_to_revise() -> None:
    with pytest.raises(refusals.CardIsStub):
        decide(given(STUB), ReviseBasics(LOTUS, None, PERSON))


@pytest.mark.parametrize("history", [(), (STUB,), (REGISTERED,), (REGISTERED, ERASED)])
def test_measures_of_credit_control_come_at_any_time(history: tuple[Event, ...]) -> None:
    state = given(*history, TradeRestricted(customer_id=CUSTOMER, measure="STOP"))
    assert state.particulars.restriction == "STOP"
    assert evolve(state, TradeReleased(customer_id=CUSTOMER)).particulars.restriction is None


def test_an_erased_card_keeps_what_is_not_personal() -> None:
    state = given(REGISTERED, ERASED)
    assert isinstance(state, Erased)
    assert state.particulars.external_ids == (ERP,)


def test_a_stub_knows_its_external_id() -> None:
    state = given(STUB)
    assert isinstance(state, Stub)
    assert state.particulars.external_ids == (ERP,)


def test_the_content_of_a_registration_does_not_name_who_sent_it() -> None:
    assert content_of(REGISTER) == content_of(replace(REGISTER, decided_by=None))
    assert content_of(REGISTER) != content_of(replace(REGISTER, basics=Basics(kind="COMPANY", name="Lotos")))
    assert content_of(REGISTER) != content_of(replace(REGISTER, terms=TERMS))
