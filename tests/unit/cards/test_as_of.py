"""A card and its ledger by both clocks: what held on a day, by what was known on a day."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from services.cards.domain.as_of import card_at, standing
from services.cards.domain.assignments import spans
from services.cards.domain.card import Card, Erased, Registered, Stub, Unregistered
from services.cards.domain.changes import changes_between
from services.cards.domain.ledger_at import ledger_at
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
    TradeTermsAgreed,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.open_items import open_items
from shared.contracts.transactions import GoodsReturned, InvoiceIssued, PaymentReceived, SaleRecorded
from tests.unit.cards.telling import CUSTOMER, on_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
STUB = StubOpened(customer_id=CUSTOMER, external_id=ExternalId("erp", "K-1"))
REGISTERED = CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"), salesperson_id="wang")


def day(number: int, month: int = 5) -> date:
    return date(2026, month, number)


def renamed(name: str) -> BasicsRevised:
    return BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name=name))


def given_to(salesperson: str | None) -> SalespersonAssigned:
    return SalespersonAssigned(customer_id=CUSTOMER, salesperson_id=salesperson)


def told(*events: tuple[Event, date, date]) -> list[Envelope]:
    return on_days(events, SHANGHAI)


def name_of(card: Card) -> str | None:
    assert isinstance(card, Registered)
    return card.basics.name


RENAMED_LATE = told((REGISTERED, day(1), day(1)), (renamed("Lotus Group"), day(10), day(20)))


@pytest.mark.parametrize(
    ("as_of", "known_at", "name"),
    [
        (day(9), day(31), "Lotus"),
        (day(10), day(19), "Lotus"),
        (day(10), day(20), "Lotus Group"),
        (day(31), None, "Lotus Group"),
        (None, day(19), "Lotus"),
        (None, None, "Lotus Group"),
    ],
)
def test_a_change_shows_from_its_day_to_those_who_know_it(as_of: date | None, known_at: date | None, name: str) -> None:
    assert name_of(card_at(RENAMED_LATE, SHANGHAI, as_of, known_at)) == name


@pytest.mark.parametrize(("as_of", "known_at"), [(date(2026, 4, 30), None), (None, date(2026, 4, 30))])
def test_there_was_no_card_before_its_first_day_and_before_its_recording(as_of: date | None, known_at: date | None) -> None:
    assert isinstance(card_at(RENAMED_LATE, SHANGHAI, as_of, known_at), Unregistered)


def test_of_two_statements_that_of_the_later_day_stands_whichever_came_first() -> None:
    late = told(
        (REGISTERED, day(1), day(1)),
        (renamed("third"), day(20), day(20)),
        (renamed("second"), day(10), day(25)),
        (renamed("fourth"), day(20), day(26)),
    )
    assert name_of(card_at(late, SHANGHAI)) == "fourth"
    assert name_of(card_at(late, SHANGHAI, known_at=day(25))) == "third"
    assert name_of(card_at(late, SHANGHAI, as_of=day(19))) == "second"


def test_days_are_those_of_the_company() -> None:
    at_noon = told((REGISTERED, day(1), day(1)))
    assert isinstance(card_at(at_noon, SHANGHAI, as_of=day(30, 4)), Unregistered)
    # Noon in Shanghai is still the evening before in Honolulu.
    assert isinstance(card_at(at_noon, ZoneInfo("Pacific/Honolulu"), as_of=day(30, 4)), Registered)


def test_a_registration_of_an_earlier_day_fills_its_stub() -> None:
    filled = told((STUB, day(10), day(10)), (REGISTERED, day(1), day(12)))
    assert name_of(card_at(filled, SHANGHAI)) == "Lotus"
    assert isinstance(card_at(filled, SHANGHAI, known_at=day(11)), Stub)
    assert name_of(card_at(filled, SHANGHAI, as_of=day(2))) == "Lotus"


def test_a_number_that_was_linked_to_a_stub_stands_once_on_the_card_that_fills_it() -> None:
    numbers = (STUB.external_id, ExternalId("crm", "X"))
    linked = ExternalIdLinked(customer_id=CUSTOMER, external_id=numbers[1])
    whole = structs.replace(REGISTERED, external_ids=numbers)
    filled = told((STUB, day(10), day(10)), (linked, day(10), day(10)), (whole, day(1), day(12)))
    assert card_at(filled, SHANGHAI).particulars.external_ids == numbers
    assert [one.after for one in changes_between(filled, SHANGHAI, day(10), day(31), None) if one.field == "external_ids"] == [
        ["erp:K-1"]
    ]


def test_an_erasure_that_is_known_holds_on_every_day() -> None:
    erased = told((REGISTERED, day(1), day(1)), (CustomerErased(customer_id=CUSTOMER, reason="REQUESTED"), day(20), day(20)))
    assert isinstance(card_at(erased, SHANGHAI, as_of=day(5)), Erased)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_arrival_matters_on_one_day_only(seed: int) -> None:
    """INVARIANT: the card is the same in the order of days and in that of the stream; breaks when a fold trusts arrival."""
    events = [(renamed(f"name {n}"), day(n), day(28)) for n in range(2, 12)]
    random.Random(seed).shuffle(events)
    card = card_at(told((REGISTERED, day(1), day(28)), *events), SHANGHAI)
    assert name_of(card) == "name 11"


def test_whose_customer_it_was_follows_the_days_not_the_arrival() -> None:
    events = told(
        (REGISTERED, day(1), day(1)),
        (given_to("li"), day(20), day(20)),
        (given_to("zhou"), day(10), day(25)),
        (given_to("zhou"), day(12), day(25)),
        (given_to("chen"), day(20), day(26)),
        (given_to(None), day(28), day(28)),
    )
    found = [(span.salesperson_id, span.since, span.until) for span in spans(events, SHANGHAI, None, None)]
    assert found == [("wang", day(1), day(9)), ("zhou", day(10), day(19)), ("chen", day(20), day(27))]
    known = [(span.salesperson_id, span.since, span.until) for span in spans(events, SHANGHAI, day(24), day(24))]
    assert known == [("wang", day(1), day(19)), ("li", day(20), None)]


def test_nobody_serves_a_customer_before_there_is_a_card() -> None:
    events = told((REGISTERED, day(10), day(10)), (given_to("li"), day(5), day(11)), (given_to("li"), day(12), day(12)))
    found = [(span.salesperson_id, span.since, span.until) for span in spans(events, SHANGHAI, None, None)]
    assert found == [("wang", day(10), day(11)), ("li", day(12), None)]
    assert spans(events, SHANGHAI, day(9), None) == []


def test_changes_say_field_by_field_what_stood_before() -> None:
    events = told(
        (REGISTERED, day(1), day(1)),
        (MarksAssigned(customer_id=CUSTOMER, marks=Marks(shop_kind="CHAIN")), day(5), day(9)),
        (
            TradeTermsAgreed(
                customer_id=CUSTOMER,
                payment_days=30,
                credit_limit=Money(Decimal("5.00"), "CNY"),
                agreed_on=day(6),
                decided_by=CUSTOMER,
            ),
            day(6),
            day(6),
        ),
        (renamed("Lotus Group"), day(7), day(7)),
        (renamed("Lotus Group"), day(8), day(8)),
    )
    found = changes_between(events, SHANGHAI, day(2), day(31), None)
    assert [(one.field, one.before, one.after, one.holds_from) for one in found] == [
        ("marks.shop_kind", None, "CHAIN", day(5)),
        ("terms.agreed_on", None, "2026-05-06", day(6)),
        ("terms.credit_limit", None, {"amount": "5.00", "currency": "CNY"}, day(6)),
        ("terms.payment_days", None, 30, day(6)),
        ("basics.name", "Lotus", "Lotus Group", day(7)),
    ]
    assert {one.decided_by for one in found if one.field.startswith("terms.")} == {CUSTOMER}
    assert [one.field for one in changes_between(events, SHANGHAI, day(2), day(6), day(8))] == [
        "terms.agreed_on",
        "terms.credit_limit",
        "terms.payment_days",
    ]


def cny(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def test_the_ledger_by_both_clocks() -> None:
    facts = told(
        (
            InvoiceIssued(
                customer_id=CUSTOMER,
                source="erp",
                source_event_id="1",
                number="1",
                issued_on=day(1),
                due_on=day(30),
                amount=cny("100.00"),
            ),
            day(1),
            day(2),
        ),
        (
            PaymentReceived(customer_id=CUSTOMER, source="erp", source_event_id="2", received_on=day(5), amount=cny("60.00")),
            day(5),
            day(20),
        ),
        (
            SaleRecorded(customer_id=CUSTOMER, source="erp", source_event_id="3", sold_on=day(1), net=cny("100.00")),
            day(1),
            day(1),
        ),
        (
            SaleRecorded(customer_id=CUSTOMER, source="erp", source_event_id="4", sold_on=day(3, 4), net=cny("40.00")),
            day(3, 4),
            day(1),
        ),
        (
            SaleRecorded(customer_id=CUSTOMER, source="erp", source_event_id="5", sold_on=date(2025, 12, 31), net=cny("7.00")),
            date(2025, 12, 31),
            day(1),
        ),
        (
            GoodsReturned(customer_id=CUSTOMER, source="erp", source_event_id="6", returned_on=day(6), net=cny("10.00")),
            day(6),
            day(21),
        ),
    )

    def owed(as_of: date, known_at: date | None) -> Decimal:
        return open_items(ledger_at(facts, SHANGHAI, as_of, known_at).account, as_of)["CNY"].outstanding

    assert (owed(day(4), None), owed(day(5), day(19)), owed(day(5), day(20))) == (Decimal(100), Decimal(100), Decimal(40))
    assert ledger_at(facts, SHANGHAI, day(31), day(1)).account.facts == ()
    [turnover] = ledger_at(facts, SHANGHAI, day(31), None).turnover
    assert (turnover.month, turnover.year, turnover.total) == (Decimal(90), Decimal(130), Decimal(137))
    [before] = ledger_at(facts, SHANGHAI, day(31), day(20)).turnover
    assert (before.month, before.year, before.total) == (Decimal(100), Decimal(140), Decimal(147))


def test_what_stands_is_in_the_order_of_days() -> None:
    found = standing(RENAMED_LATE[::-1], SHANGHAI, None, None)
    assert [envelope.version for envelope in found] == [1, 2]
