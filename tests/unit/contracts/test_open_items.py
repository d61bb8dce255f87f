"""Which payment settles which invoice, what is open, overdue and how late it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.contracts.event import Event
from shared.contracts.open_items import (
    Account,
    Standing,
    ageing,
    apply,
    days_beyond_terms,
    exposure,
    items_of,
    open_items,
    read_account,
    settlements,
    write_account,
)
from shared.contracts.transactions import GoodsReturned
from tests.unit.contracts.ledgers import (
    CUSTOMER,
    credit_note,
    day,
    folded,
    in_every_order,
    invoice,
    money,
    payment,
    refund,
    reversal,
    write_off,
)


def standing(account: Account, as_of: int = 1000) -> Standing:
    return open_items(account, day(as_of))["CNY"]


def left(account: Account, as_of: int = 1000) -> dict[str, int]:
    return {item.number: int(item.open) for item in items_of(account, day(as_of), "CNY")}


@pytest.mark.parametrize(
    ("facts", "open_then", "unallocated"),
    [
        pytest.param([invoice("A", 0, 100)], {"A": 100}, 0, id="an invoice is open"),
        pytest.param([invoice("A", 0, 100), payment("p", 5, 100)], {}, 0, id="a payment settles it"),
        pytest.param([invoice("A", 0, 100), payment("p", 5, 30)], {"A": 70}, 0, id="a part of it"),
        pytest.param([invoice("A", 0, 100), payment("p", 5, 130)], {}, 30, id="too much is credit"),
        pytest.param([invoice("A", 0, 100), invoice("B", 1, 50), payment("p", 5, 120)], {"B": 30}, 0, id="oldest due first"),
        pytest.param(
            [invoice("A", 0, 100, due=60), invoice("B", 1, 50, due=10), payment("p", 5, 60)], {"A": 90}, 0, id="due, not issued"
        ),
        pytest.param(
            [invoice("A", 0, 100), invoice("B", 1, 50), payment("p", 5, 50, B=50)], {"A": 100}, 0, id="allocated as given"
        ),
        pytest.param(
            [invoice("A", 0, 100), invoice("B", 1, 50), payment("p", 5, 80, B=50)], {"A": 70}, 0, id="the rest oldest first"
        ),
        pytest.param(
            [invoice("A", 0, 100), invoice("B", 1, 50), payment("p", 5, 80, B=80)], {"A": 70}, 0, id="more than is open goes on"
        ),
        pytest.param([invoice("A", 9, 100), payment("p", 5, 100)], {}, 0, id="payment before its invoice"),
        pytest.param([invoice("A", 0, 100), payment("p", 5, 100), reversal("p", 9)], {"A": 100}, 0, id="a reversed payment"),
        pytest.param(
            [payment("p", 5, 100), reversal("p", 3), invoice("A", 7, 10)], {"A": 10}, 0, id="reversed before it was made"
        ),
        pytest.param([invoice("A", 0, 100), credit_note("c", 5, 40, A=40)], {"A": 60}, 0, id="credit note"),
        pytest.param([invoice("A", 0, 100), write_off("A", 5, 40)], {"A": 60}, 0, id="written off in part"),
        pytest.param([payment("p", 5, 100), refund("m", 6, 60)], {}, 40, id="a refund uses up credit"),
        pytest.param(
            [payment("p", 5, 100), refund("m", 6, 60), invoice("A", 7, 70)], {"A": 30}, 0, id="what is refunded settles nothing"
        ),
        pytest.param([invoice("A", 0, 100), invoice("A2", 0, -30)], {"A": 70}, 0, id="an invoice below zero is a credit"),
    ],
)
def test_settling_in_every_order_of_arrival(facts: list[Event], open_then: dict[str, int], unallocated: int) -> None:
    account = in_every_order(*facts)
    assert left(account) == open_then
    assert standing(account).unallocated == unallocated


def test_credit_that_names_an_unknown_invoice_waits_for_it_and_settles_no_other() -> None:
    paid = folded(invoice("A", 0, 100), payment("p", 5, 50, B=50))
    assert left(paid) == {"A": 100}
    assert standing(paid).waiting == 50
    assert standing(paid).flags == ("UNKNOWN_INVOICE",)
    assert exposure(paid, day(6)) == {"CNY": 100}
    known = in_every_order(invoice("A", 0, 100), payment("p", 5, 50, B=50), invoice("B", 7, 80))
    assert left(known) == {"A": 100, "B": 30}
    assert standing(known).flags == ()


def test_facts_after_the_day_are_ignored() -> None:
    account = folded(invoice("A", 0, 100), payment("p", 20, 100), reversal("p", 25))
    assert left(account, 19) == {"A": 100}
    assert left(account, 20) == {}
    assert left(account, 24) == {}
    assert left(account, 25) == {"A": 100}
    assert open_items(account, day(-1)) == {}


def test_currencies_are_never_mixed() -> None:
    account = in_every_order(invoice("A", 0, 100), payment("p", 5, 100, currency="USD"), invoice("B", 1, 70, currency="USD"))
    assert left(account) == {"A": 100}
    assert open_items(account, day(9))["USD"].unallocated == 30


def test_sales_and_returns_make_no_receivable() -> None:
    sold_back = GoodsReturned(customer_id=CUSTOMER, source="erp", source_event_id="1", returned_on=day(1), net=money(5))
    account = folded(invoice("A", 0, 100))
    assert apply(account, sold_back, day(1)) is account


def test_days_late_are_signed_and_counted_to_the_last_money_of_the_customer() -> None:
    account = in_every_order(
        invoice("EARLY", 0, 100),
        payment("p1", 20, 100, EARLY=100),
        invoice("LATE", 0, 100),
        payment("p2", 40, 60, LATE=60),
        credit_note("c", 60, 40, LATE=40),
    )
    found = {one.number: (one.settled_on, one.days_late) for one in settlements(account, day(90))}
    assert found == {"EARLY": (day(20), -10), "LATE": (day(60), 10)}
    assert settlements(account, day(59)) == settlements(account, day(20))


def test_what_is_written_off_or_wholly_credited_is_no_settlement_of_the_customer() -> None:
    account = in_every_order(
        invoice("A", 0, 100), payment("p", 5, 60, A=60), write_off("A", 9, 40), invoice("B", 0, 50), credit_note("c", 9, 50, B=50)
    )
    assert left(account) == {}
    assert settlements(account, day(90)) == ()


def test_ageing_adds_up_and_the_edges_of_its_buckets() -> None:
    account = folded(*(invoice(f"D{n}", 100 - n, 1 + n, due=0) for n in (0, 1, 30, 31, 60, 61, 90, 91)))
    found = ageing(account, day(100))["CNY"]
    assert (found.not_due, found.days_1_30, found.days_31_60) == (1, 2 + 31, 32 + 61)
    assert (found.days_61_90, found.over_90) == (62 + 91, 92)
    total = found.not_due + found.days_1_30 + found.days_31_60 + found.days_61_90 + found.over_90
    assert total == found.outstanding == standing(account, 100).outstanding
    assert found.overdue == total - 1


def test_days_beyond_terms_are_weighted_by_amount_over_a_year() -> None:
    account = folded(
        invoice("OLD", 0, 1000), payment("o", 130, 1000, OLD=1000),
        invoice("A", 400, 300), payment("a", 440, 300, A=300),
        invoice("B", 400, 100), payment("b", 420, 100, B=100),
    )  # fmt: skip
    assert days_beyond_terms(account, day(494)) == {"CNY": Decimal(300 * 10 - 100 * 10 + 1000 * 100) / 1400}
    assert days_beyond_terms(account, day(495)) == {"CNY": Decimal(300 * 10 - 100 * 10) / 400}
    assert days_beyond_terms(account, day(100)) == {}


def test_what_is_older_than_the_window_is_one_balance() -> None:
    account = in_every_order(
        invoice("OLD", 0, 100), payment("p", 10, 30), invoice("NEW", 1000, 50), payment("q", 1010, 10, OLD=10)
    )
    assert account.window_from == date(2026, 10, 1)
    opening, new = items_of(account, day(1010), "CNY")
    assert (opening.opening, opening.open, opening.due_on) == (True, 60, date(2026, 9, 30))
    assert (new.number, new.open) == ("NEW", 50)
    assert ageing(account, day(1010))["CNY"].over_90 == 60
    assert "OPENING_BALANCE" in standing(account, 1010).flags
    assert len(account.facts) == 2


def test_old_credit_settles_what_comes() -> None:
    account = in_every_order(payment("p", 10, 30), invoice("NEW", 1000, 50))
    assert left(account, 1000) == {"NEW": 20}


def test_a_payment_and_its_reversal_leave_the_window_together() -> None:
    account = folded(invoice("OLD", 0, 100), payment("p", 265, 100), reversal("p", 275))
    at_the_edge = apply(account, invoice("NEW", 1010, 1), day(1010))
    assert at_the_edge.window_from == date(2026, 10, 1)
    assert standing(at_the_edge, 1010).outstanding == 101
    beyond = apply(at_the_edge, invoice("NEWER", 1100, 1), day(1100))
    assert standing(beyond, 1100).outstanding == 102
    assert {entry.number for entry in beyond.facts} == {"NEW", "NEWER"}


def test_a_day_far_in_the_future_moves_no_window() -> None:
    account = folded(invoice("A", 0, 100), invoice("TYPO", 9000, 5), recorded_on=day(10))
    assert account.newest == day(10)
    assert left(account, 10) == {"A": 100}


def test_a_reversal_of_no_known_payment_changes_nothing_and_is_flagged() -> None:
    account = in_every_order(invoice("A", 0, 100), payment("p", 1, 100), reversal("x", 9))
    assert left(account) == {}
    assert standing(account).flags == ("REVERSAL_OF_UNKNOWN_PAYMENT",)


def test_the_state_survives_its_json() -> None:
    account = folded(invoice("A", 0, 100), payment("p", 5, 30, A=10), write_off("A", 9, 5), invoice("NEW", 1000, 50))
    again = read_account(write_account(account))
    assert again == account
    assert open_items(again, day(1000)) == open_items(account, day(1000))
