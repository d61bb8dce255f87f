"""What sales and returns become: by day, month and year, in whatever order they arrive."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from uuid import uuid4

import msgspec
import pytest

from services.cards.domain.spans import DAYS_KEPT, LATEST_KEPT, MONTHS_KEPT, Book, amount_of, entries, month_of
from services.cards.read_models.serving import books_of
from services.cards.read_models.trade import TRADE, Trade, evolve
from shared.contracts.cards import Basics, CustomerErased, CustomerRegistered, SalespersonAssigned
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.relations import MergedInto
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.projections.fold import gain, total_gain
from tests.unit.cards.telling import CUSTOMER, told

TODAY = date(2026, 6, 30)
REGISTERED = CustomerRegistered(
    customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"), salesperson_id="wang", area_id="EAST"
)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def sale(on: date, net: str = "100.00", currency: str = "CNY") -> SaleRecorded:
    return SaleRecorded(
        customer_id=CUSTOMER, source="erp", source_event_id=str(uuid4()), sold_on=on, net=Money(Decimal(net), currency)
    )


def back(on: date, net: str = "30.00") -> GoodsReturned:
    return GoodsReturned(
        customer_id=CUSTOMER, source="erp", source_event_id=str(uuid4()), returned_on=on, net=Money(Decimal(net), "CNY")
    )


def row_of(events: Sequence[Event]) -> Trade:
    row: Trade | None = None
    for envelope in told(events):
        row = evolve(row, envelope)
    assert row is not None
    return row


def days_of(book: Book) -> dict[date, tuple[int, int, int]]:
    return {date.fromordinal(at): sums for at, sums in entries(book.days)}


def test_days_add_up_and_currencies_stay_apart() -> None:
    row = row_of([sale(ago(3)), sale(ago(3), "50.50"), back(ago(1)), sale(ago(3), "700", "JPY")])
    books = books_of(row)
    assert days_of(books["CNY"]) == {ago(3): (15050, 2, 0), ago(1): (0, 0, 3000)}
    assert days_of(books["JPY"]) == {ago(3): (700, 1, 0)}
    assert list(entries(books["CNY"].months)) == [(month_of(ago(3)), (15050, 2, 3000))]
    assert (row.first_on, row.last_on, row.newest_on) == (ago(3), ago(3), ago(1))
    assert amount_of(15050, "CNY") == Decimal("150.50")
    assert amount_of(700, "JPY") == 700


def test_any_order_of_arrival_gives_the_same_row() -> None:
    chance = random.Random(3)
    for _ in range(60):
        events: list[Event] = [sale(ago(chance.choice([chance.randrange(90), chance.randrange(1500)]))) for _ in range(40)]
        events += [back(ago(chance.randrange(900))) for _ in range(5)] + [REGISTERED]
        chance.shuffle(events)
        one = row_of(events)
        chance.shuffle(events)
        # What the cards say comes in the order of its stream; there is one event of it here.
        other = replace(row_of(events), registered_at=one.registered_at, assigned_at=one.assigned_at)
        assert one == other
        assert TRADE.totals is not None
        assert TRADE.totals(one) == TRADE.totals(other)


def test_what_is_new_is_kept_by_day_and_what_is_old_by_year() -> None:
    often = [sale(ago(n), "1.00") for n in range(0, 1500, 2)]
    book = books_of(row_of(often))["CNY"]
    assert min(days_of(book)) == ago(DAYS_KEPT)
    months = [at for at, _ in entries(book.months)]
    assert months == list(range(month_of(TODAY) - MONTHS_KEPT + 1, month_of(TODAY) + 1))
    kept = sum(sums[1] for _, sums in entries(book.months)) + sum(sums[1] for _, sums in entries(book.years))
    assert kept == len(often)
    seldom = [sale(ago(n * 40)) for n in range(20)]
    assert sorted(days_of(books_of(row_of(seldom))["CNY"])) == sorted(ago(n * 40) for n in range(LATEST_KEPT))


def test_totals_are_by_span_currency_and_who_serves_the_customer() -> None:
    assert TRADE.totals is not None
    events: list[Event] = [REGISTERED, sale(ago(3), "100.00"), sale(date(2020, 5, 6), "40.00"), back(ago(1))]
    assert TRADE.totals(row_of(events)) == {
        "d/2026-06-27/CNY/EAST\nwang": {"sold": 10000, "sales": 1},
        "d/2026-06-29/CNY/EAST\nwang": {"returned": 3000},
        "d/2020-05-06/CNY/EAST\nwang": {"sold": 4000, "sales": 1},
        "m/2026-06/CNY/EAST\nwang": {"sold": 10000, "sales": 1, "returned": 3000},
        "y/2020/CNY/EAST\nwang": {"sold": 4000, "sales": 1},
        "M/2026-06/CNY": {"sold": 10000, "sales": 1, "returned": 3000},
        "Y/2020/CNY": {"sold": 4000, "sales": 1},
    }
    moved = row_of([*events, SalespersonAssigned(customer_id=CUSTOMER, salesperson_id="li")])
    assert {group.partition("\n")[2] for group in TRADE.totals(moved) if "\n" in group} == {"li"}


def test_what_the_totals_gain_is_the_difference_of_two_rows() -> None:
    events: list[Event] = [
        sale(ago(70)),
        REGISTERED,
        *(sale(ago(n)) for n in range(30, 0, -2)),
        back(ago(1)),
        SalespersonAssigned(customer_id=CUSTOMER, salesperson_id="li"),
        sale(ago(0)),
        sale(ago(900)),
        sale(TODAY, "5", "JPY"),
    ]
    rows: list[Trade | None] = [None]
    for envelope in told(events):
        rows.append(evolve(rows[-1], envelope))
    assert TRADE.totals is not None
    assert TRADE.gained is not None
    for old, new in product(rows, rows):
        expected = total_gain([gain(TRADE.totals, old, new)])
        assert total_gain([TRADE.gained(old, new)]) == expected
        # A row that was read from its table knows nothing of where it came from.
        read = None if old is None else replace(old, read=None)
        assert total_gain([TRADE.gained(read, new)]) == expected
    for envelopes in (told(events)[at:] for at in range(1, len(events))):
        start = rows[len(events) - len(envelopes)]
        old = new = None if start is None else replace(start, read=None)
        for envelope in envelopes:
            new = evolve(new, envelope)
        assert total_gain([TRADE.gained(old, new)]) == total_gain([gain(TRADE.totals, old, new)])


def test_a_fold_leaves_the_row_before_it_as_it_was() -> None:
    before = row_of([sale(ago(5)), sale(ago(3))])
    text, days = before.books, days_of(books_of(before)["CNY"])
    for event in (sale(ago(3)), sale(ago(4)), back(ago(9)), sale(ago(3), "1", "JPY")):
        [envelope] = told([event])
        after = evolve(before, envelope)
        assert after is not None
        assert after.books != text
        assert (before.books, days_of(books_of(before)["CNY"])) == (text, days)
        assert books_of(replace(after, read=None)) == books_of(after)


def test_of_two_assignments_that_of_the_later_day_stands() -> None:
    today = datetime(2026, 6, 1, tzinfo=UTC)
    said = {"wang": today - timedelta(days=1), "li": today, "zhao": today, "sun": today - timedelta(days=100)}

    def stands(*names: str) -> str | None:
        row: Trade | None = None
        for name in names:
            [envelope] = told([SalespersonAssigned(customer_id=CUSTOMER, salesperson_id=name)])
            row = evolve(row, msgspec.structs.replace(envelope, occurred_at=said[name]))
        assert row is not None
        return row.salesperson_id

    for order in permutations(("wang", "li", "sun")):
        assert stands(*order) == "li"
    assert (stands("li", "zhao"), stands("zhao", "li")) == ("zhao", "li")


@pytest.mark.parametrize(
    "event",
    [CustomerErased(customer_id=CUSTOMER, reason="REQUESTED"), MergedInto(customer_id=CUSTOMER, lead_id=uuid4())],
    ids=["erased", "merged"],
)
def test_trade_outlives_the_card(event: Event) -> None:
    row = row_of([REGISTERED, sale(ago(3)), event, sale(ago(2))])
    assert row.gone
    assert list(days_of(books_of(row)["CNY"])) == [ago(3), ago(2)]


def test_an_amount_finer_than_its_currency_is_not_rounded() -> None:
    with pytest.raises(ValueError, match="finer"):
        row_of([sale(ago(1), "1.005")])
