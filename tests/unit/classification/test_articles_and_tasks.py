"""What an article is and what is to be sold of it: stated, refused, held against what was sold; each line from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import msgspec
import pytest

from services.classification.domain import article, product_standard, sales_task
from services.classification.domain.article import DescribeArticle, PackOutOfRange, PriceOutOfRange, in_own_unit
from services.classification.domain.product_standard import BUILT_IN, ProductBordersOutOfOrder
from services.classification.domain.sales_task import PeriodNotWhole, SetTask, TaskOutOfRange, last_day, progress
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.products import Pack, TaskPeriod

PERSON = uuid4()
JANUARY = date(2026, 1, 1)
BOX = Pack("BOX", Decimal(12))
DRILL = DescribeArticle("A-17", JANUARY, "PIECE", "Drill", [Money(Decimal("250.00"), "CNY")], [BOX], PERSON)
TASK = SetTask("A-17", "QUARTER", date(2026, 4, 1), None, Decimal(2000), None, None, PERSON)


def described(*commands: DescribeArticle) -> list[Event]:
    events: list[Event] = []
    for command in commands:
        events += article.decide(article.folded(events), command)
    return events


def set_of(*commands: SetTask) -> list[Event]:
    events: list[Event] = []
    for command in commands:
        events += sales_task.decide(sales_task.folded(events), command)
    return events


def test_what_is_known_is_no_news_and_the_later_of_one_day_stands() -> None:
    renamed = replace(DRILL, name="Cordless drill")
    events = described(DRILL, DRILL, renamed, replace(DRILL, from_on=date(2026, 2, 1)))
    assert len(events) == 3
    assert {day: one.name for day, one in article.folded(events).items()} == {
        JANUARY: "Cordless drill",
        date(2026, 2, 1): "Drill",
    }


@pytest.mark.parametrize("prices", [["0.00"], ["-1.00"], ["1.00", "2.00"]])
def test_a_price_is_above_nothing_and_one_a_currency(prices: list[str]) -> None:
    with pytest.raises(PriceOutOfRange):
        described(replace(DRILL, unit_prices=[Money(Decimal(one), "CNY") for one in prices]))


@pytest.mark.parametrize("packs", [[Pack("PIECE", Decimal(2))], [BOX, BOX], [Pack("BOX", Decimal(0))]])
def test_a_pack_is_another_unit_named_once(packs: list[Pack]) -> None:
    with pytest.raises(PackOutOfRange):
        described(replace(DRILL, packs=packs))


@pytest.mark.parametrize(("unit", "own"), [("PIECE", Decimal(3)), ("BOX", Decimal(36)), ("PALLET", None)])
def test_a_quantity_is_turned_into_the_own_unit_by_a_pack_only(unit: str, own: Decimal | None) -> None:
    assert in_own_unit(Decimal(3), unit, "PIECE", [BOX]) == own


@pytest.mark.parametrize(
    ("amount", "quantity"), [("100.00", 5), ("0.00", None), ("-1.00", None), (None, 0), (None, -1)]
)  # fmt: skip
def test_a_task_is_an_amount_or_a_quantity_above_nothing(amount: str | None, quantity: int | None) -> None:
    money = None if amount is None else Money(Decimal(amount), "CNY")
    with pytest.raises(TaskOutOfRange):
        set_of(replace(TASK, amount=money, quantity=None if quantity is None else Decimal(quantity)))


@pytest.mark.parametrize(
    ("period", "first", "whole"),
    [
        ("MONTH", date(2026, 5, 1), True),
        ("MONTH", date(2026, 5, 2), False),
        ("QUARTER", date(2026, 10, 1), True),
        ("QUARTER", date(2026, 5, 1), False),
        ("YEAR", JANUARY, True),
        ("YEAR", date(2026, 7, 1), False),
    ],
)
def test_a_task_begins_with_its_period(period: TaskPeriod, first: date, whole: bool) -> None:
    command = replace(TASK, period=period, first_on=first)
    if whole:
        assert len(set_of(command)) == 1
    else:
        with pytest.raises(PeriodNotWhole):
            set_of(command)


def test_a_task_is_set_taken_back_and_set_for_other_scopes() -> None:
    nothing = replace(TASK, quantity=None)
    assert set_of(nothing) == []
    events = set_of(TASK, TASK, replace(TASK, area_id="north"), nothing, nothing)
    assert len(events) == 3
    assert len({one.task_id for one in sales_task.folded(events).values()}) == 2


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("MONTH", date(2024, 2, 1), date(2024, 2, 29)),
        ("QUARTER", date(2026, 10, 1), date(2026, 12, 31)),
        ("YEAR", JANUARY, date(2026, 12, 31)),
    ],
)
def test_the_last_day_of_a_period(period: TaskPeriod, first: date, last: date) -> None:
    assert last_day(period, first) == last


@pytest.mark.parametrize(
    ("reached", "as_of", "state", "behind"),
    [
        ("50", date(2026, 4, 15), "OPEN", False),
        ("49.99", date(2026, 4, 15), "OPEN", True),
        ("100", date(2026, 4, 2), "MET", False),
        ("99.99", date(2026, 4, 29), "OPEN", False),
        ("99.99", date(2026, 4, 30), "MISSED", True),
        ("-5", date(2026, 6, 1), "MISSED", True),
    ],
)
def test_how_far_a_task_is(reached: str, as_of: date, state: str, behind: bool) -> None:
    found = progress(Decimal(100), Decimal(reached), date(2026, 4, 1), date(2026, 4, 30), as_of)
    assert (found.state, found.behind) == (state, behind)
    assert found.missing == max(Decimal(100) - Decimal(reached), Decimal(0))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("best_below", Decimal(1), Decimal("1.01")),
        ("strong_from", Decimal(1), Decimal("0.99")),
        ("weak_below", Decimal(1), Decimal("1.01")),
        ("weak_below", Decimal("0.01"), Decimal(0)),
        ("focus_share", Decimal(1), Decimal(0)),
        ("least_buyers", 2, 1),
        ("least_lift", Decimal(1), Decimal("0.9")),
        ("followers", 50, 51),
        ("baskets", 100_000, 100_001),
        ("basket_articles", 2, 1),
        ("count_days", 13, 14),
    ],
)
def test_borders_of_the_standard(field: str, good: object, bad: object) -> None:
    made = product_standard.decide(BUILT_IN, msgspec.structs.replace(BUILT_IN, **{field: good}))
    assert [getattr(one, "version", None) for one in made] == [1]
    with pytest.raises(ProductBordersOutOfOrder):
        product_standard.decide(BUILT_IN, msgspec.structs.replace(BUILT_IN, **{field: bad}))


def test_the_same_standard_again_is_no_news() -> None:
    first = product_standard.decide(BUILT_IN, BUILT_IN)[0]
    state = product_standard.evolve(BUILT_IN, first)
    assert state.version == 1
    assert product_standard.decide(state, msgspec.structs.replace(BUILT_IN, decided_by=PERSON)) == []
