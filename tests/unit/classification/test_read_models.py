"""What sales become: by day, by month when old, in whatever order they arrive."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from uuid import UUID, uuid4

from services.classification.read_models.customer_sales import CUSTOMER_SALES, CustomerSales, Net
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.cards import Basics, CustomerRegistered
from shared.contracts.classification import ValueClassChanged
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.topics import main_topic
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.projections.fold import gain, total_gain
from shared.projections.read_model import ReadModel, Row

CUSTOMER = UUID(int=7)
RECORDED = datetime(2026, 6, 30, 12, tzinfo=UTC)


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


def sale(on: date, net: int, currency: str = "CNY") -> SaleRecorded:
    return SaleRecorded(
        customer_id=CUSTOMER, source="erp", source_event_id=str(uuid4()), sold_on=on, net=Money(Decimal(net), currency)
    )


def back(on: date, net: int) -> GoodsReturned:
    return GoodsReturned(
        customer_id=CUSTOMER, source="erp", source_event_id=str(uuid4()), returned_on=on, net=Money(Decimal(net), "CNY")
    )


def envelope_of(event: Event, version: int) -> Envelope:
    return Envelope(
        event=event,
        type=event.type,
        event_id=uuid4(),
        stream="of one",
        version=version,
        topic=main_topic(event.type),
        part=3,
        cursor=Cursor(1, 700, version),
        customer_id=CUSTOMER,
        occurred_at=RECORDED,
        recorded_at=RECORDED,
    )


def folded(model: ReadModel[Row], *events: Event) -> Row | None:
    row: Row | None = None
    for version, event in enumerate(events, 1):
        envelope = envelope_of(event, version)
        assert model.key(envelope) == CUSTOMER
        row = model.evolve(row, envelope)
    return row


def sales_of(*events: Event) -> CustomerSales:
    row = folded(CUSTOMER_SALES, *events)
    assert row is not None
    return row


def test_days_add_up_net_of_returns_and_currencies_stay_apart() -> None:
    row = sales_of(sale(day(1), 100), sale(day(1), 50), back(day(3), 30), sale(day(1), 7, "USD"))
    assert row.sales == {
        "CNY": {"2026-01-02": Net(Decimal(150), 2), "2026-01-04": Net(Decimal(-30), 0)},
        "USD": {"2026-01-02": Net(Decimal(7), 1)},
    }
    assert (row.first_sale_on, row.last_sale_on, row.registered) == (day(1), day(1), False)


def test_any_order_of_arrival_gives_the_same_row() -> None:
    registered = CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Hua Xin"))
    events = [registered, sale(day(1), 100), sale(date(2022, 5, 6), 40), back(date(2022, 5, 20), 9), sale(date(2030, 1, 1), 3)]
    row, *others = [sales_of(*order) for order in permutations(events)]
    assert all(other == row for other in others)
    assert row.registered
    assert row.newest == RECORDED.date()
    assert row.sales["CNY"] == {
        "2022-05": Net(Decimal(31), 1),
        "2026-01-02": Net(Decimal(100), 1),
        "2030-01-01": Net(Decimal(3), 1),
    }


def test_a_row_that_grows_by_several_events_is_what_one_after_the_other_make_of_it() -> None:
    growing = CUSTOMER_SALES.growing
    assert growing is not None
    registered = CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Hua Xin"))
    told = [
        sale(date(2022, 5, 6), 40),
        registered,
        sale(day(1), 100),
        sale(day(1), 5),
        back(date(2022, 5, 20), 9),
        sale(day(3), 7, "USD"),
    ]
    for events in permutations(told, 5):
        expected = sales_of(*events)
        for cut in range(len(events) + 1):
            row = folded(CUSTOMER_SALES, *events[:cut])
            kept = None if row is None else {currency: dict(spans) for currency, spans in row.sales.items()}
            one = growing.begin(row)
            for version, event in enumerate(events[cut:], cut + 1):
                growing.add(one, envelope_of(event, version))
            assert growing.end(one) == expected
            assert row is None or row.sales == kept


def test_totals_are_by_currency_and_month() -> None:
    assert CUSTOMER_SALES.totals is not None
    row = sales_of(sale(day(1), 100), sale(day(9), 50), back(day(40), 30), sale(date(2022, 5, 6), 40))
    assert CUSTOMER_SALES.totals(row) == {
        "CNY/2022-05": {"net": Decimal(40), "sales": 1},
        "CNY/2026-01": {"net": Decimal(150), "sales": 2},
        "CNY/2026-02": {"net": Decimal(-30), "sales": 0},
    }


def test_what_the_totals_gain_is_the_difference_of_two_rows() -> None:
    events = [sale(day(1), 100), sale(date(2022, 5, 6), 40), back(day(3), 30), sale(day(1), 7, "USD"), sale(date(2026, 3, 1), 2)]
    rows = [None, *(sales_of(*events[:n]) for n in range(1, len(events) + 1))]
    assert CUSTOMER_SALES.totals is not None
    assert CUSTOMER_SALES.gained is not None
    for old, new in product(rows, rows):
        expected = total_gain([gain(CUSTOMER_SALES.totals, old, new)])
        assert total_gain([CUSTOMER_SALES.gained(old, new)]) == expected


def test_a_fold_leaves_the_row_before_it_as_it_was() -> None:
    before = sales_of(sale(day(1), 100))
    spans = dict(before.sales["CNY"])
    after = CUSTOMER_SALES.evolve(before, envelope_of(sale(day(1), 50), 2))
    assert after is not None
    assert before.sales["CNY"] == spans
    write, read = CUSTOMER_SALES.held["sales"]
    assert read(write(after.sales)) == after.sales


def test_the_last_change_is_the_class() -> None:
    first = ValueClassChanged(
        customer_id=CUSTOMER,
        run_id=uuid4(),
        standard="value-class",
        standard_version=0,
        period_from=day(-364),
        period_to=day(0),
        value_class="B",
        net=Money(Decimal(10), "CNY"),
    )
    lost = ValueClassChanged(
        customer_id=CUSTOMER,
        run_id=uuid4(),
        standard="value-class",
        standard_version=1,
        period_from=day(1),
        period_to=day(365),
        previous="B",
        reason="NO_SALES",
    )
    row = folded(VALUE_CLASSES, first)
    assert row is not None
    assert (row.value_class, row.since, row.net) == ("B", day(0), 10)
    assert VALUE_CLASSES.totals is not None
    assert VALUE_CLASSES.totals(row) == {"B": {"customers": 1}}
    row = folded(VALUE_CLASSES, first, lost)
    assert row is not None
    assert (row.value_class, row.previous, row.reason, row.since) == (None, "B", "NO_SALES", day(365))
    assert VALUE_CLASSES.totals(row) == {}
