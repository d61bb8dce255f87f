"""Planned closures and an agreed next order: silence waits for them, and not a day longer than it should."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest

from services.alerts.domain.agreements import Closed, closed_days, open_days_until
from services.alerts.domain.control import terms_of
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.why_not import why_not
from shared.contracts.agreements import ClosureCancelled, ClosurePlanned, NextOrderAgreed
from shared.contracts.alerts import AlertRecovered
from tests.unit.alerts.telling import folded, sayings, told
from tests.unit.alerts.trade import NAMES, SHOP, Trade, noon

LIVE = date(2025, 1, 1)
SILENT, NEW = "silent_beyond_own_rhythm", "new_customer_quiet"
CLOSURE = uuid5(NAMES, "closure")


def regular(orders: int = 12) -> tuple[Trade, date]:
    trade = Trade()
    trade.went_live(LIVE)
    return trade, trade.sold_every(10, date(2025, 1, 6), orders)


def closed(trade: Trade, first: date, last: date, at: date, closure_id: UUID = CLOSURE) -> None:
    trade.record(ClosurePlanned(customer_id=SHOP, closure_id=closure_id, first_on=first, last_on=last), noon(at))


def opened_after(trade: Trade, last: date, rule: str = SILENT) -> int:
    return next((day - last).days for what, _, _, day in told(trade, last + timedelta(days=400), rule) if what == "Opened")


@pytest.mark.parametrize(("orders", "rule"), [(12, SILENT), (2, NEW)])
def test_days_on_which_the_customer_is_closed_do_not_count(orders: int, rule: str) -> None:
    plain, last = regular(orders)
    line = opened_after(plain, last, rule)
    trade, _ = regular(orders)
    closed(trade, last + timedelta(days=5), last + timedelta(days=24), last + timedelta(days=1))
    assert opened_after(trade, last, rule) == line + 20


def test_a_closure_that_begins_when_the_silence_was_told_of_changes_nothing() -> None:
    plain, last = regular()
    line = opened_after(plain, last)
    closed(plain, last + timedelta(days=line + 1), last + timedelta(days=line + 60), last)
    assert opened_after(plain, last) == line


def test_a_cancelled_closure_counts_no_more() -> None:
    plain, last = regular()
    line = opened_after(plain, last)
    trade, _ = regular()
    closed(trade, last + timedelta(days=5), last + timedelta(days=200), last + timedelta(days=1))
    trade.record(ClosureCancelled(customer_id=SHOP, closure_id=CLOSURE), noon(last + timedelta(days=2)))
    assert opened_after(trade, last) == line


@pytest.mark.parametrize(("ahead", "earliest"), [(100, 107), (1, 0)])
def test_silence_until_the_agreed_order_is_none_and_seven_days_after_it_is(ahead: int, earliest: int) -> None:
    plain, last = regular()
    line = opened_after(plain, last)
    trade, _ = regular()
    due_on = last + timedelta(days=ahead)
    trade.record(NextOrderAgreed(customer_id=SHOP, due_on=due_on), noon(last + timedelta(days=1)))
    assert opened_after(trade, last) == max(line, earliest)


def test_what_is_agreed_during_a_silence_ends_it_and_it_comes_back_as_the_same_alert() -> None:
    trade, last = regular()
    line = opened_after(trade, last)
    on = last + timedelta(days=line + 3)
    trade.record(NextOrderAgreed(customer_id=SHOP, due_on=on + timedelta(days=40)), noon(on))
    ended = [one.event for one in sayings(trade, on) if isinstance(one.event, AlertRecovered)]
    assert [reason.code for event in ended for reason in event.reasons] == ["NEXT_ORDER_AGREED"]
    found = told(trade, on + timedelta(days=60), SILENT)
    assert [what for what, _, _, _ in found][:3] == ["Opened", "Recovered", "Reopened"]
    assert found[2][3] == on + timedelta(days=47)
    assert len({one.event.alert_id for one in sayings(trade, on + timedelta(days=60))}) == 1


def test_a_purchase_ends_a_silence_as_ever_although_something_is_agreed() -> None:
    trade, last = regular()
    line = opened_after(trade, last)
    on = last + timedelta(days=line + 3)
    trade.sold(on)
    trade.record(NextOrderAgreed(customer_id=SHOP, due_on=on + timedelta(days=40)), noon(on))
    ended = [one.event for one in sayings(trade, on) if isinstance(one.event, AlertRecovered)]
    assert [reason.code for event in ended for reason in event.reasons] == ["BOUGHT_AGAIN"]


@pytest.mark.parametrize("agreed", ["CLOSED_AS_PLANNED", "NEXT_ORDER_AGREED"])
def test_why_not_names_what_was_agreed(agreed: str) -> None:
    trade, last = regular()
    on = last + timedelta(days=60)
    if agreed == "CLOSED_AS_PLANNED":
        closed(trade, last + timedelta(days=3), last + timedelta(days=90), last)
    else:
        trade.record(NextOrderAgreed(customer_id=SHOP, due_on=last + timedelta(days=90)), noon(last))
    stepped = folded(trade, on)
    terms = terms_of(stepped.control, ZoneInfo("Asia/Shanghai"))
    (answer,) = why_not(RULES_BY_ID[SILENT], stepped.rows[SHOP].customer, terms, on)
    assert (answer.level, [reason.code for reason in answer.held_back]) == (None, [agreed])


@pytest.mark.parametrize(
    ("closures", "due", "counted"),
    [
        ((), 10, 0),
        (((105, 109),), 15, 5),
        (((111, 120),), 10, 0),
        (((110, 120),), 21, 11),
        (((95, 102), (101, 104)), 14, 4),
    ],
)
def test_open_days_and_closed_days(closures: tuple[tuple[int, int], ...], due: int, counted: int) -> None:
    planned = tuple(Closed(first, last, CLOSURE) for first, last in closures)
    assert open_days_until(planned, 100, 10) == due
    assert closed_days(planned, 100, 100 + due) == counted


@pytest.mark.parametrize("said_for", [0, 1, 2])
def test_of_two_agreed_orders_that_of_the_later_day_stands_whichever_is_entered_last(said_for: int) -> None:
    """`said_for`: the day from which the one holds that is entered last; the other one holds from the day 1."""
    trade, last = regular()
    first, then = last + timedelta(days=60), last + timedelta(days=40)
    entered = noon(last + timedelta(days=3))
    trade.record(NextOrderAgreed(customer_id=SHOP, due_on=first), entered, noon(last + timedelta(days=1)))
    trade.record(NextOrderAgreed(customer_id=SHOP, due_on=then), entered, noon(last + timedelta(days=said_for)))
    stands = first if said_for == 0 else then
    assert opened_after(trade, last) == (stands - last).days + 7
