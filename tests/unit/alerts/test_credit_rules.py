"""Credit: overdue debt, getting worse, limit use, sales ahead of collections; each line from both sides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.alerts.domain.payment_habit import Habit, settled, worsening
from shared.contracts.alerts import AlertOpened, AlertWorsened
from shared.contracts.cards import TradeTermsAgreed
from tests.unit.alerts.telling import folded, sayings, told
from tests.unit.alerts.trade import SHOP, Trade, cny, noon

LIVE = date(2025, 1, 1)
DUE = date(2025, 3, 31)
DEBT, WORSE, LIMIT, GROWING = "overdue_debt", "payments_getting_worse", "credit_limit_nearly_used", "sales_ahead_of_collections"


def live() -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    return trade


def owing(amount: str = "100.00") -> Trade:
    trade = live()
    trade.invoiced(date(2025, 3, 1), "n1", DUE, amount)
    return trade


@pytest.mark.parametrize(("days", "levels"), [(6, []), (7, ["watch"]), (29, ["watch"]), (30, ["watch", "act"])])
def test_overdue_debt_by_its_age(days: int, levels: list[str]) -> None:
    assert [level for _, _, level, _ in told(owing(), DUE + timedelta(days=days), DEBT)] == levels


def test_overdue_debt_stops_deliveries_after_sixty_days_and_is_one_alert() -> None:
    found = told(owing(), DUE + timedelta(days=400), DEBT)
    assert [(what, level, (day - DUE).days) for what, _, level, day in found] == [
        ("Opened", "watch", 7),
        ("Worsened", "act", 30),
        ("Worsened", "stop", 60),
    ]
    assert len({one.event.alert_id for one in sayings(owing(), DUE + timedelta(days=400))}) == 1


@pytest.mark.parametrize(("minimum", "told_of"), [("100", 1), ("100.01", 0)])
def test_small_debts_may_be_left_alone(minimum: str, told_of: int) -> None:
    trade = owing("100.00")
    trade.published(LIVE, DEBT, 2, minimum_amount=minimum)
    assert len(told(trade, DUE + timedelta(days=29), DEBT)) == told_of


def test_settlement_recovers_a_debt_and_a_bounced_payment_brings_the_same_alert_back() -> None:
    trade = owing()
    trade.paid(DUE + timedelta(days=10), "100.00", "n1", id="p1")
    trade.reversed(DUE + timedelta(days=15), "p1")
    found = told(trade, DUE + timedelta(days=16), DEBT)
    assert [(what, level) for what, _, level, _ in found] == [("Opened", "watch"), ("Recovered", None), ("Reopened", "watch")]
    assert len({one.event.alert_id for one in sayings(trade, DUE + timedelta(days=16))}) == 1


def test_a_part_payment_changes_the_amount_and_not_the_age() -> None:
    trade = owing()
    trade.paid(DUE + timedelta(days=10), "60.00", "n1")
    worse = [one.event for one in sayings(trade, DUE + timedelta(days=30)) if isinstance(one.event, AlertWorsened)]
    assert worse[0].finding.reasons[0].figures["overdue_amount"] == "40.00"
    assert worse[0].finding.reasons[1].figures["days_overdue"] == 30


def test_what_is_disputed_does_not_escalate_and_is_shown() -> None:
    trade = owing()
    trade.claimed(date(2025, 3, 20), "30.00", ("n1",))
    opened = sayings(trade, DUE + timedelta(days=7))[0].event
    assert isinstance(opened, AlertOpened)
    by_code = {reason.code: reason.figures for reason in opened.finding.reasons}
    assert by_code["OVERDUE_AMOUNT"]["overdue_amount"] == "70.00"
    assert by_code["DISPUTED_PART"]["disputed_amount"] == "30.00"


def test_a_wholly_disputed_debt_is_silent_until_the_complaint_ends() -> None:
    trade = owing()
    complaint = trade.claimed(date(2025, 3, 20), "100.00", ("n1",))
    assert told(trade, DUE + timedelta(days=90), DEBT) == []
    trade.complaint_closed(DUE + timedelta(days=40), complaint)
    assert [(what, level) for what, _, level, _ in told(trade, DUE + timedelta(days=41), DEBT)] == [("Opened", "act")]


def test_currencies_are_debts_of_their_own() -> None:
    trade = owing()
    assert {one.event.channel for one in sayings(trade, DUE + timedelta(days=8)) if isinstance(one.event, AlertOpened)} == {"CNY"}


def good_payer(trade: Trade, invoices: int = 10, late: int = 2) -> date:
    day = date(2025, 1, 5)
    for i in range(invoices):
        trade.invoiced(day, f"g{i}", day + timedelta(days=30))
        trade.paid(day + timedelta(days=30 + late), number=f"g{i}")
        day += timedelta(days=20)
    return day


def test_a_good_payer_that_pays_later_is_noticed_before_the_money_arrives() -> None:
    trade = live()
    day = good_payer(trade)
    due = day + timedelta(days=30)
    trade.invoiced(day, "late", due)
    first = told(trade, due + timedelta(days=120), WORSE)[0]
    assert first[0] == "Opened" and first[2] == "watch"
    waited = (first[3] - due).days
    assert 7 < waited < 40
    assert told(trade, first[3] - timedelta(days=1), WORSE) == []


def test_the_day_is_the_first_on_which_the_score_reaches_the_line() -> None:
    trade = live()
    day = good_payer(trade)
    due = day + timedelta(days=30)
    trade.invoiced(day, "late", due)
    true_on = told(trade, due + timedelta(days=120), WORSE)[0][3]
    habit = folded(trade, due).rows[SHOP].customer.habits["CNY"]
    waited = (true_on - due).days
    assert worsening(habit, [waited]).score >= 1.6 > worsening(habit, [waited - 1]).score


def test_a_customer_that_was_always_late_is_not_worse() -> None:
    trade = live()
    day = good_payer(trade, late=25)
    due = day + timedelta(days=30)
    trade.invoiced(day, "late", due)
    trade.paid(due + timedelta(days=27), number="late")
    assert told(trade, due + timedelta(days=60), WORSE) == []


@pytest.mark.parametrize(("agreed", "scored_late"), [("40.00", False), (None, True)])
def test_who_withheld_with_reason_has_not_paid_late(agreed: str | None, scored_late: bool) -> None:
    """A dispute stops the lateness of what it names, unless it was decided against the customer."""
    trade = live()
    day = good_payer(trade)
    due = day + timedelta(days=30)
    for number in ("w1", "w2", "w3"):
        trade.invoiced(day, number, due)
    complaint = trade.claimed(due - timedelta(days=5), "300.00", ("w1", "w2", "w3"))
    end = due + timedelta(days=60)
    if agreed is not None:
        trade.credited(end, agreed, "w1")
    trade.claim_settled(end, complaint, agreed)
    for number, amount in (("w1", "100.00" if agreed is None else "60.00"), ("w2", "100.00"), ("w3", "100.00")):
        trade.paid(end, amount, number)
    settled_late = folded(trade, end).rows[SHOP].customer.habits["CNY"].average > 10
    assert settled_late is scored_late


def test_four_settlements_are_too_few_to_judge() -> None:
    trade = live()
    day = good_payer(trade, invoices=4)
    trade.invoiced(day, "late", day + timedelta(days=30))
    assert told(trade, day + timedelta(days=200), WORSE) == []


def test_getting_worse_is_left_only_after_thirty_calm_days() -> None:
    trade = live()
    day = good_payer(trade)
    due = day + timedelta(days=30)
    trade.invoiced(day, "late", due)
    opened_on = told(trade, due + timedelta(days=120), WORSE)[0][3]
    trade.paid(opened_on, number="late")
    calm = told(trade, opened_on + timedelta(days=29), WORSE)
    assert [what for what, *_ in calm] == ["Opened"]
    over = told(trade, opened_on + timedelta(days=400), WORSE)
    assert over[-1][0] == "Recovered" and (over[-1][3] - opened_on).days >= 30


def test_a_settlement_is_scored_once_as_first_seen() -> None:
    trade = live()
    trade.invoiced(date(2025, 1, 5), "n1", date(2025, 2, 4))
    trade.paid(date(2025, 2, 10), number="n1", id="p1")
    trade.reversed(date(2025, 2, 20), "p1")
    trade.paid(date(2025, 4, 1), number="n1", id="p2")
    assert folded(trade, date(2025, 5, 1)).rows[SHOP].customer.habits["CNY"].n == 1


def test_the_score_by_hand() -> None:
    habit = Habit()
    for late in (0, 0, 0, 0, 0, 0):
        habit = settled(habit, late)
    # Nothing but zeros: the spread is what is left of the prior, 4 x 10^2 over 4 + 6 degrees of freedom.
    spread = (400 / 10) ** 0.5
    found = worsening(habit, [20])
    assert found.spread == pytest.approx(spread)
    assert found.average == pytest.approx(6.0)
    assert found.excess == pytest.approx(3 - 0.5)
    assert found.score == pytest.approx(6 / spread + 0.25 * 2.5)


@pytest.mark.parametrize(("amount", "levels"), [("89.99", []), ("90.00", ["watch"]), ("100.00", ["act"]), ("125.00", ["stop"])])
def test_limit_use_by_its_share(amount: str, levels: list[str]) -> None:
    trade = live()
    trade.agreed_limit(date(2025, 1, 3), "100.00")
    trade.invoiced(date(2025, 2, 1), "n1", date(2025, 3, 3), amount)
    assert [level for _, _, level, _ in told(trade, date(2025, 2, 2), LIMIT)] == levels


def test_a_disputed_part_does_not_use_the_limit() -> None:
    trade = live()
    trade.agreed_limit(date(2025, 1, 3), "100.00")
    trade.claimed(date(2025, 1, 20), "20.00", ("n1",))
    trade.invoiced(date(2025, 2, 1), "n1", date(2025, 3, 3), "105.00")
    assert told(trade, date(2025, 2, 2), LIMIT) == []


def test_a_limit_of_nothing_is_used_by_any_debt_and_no_limit_by_none() -> None:
    trade = live()
    trade.invoiced(date(2025, 2, 1), "n1", date(2025, 3, 3), "1000.00")
    assert told(trade, date(2025, 2, 2), LIMIT) == []
    trade.agreed_limit(date(2025, 2, 3), "0.00")
    assert [level for _, _, level, _ in told(trade, date(2025, 2, 4), LIMIT)] == ["stop"]


def trading(sold_before: int, sold: int, collected: int) -> Trade:
    """Half a year: three months in balance, then three with other sales and collections, each amount a month."""
    trade = live()
    for month in range(1, 7):
        amount, paid = (sold_before, sold_before) if month <= 3 else (sold, collected)
        day = date(2025, month, 10)
        for week in range(3):
            trade.sold(day + timedelta(days=6 * week), amount=f"{amount / 3:.2f}")
        trade.paid(date(2025, month, 25), f"{paid}.00")
    return trade


def test_what_the_company_credited_is_not_uncollected() -> None:
    trade = trading(100, 126, 60)
    trade.invoiced(date(2025, 4, 1), "n1", date(2025, 5, 1), "198.00")
    trade.credited(date(2025, 6, 28), "198.00", "n1")
    assert told(trade, date(2025, 7, 1), GROWING) == []


@pytest.mark.parametrize(
    ("sold", "collected", "level"),
    [(124, 60, None), (126, 60, "act"), (126, 89, "watch"), (126, 108, None), (200, 200, None)],
)
def test_sales_that_rise_while_collections_lag(sold: int, collected: int, level: str | None) -> None:
    found = told(trading(100, sold, collected), date(2025, 7, 1), GROWING)
    assert [one for _, _, one, _ in found] == ([] if level is None else [level])
    assert all(day == date(2025, 7, 1) for *_, day in found)


def growing_on_terms(last_collected: str) -> Trade:
    """Sold and invoiced on the tenth, due a month later, paid on the twelfth of that month: 100 a month, then 30 more each.

    In the last three months 390 falls due: 100, 130 and 160. All of it is paid but for a part of the last.
    """
    trade = live()
    sold = [100, 100, 100, 100, 130, 160, 190]
    for month, amount in enumerate(sold):
        day = date(2024, 12, 10) if month == 0 else date(2025, month, 10)
        trade.sold(day, amount=f"{amount}.00")
        trade.invoiced(day, f"n{month}", date(2025, month + 1, 10), f"{amount}.00")
        if month > 0:
            trade.paid(date(2025, month, 12), last_collected if month == 6 else f"{sold[month - 1]}.00")
    return trade


@pytest.mark.parametrize(
    ("last_collected", "level"),
    [("160.00", None), ("101.51", None), ("101.50", "watch"), ("43.01", "watch"), ("43.00", "act")],
)
def test_what_is_not_due_yet_does_not_lag(last_collected: str, level: str | None) -> None:
    """A share of 85 % and of 70 % of the 390 that fell due, against all of it before; of the 480 sold 190 is not due."""
    found = told(growing_on_terms(last_collected), date(2025, 7, 1), GROWING)
    assert [one for _, _, one, _ in found] == ([] if level is None else [level])


@pytest.mark.parametrize(("said_for", "warned"), [(9, False), (10, True), (11, True)])
def test_terms_of_an_earlier_day_that_are_entered_late_change_no_later_ones(said_for: int, warned: bool) -> None:
    """`said_for`: the day from which the lower limit holds, which is entered last; the higher one holds from the 10th."""
    trade = owing("100.00")
    for amount, day in (("1000.00", 10), ("50.00", said_for)):
        on = date(2025, 3, day)
        terms = TradeTermsAgreed(customer_id=SHOP, payment_days=30, credit_limit=cny(amount), agreed_on=on)
        trade.record(terms, noon(date(2025, 3, 20)), noon(on))
    assert bool(told(trade, date(2025, 3, 21), LIMIT)) is warned
