"""The folds of the hierarchy, of intents and of what dealers sell: pure, and sub-sales are followed by their own list alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module
from itertools import permutations
from uuid import UUID

import msgspec
import pytest

from services.alerts.engine.items import FOLDED_TYPES
from services.cards.domain.ledger import KIND_OF
from services.cards.read_models import hierarchy, intents, sub_sales
from services.cards.read_models.hierarchy import Place
from services.cards.read_models.intents import IntentRow
from services.cards.read_models.sub_sales import SubSales
from shared.contracts.cards import ExternalId, StubOpened
from shared.contracts.event import Event
from shared.contracts.intents import IntentGraded, IntentLost, IntentOpened, IntentWon
from shared.contracts.money import Money
from shared.contracts.relations import AttachedToDealer, DetachedFromDealer
from shared.contracts.topics import TRANSACTION_TYPES
from shared.contracts.transactions import SubSaleReported
from tests.unit.cards.telling import CUSTOMER, told

DEALER, OTHER, INTENT = UUID(int=8), UUID(int=9), UUID(int=10)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def placed(*events: Event) -> Place | None:
    row: Place | None = None
    for envelope in told(events):
        row = hierarchy.evolve(row, envelope)
    return row


def attached(dealer: UUID, since: date) -> AttachedToDealer:
    return AttachedToDealer(customer_id=CUSTOMER, dealer_id=dealer, since=since)


def test_the_newest_day_says_who_the_dealer_is_in_whatever_order_it_was_told() -> None:
    left = DetachedFromDealer(customer_id=CUSTOMER, dealer_id=OTHER, until=MAY)
    for order in permutations([attached(DEALER, MARCH), attached(OTHER, APRIL), left]):
        assert placed(*order) == Place(CUSTOMER, None, MAY)
    assert placed(attached(DEALER, MARCH), attached(OTHER, MARCH)) == Place(CUSTOMER, OTHER, MARCH)


def test_a_card_that_a_dealers_sale_opened_stands_under_the_dealer() -> None:
    shop = ExternalId("dealer-8", "12")
    assert placed(StubOpened(customer_id=CUSTOMER, external_id=shop)) is None
    under = StubOpened(customer_id=CUSTOMER, external_id=shop, dealer_id=DEALER, since=MARCH)
    assert placed(under) == Place(CUSTOMER, DEALER, MARCH)


def intent(*events: Event) -> IntentRow:
    row = intents.folded(told(events))
    assert row is not None
    return row


def test_an_intent_shows_its_newest_grade_and_its_end() -> None:
    opened = IntentOpened(
        intent_id=INTENT,
        customer_id=CUSTOMER,
        number="I-7",
        intent_class="SHOWROOM",
        grade="C",
        opened_on=MARCH,
        expected=Money(Decimal("10.00"), "CNY"),
    )
    graded = IntentGraded(intent_id=INTENT, customer_id=CUSTOMER, intent_class="TRUCK", grade="A")
    row = intent(opened, graded)
    assert (row.intent_class, row.grade, row.state, row.expected, row.currency) == ("TRUCK", "A", "OPEN", Decimal(10), "CNY")
    assert row.graded_at > intent(opened).graded_at
    won = intent(opened, graded, IntentWon(intent_id=INTENT, customer_id=CUSTOMER, won_on=APRIL, order_number="O-1"))
    assert (won.state, won.ended_on, won.outcome, won.grade, won.version) == ("WON", APRIL, "O-1", "A", 3)
    lost = intent(opened, IntentLost(intent_id=INTENT, customer_id=CUSTOMER, lost_on=APRIL, reason="PRICE"))
    assert (lost.state, lost.outcome) == ("LOST", "PRICE")


def sub_sale(amount: str, currency: str, sold_on: date) -> SubSaleReported:
    return SubSaleReported(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id="SO",
        dealer_id=DEALER,
        sold_on=sold_on,
        net=Money(Decimal(amount), currency),
    )


def test_sub_sales_add_up_by_currency_and_month_in_any_order() -> None:
    sales = [sub_sale("10.00", "CNY", MARCH), sub_sale("2.50", "CNY", date(2026, 3, 31)), sub_sale("7", "JPY", APRIL)]
    rows: set[SubSales | None] = set()
    for order in permutations(sales):
        row: SubSales | None = None
        for envelope in told(order):
            row = sub_sales.evolve(row, envelope)
        rows.add(row)
    [one] = rows
    assert one is not None
    assert (one.dealer_id, one.customer_id, one.last_sold_on) == (DEALER, CUSTOMER, APRIL)
    assert msgspec.json.decode(one.months) == {
        "CNY": {"2026-03": {"net": "12.50", "sales": 2}},
        "JPY": {"2026-04": {"net": "7", "sales": 1}},
    }


@pytest.mark.requirement("S1.4")
def test_nothing_that_counts_our_trade_follows_what_dealers_sell() -> None:
    """INVARIANT: a dealer's sale is in no receivable, result, class or warning; breaks when somebody else follows its type.

    `sub_sold` is what a dealer's distribution is measured by, and the sell-out of its stock."""
    assert SubSaleReported.type not in TRANSACTION_TYPES
    assert KIND_OF[SubSaleReported] == "sub_sale"
    followers = [
        model.name
        for service in ("cards", "classification", "complaints", "alerts")
        for model in import_module(f"services.{service}.read_models").READ_MODELS
        if any(SubSaleReported.type in types for types in model.topics.values())
    ]
    assert followers == ["sub_sales", "sub_sold"]
    assert SubSaleReported.type not in FOLDED_TYPES
