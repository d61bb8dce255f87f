"""Silence of payments and of contact, each in a rhythm of its own; each line from both sides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.alerts.domain.contacts import contact_day
from services.alerts.domain.rules import nobody_in_touch, payments_fell_silent
from shared.contracts.alerts import AlertOpened, AlertRecovered
from shared.contracts.card_parts import CharacteristicsRevised
from shared.contracts.cards import Provenance
from shared.contracts.event import Event
from shared.contracts.promises import InvestmentRecorded
from tests.unit.alerts.telling import folded, sayings, told
from tests.unit.alerts.trade import NAMES, SHOP, Trade, noon

LIVE = date(2025, 1, 1)
FIRST = date(2025, 1, 10)
PAYMENTS, CONTACT = payments_fell_silent.RULE_ID, nobody_in_touch.RULE_ID


def payer(times: int = 8, owes: bool = True) -> tuple[Trade, date]:
    """Pays every ten days what fell due ten days before; an invoice of the end is open when the payments stop."""
    trade = Trade()
    trade.went_live(LIVE)
    last = FIRST
    for i in range(times):
        last = FIRST + timedelta(days=10 * i)
        trade.invoiced(last - timedelta(days=5), f"n{i}", last)
        trade.paid(last, "100.00", f"n{i}")
    if owes:
        trade.invoiced(last, "open", last + timedelta(days=5))
    return trade, last


def line_of(trade: Trade, last: date, rule: str) -> int:
    """Days of silence with which the rule first says something."""
    days = [day for what, _, _, day in told(trade, last + timedelta(days=300), rule) if what == "Opened"]
    return (days[0] - last).days


def test_a_payer_that_stops_with_something_due_is_told_of_on_one_day_and_not_the_day_before() -> None:
    trade, last = payer()
    line = line_of(trade, last, PAYMENTS)
    assert 20 <= line < 60
    assert told(trade, last + timedelta(days=line - 1), PAYMENTS) == []
    assert [level for _, _, level, _ in told(trade, last + timedelta(days=line), PAYMENTS)] == ["watch"]
    assert [level for _, _, level, _ in told(trade, last + timedelta(days=300), PAYMENTS)] == ["watch", "act"]


def test_a_payer_that_owes_nothing_may_be_silent() -> None:
    trade, last = payer(owes=False)
    assert told(trade, last + timedelta(days=300), PAYMENTS) == []


@pytest.mark.parametrize(("times", "warned"), [(3, False), (4, True)])
def test_four_days_of_payment_make_a_rhythm(times: int, warned: bool) -> None:
    trade, last = payer(times)
    assert bool(told(trade, last + timedelta(days=300), PAYMENTS)) is warned


def test_what_falls_due_during_the_silence_is_told_of_the_day_after() -> None:
    trade, last = payer(owes=False)
    due = last + timedelta(days=100)
    trade.invoiced(last, "open", due)
    assert told(trade, due, PAYMENTS) == []
    assert [day for _, _, _, day in told(trade, due + timedelta(days=1), PAYMENTS)] == [due + timedelta(days=1)]


def test_reasons_name_the_rhythm_and_what_is_overdue() -> None:
    trade, last = payer()
    opened = next(
        one.event for one in sayings(trade, last + timedelta(days=60)) if getattr(one.event, "channel", "") == "payments"
    )
    assert isinstance(opened, AlertOpened)
    figures = {reason.code: reason.figures for reason in opened.finding.reasons}
    assert figures["OWN_RHYTHM"]["median_gap_days"] == "10"
    assert figures["OVERDUE_MEANWHILE"]["overdue_amount"] == "100.00"
    assert figures["SILENT_DAYS"]["last_payment_on"] == last.isoformat()


@pytest.mark.parametrize("credited", [False, True])
def test_a_payment_and_a_credit_note_each_end_the_silence(credited: bool) -> None:
    trade, last = payer()
    later = last + timedelta(days=80)
    if credited:
        trade.credited(later, "100.00", "open")
    else:
        trade.paid(later, "10.00", "open")
    ended = [one.event for one in sayings(trade, later) if isinstance(one.event, AlertRecovered)]
    codes = {reason.code for event in ended for reason in event.reasons}
    assert ("NOTHING_OVERDUE" if credited else "PAID_AGAIN") in codes


def visit(on: date, kind: str = "VISIT") -> Event:
    return InvestmentRecorded(customer_id=SHOP, investment_id=NAMES, kind=kind, spent_on=on)  # type: ignore[arg-type]


def visited(times: int = 6, every: int = 30, buys: bool = True) -> tuple[Trade, date]:
    trade = Trade()
    trade.went_live(LIVE)
    last = FIRST + timedelta(days=every * (times - 1))
    for i in range(times):
        on = FIRST + timedelta(days=every * i)
        trade.record(visit(on), noon(on))
    if buys:
        trade.sold_every(7, FIRST, (last - FIRST).days // 7)
    return trade, last


def test_a_buyer_whom_nobody_visits_any_more_is_told_of_on_one_day_and_not_the_day_before() -> None:
    trade, last = visited()
    line = line_of(trade, last, CONTACT)
    assert 60 <= line < 200
    assert told(trade, last + timedelta(days=line - 1), CONTACT) == []
    assert [level for _, _, level, _ in told(trade, last + timedelta(days=line), CONTACT)] == ["watch"]


def test_who_never_bought_is_neglected_by_nobody() -> None:
    trade, last = visited(buys=False)
    assert told(trade, last + timedelta(days=300), CONTACT) == []


@pytest.mark.parametrize(("times", "warned"), [(3, False), (4, True)])
def test_four_days_of_contact_make_a_rhythm(times: int, warned: bool) -> None:
    trade, last = visited(times)
    assert bool(told(trade, last + timedelta(days=250), CONTACT)) is warned


def test_the_next_visit_ends_the_silence() -> None:
    trade, last = visited()
    again = last + timedelta(days=line_of(trade, last, CONTACT) + 5)
    trade.record(visit(again), noon(again))
    assert [what for what, _, _, _ in told(trade, again, CONTACT)] == ["Opened", "Recovered"]


def test_a_complaint_and_what_a_salesperson_saw_are_contacts_and_a_gift_is_none() -> None:
    trade = Trade()
    trade.claimed(FIRST, "10.00")
    contacts = folded(trade, FIRST).rows[SHOP].customer.contacts
    assert contacts is not None
    assert contacts.last_on == FIRST
    assert contact_day(visit(FIRST, "GIFT"), FIRST) is None
    seen = Provenance(source="SALESPERSON", observed_on=FIRST)
    told_there = CharacteristicsRevised(customer_id=SHOP, provenance=seen)
    assert contact_day(told_there, FIRST + timedelta(days=3)) == FIRST
    office = CharacteristicsRevised(customer_id=SHOP, provenance=Provenance(source="OFFICE", observed_on=FIRST))
    assert contact_day(office, FIRST) is None
