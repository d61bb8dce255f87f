"""What a sale or a return adds to the articles of its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from services.classification.read_models.sold import NO_ARTICLE, SOLD, Sold
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import GoodsReturned, SaleLine, SaleRecorded
from shared.projections.fold import fold

CUSTOMER, OTHER, DAY = UUID(int=7), UUID(int=8), date(2026, 6, 1)


def line(article: str, net: str, quantity: str = "1", unit_cost: str | None = None) -> SaleLine:
    cost = None if unit_cost is None else Decimal(unit_cost)
    return SaleLine(article=article, quantity=Decimal(quantity), net=Decimal(net), unit_cost=cost)


def envelope(fact: SaleRecorded | GoodsReturned, number: int = 1) -> Envelope:
    moment = datetime(2026, 6, 2, tzinfo=UTC)
    return Envelope(
        event=fact, type=fact.type, event_id=UUID(int=number), stream="of one", version=number, topic=CARDS_TRANSACTIONS, part=3,
        cursor=Cursor(1, 700, number), customer_id=fact.customer_id, occurred_at=moment, recorded_at=moment,
    )  # fmt: skip


def sale(net: str, *lines: SaleLine, customer: UUID = CUSTOMER, currency: str = "CNY") -> SaleRecorded:
    amount = Money(Decimal(net), currency)
    return SaleRecorded(customer_id=customer, source="erp", source_event_id=net, sold_on=DAY, net=amount, lines=lines)


def back(net: str, *lines: SaleLine) -> GoodsReturned:
    amount = Money(Decimal(net), "CNY")
    return GoodsReturned(customer_id=CUSTOMER, source="erp", source_event_id=net, returned_on=DAY, net=amount, lines=lines)


def rows(*facts: SaleRecorded | GoodsReturned) -> dict[tuple[str, str], tuple[Decimal, ...]]:
    """By currency and article."""
    entries = [(fact.customer_id, envelope(fact, number)) for number, fact in enumerate(facts, 1)]
    folded = fold(SOLD, {}, entries, set())
    assert not folded.parked
    found = [Sold(*key, *amounts) for key, amounts in folded.changed.get(CUSTOMER, {}).items()]
    assert all(one.day == DAY for one in found)
    return {(one.currency, one.article): (one.quantity, one.net, one.cost, one.costed_net) for one in found}


def numbers(*amounts: int | str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def test_lines_of_one_article_are_one_row_and_only_lines_of_known_cost_have_a_margin() -> None:
    assert rows(sale("100", line("A", "60", "3", "12.5"), line("A", "30"), line("B", "10", "0.5"))) == {
        ("CNY", "A"): numbers(4, 90, "37.5", 60),
        ("CNY", "B"): numbers("0.5", 10, 0, 0),
    }


def test_what_a_sale_comes_to_beyond_its_lines_is_of_no_article() -> None:
    assert rows(sale("105", line("A", "100")), sale("7")) == {
        ("CNY", "A"): numbers(1, 100, 0, 0),
        ("CNY", NO_ARTICLE): numbers(0, 12, 0, 0),
    }


def test_returns_take_away_goods_and_their_cost_and_currencies_stay_apart() -> None:
    assert rows(sale("50", line("A", "50", "5", "4")), back("25", line("A", "20", "2", "4")), sale("8", currency="USD")) == {
        ("CNY", "A"): numbers(3, 30, 12, 30),
        ("CNY", NO_ARTICLE): numbers(0, -5, 0, 0),
        ("USD", NO_ARTICLE): numbers(0, 8, 0, 0),
    }


def test_a_row_that_became_nothing_stays_a_row_of_nothing() -> None:
    assert rows(sale("50", line("A", "50")), back("50", line("A", "50"))) == {("CNY", "A"): numbers(0, 0, 0, 0)}


def test_a_cost_of_many_digits_is_summed_exactly() -> None:
    many = line("A", "1", "123456789012345678.123456789", "0.123456789")
    assert rows(sale("1", many), sale("1", line("A", "1", "1", "0.000000001")))["CNY", "A"][2] == Decimal(
        "15241578751714678.779149521750190521"
    )


def test_events_of_a_parked_customer_add_nothing_and_a_poison_parks_the_customer_only() -> None:
    def poisoned(one: Envelope) -> list[tuple[object, ...]]:
        if one.version == 2:
            raise ValueError
        return [*SOLD.split(one)] if SOLD.split else []

    facts = [sale("1"), sale("2"), sale("4"), sale("8", customer=OTHER)]
    entries = [(fact.customer_id, envelope(fact, number)) for number, fact in enumerate(facts, 1)]
    folded = fold(replace(SOLD, split=poisoned), {}, entries, set())
    assert [(parked.key, parked.cursor) for parked in folded.parked.values()] == [(str(CUSTOMER), Cursor(1, 700, 2))]
    assert {key: [amounts[1] for amounts in sums.values()] for key, sums in folded.changed.items()} == {CUSTOMER: [1], OTHER: [8]}
    assert set(fold(SOLD, {}, entries, {str(CUSTOMER)}).changed) == {OTHER}


@pytest.mark.parametrize("added", [(), ("net", "cost"), ("article", "quantity", "net", "cost", "costed_net")])
def test_sums_are_the_last_columns_and_numeric(added: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="sums"):
        replace(SOLD, added=added)
