"""Which fields a card has to have: by kind and by stage of trade."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.cards.domain.as_of import card_at
from services.cards.domain.completeness import Kind, missing, missing_for_trade, required, wanted
from services.cards.domain.parts import parts_of
from shared.contracts.card_parts import (
    Characteristics,
    CharacteristicsRevised,
    DecisionMakerNamed,
    FieldVerified,
    TradeStatus,
    TradeStatusRevised,
)
from shared.contracts.cards import (
    Basics,
    CustomerRegistered,
    ExternalId,
    KeyPerson,
    Marks,
    PostalAddress,
    Provenance,
    StubOpened,
    TradeTermsAgreed,
)
from shared.contracts.event import Event
from shared.contracts.money import Money
from tests.unit.cards.telling import CUSTOMER, told

UTC = ZoneInfo("UTC")
SURVEY = Provenance(source="SALESPERSON")
COMPANY = Basics(
    kind="COMPANY",
    name="Lotus",
    email="sealed:e",
    postal=PostalAddress(country="CN", street="sealed:s"),
    manager=KeyPerson(name="sealed:n"),
    legal_form="LIMITED",
)
WHOLE: tuple[Event, ...] = (
    CustomerRegistered(
        customer_id=CUSTOMER, basics=COMPANY, marks=Marks(nature="ORDINARY", industry="FOOD"), salesperson_id="wang"
    ),
    DecisionMakerNamed(customer_id=CUSTOMER, role="buyer", person=KeyPerson(name="sealed:b")),
    CharacteristicsRevised(customer_id=CUSTOMER, provenance=SURVEY, stated=Characteristics(service_area="Suzhou")),
    TradeStatusRevised(customer_id=CUSTOMER, provenance=SURVEY, stated=TradeStatus(credit_status="GOOD")),
    TradeTermsAgreed(
        customer_id=CUSTOMER, payment_days=30, credit_limit=Money(Decimal("10.00"), "CNY"), agreed_on=date(2026, 1, 5)
    ),
)


def lacking(*events: Event) -> tuple[str, ...]:
    envelopes = told(events)
    return missing_for_trade(card_at(envelopes, UTC), parts_of(envelopes, UTC))


def test_nothing_is_missing_where_another_field_does_as_well() -> None:
    assert lacking(*WHOLE) == ()


@pytest.mark.parametrize(
    ("left_out", "field"), [(1, "decision_maker"), (2, "characteristics.service_area"), (3, "trade.credit_status"), (4, "terms")]
)
def test_what_was_not_collected_is_missing_by_name(left_out: int, field: str) -> None:
    assert lacking(*(event for place, event in enumerate(WHOLE) if place != left_out)) == (field,)


def test_a_stub_lacks_everything() -> None:
    stub = StubOpened(customer_id=CUSTOMER, external_id=ExternalId("erp", "K-1"))
    assert lacking(stub) == tuple(required("COMPANY", "ABOUT_TO_TRADE"))


def test_a_field_that_was_found_wrong_is_missing() -> None:
    refuted = FieldVerified(customer_id=CUSTOMER, field="trade.credit_status", outcome="REFUTED", verified_on=date(2026, 7, 2))
    assert lacking(*WHOLE, refuted) == ("trade.credit_status",)


def test_a_person_needs_no_legal_form() -> None:
    person = CustomerRegistered(
        customer_id=CUSTOMER,
        basics=Basics(kind="PERSON", person_name="sealed:p", telephone="sealed:t", address="sealed:a"),
        marks=Marks(nature="INDIVIDUAL"),
        salesperson_id="wang",
    )
    assert lacking(person, *WHOLE[3:]) == ()


@pytest.mark.parametrize("kind", ["COMPANY", "PERSON"])
def test_the_stages_ask_for_more_until_trade_ends(kind: Kind) -> None:
    prospect, starting, trading, past = (
        set(required(kind, stage)) for stage in ("PROSPECT", "ABOUT_TO_TRADE", "TRADING", "PAST")
    )
    assert prospect < starting == trading
    assert past == set()
    assert prospect | set(wanted(kind, "PROSPECT")) == starting
    assert set(wanted(kind, "TRADING")).isdisjoint(trading)
    assert wanted(kind, "PAST") == ()


def test_missing_keeps_the_order_of_the_list() -> None:
    assert missing(("terms", "basics.telephone", "marks.nature"), {"basics.email"}.__contains__) == ("terms", "marks.nature")
