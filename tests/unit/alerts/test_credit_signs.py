"""Signs against a customer's credit that add up: each term from both sides of its steps, and the sum."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.alerts.domain.credit_points import CLAIMS_LOST, LATE, LIMIT, OVERDUE, STAYS_AWAY, WORSENING, next_step, points_for
from shared.contracts.alerts import AlertOpened, Reason
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import Trade

RULE = "credit_signs_add_up"
LIVE = date(2025, 1, 1)
FIRST = date(2025, 1, 6)


@pytest.mark.parametrize(
    ("steps", "below", "at", "points"),
    [
        (WORSENING, 0.79, 0.8, (0, 6)),
        (WORSENING, 3.19, 3.2, (10, 14)),
        (LATE, 0.29, 0.3, (0, 3)),
        (OVERDUE, 0.249, 0.25, (0, 4)),
        (OVERDUE, 0.749, 0.75, (8, 11)),
        (LIMIT, 0.899, 0.9, (0, 5)),
        (CLAIMS_LOST, 1, 2, (2, 4)),
        (STAYS_AWAY, 0.59, 0.6, (0, 4)),
    ],
)
def test_each_term_on_both_sides_of_a_step(
    steps: tuple[tuple[float, int], ...], below: float, at: float, points: tuple[int, int]
) -> None:
    assert (points_for(steps, below), points_for(steps, at)) == points
    assert next_step(steps, below) == at


def paying_on_time(limit: str | None = "300.00") -> tuple[Trade, date]:
    """Ten invoices of 100 a fortnight apart, each paid a day or two after it was due; the day of the last issue."""
    trade = Trade()
    trade.went_live(LIVE)
    if limit is not None:
        trade.agreed_limit(LIVE, limit)
    facts = []
    for i in range(10):
        issued = FIRST + timedelta(days=14 * i)
        due = issued + timedelta(days=10)
        facts += [(issued, "issue", i, due), (due + timedelta(days=1 + i % 2), "pay", i, due)]
    for on, what, i, due in sorted(facts):
        if what == "issue":
            trade.invoiced(on, f"n{i}", due)
        else:
            trade.paid(on, "100.00", f"n{i}")
    return trade, FIRST + timedelta(days=14 * 9)


def withheld(trade: Trade, last: date, amounts: tuple[str, ...]) -> date:
    """Open invoices due ten days after the last one was issued; their due day."""
    due = last + timedelta(days=24)
    for i, amount in enumerate(amounts):
        trade.invoiced(last + timedelta(days=14), f"w{i}", due, amount)
    return due


def opened(trade: Trade, until: date) -> list[AlertOpened]:
    events = [one.event for one in sayings(trade, until)]
    return [event for event in events if isinstance(event, AlertOpened) and event.finding.rule_id == RULE]


def points(reasons: tuple[Reason, ...]) -> dict[str, int]:
    return {reason.code: int(reason.figures["points"]) for reason in reasons if "points" in reason.figures}


def test_three_signs_open_and_each_is_a_reason_with_its_points() -> None:
    trade, last = paying_on_time()
    due = withheld(trade, last, ("200.00", "80.00"))
    (found,) = opened(trade, due + timedelta(days=14))
    by_code = points(found.finding.reasons)
    whole = by_code.pop("CREDIT_POINTS")
    assert whole == sum(by_code.values()) >= 16
    assert by_code["OVERDUE_SHARE"] == 11
    assert by_code["LIMIT_USED"] == 5, "280 of 300"
    assert by_code["WORSENING_SCORE"] in (6, 10, 14)
    assert found.finding.level == "watch" or whole >= 24


def test_the_alert_comes_on_the_day_on_which_the_sum_is_reached() -> None:
    """Nobody looks in between: the timer is set to the day, not to a later one."""
    trade, last = paying_on_time()
    due = withheld(trade, last, ("280.00",))
    (found,) = opened(trade, due + timedelta(days=30))
    day = found.finding.true_on
    assert opened(trade, day - timedelta(days=1)) == []
    assert [one.finding.true_on for one in opened(trade, day)] == [day]
    assert due < day <= due + timedelta(days=12)


def test_two_signs_are_left_to_their_own_rules() -> None:
    trade, last = paying_on_time(limit=None)
    due = withheld(trade, last, ("280.00",))
    assert opened(trade, due + timedelta(days=60)) == []
    assert {rule for _, rule, _, _ in told(trade, due + timedelta(days=60))} >= {"overdue_debt", "payments_getting_worse"}


@pytest.mark.parametrize(("agreed", "opens"), [(None, 1), ("10.00", 0)])
def test_only_claims_decided_against_the_customer_count(agreed: str | None, opens: int) -> None:
    trade, last = paying_on_time(limit=None)
    complaint = trade.claimed(FIRST, "5.00", ("n0",))
    trade.claim_settled(FIRST + timedelta(days=3), complaint, agreed)
    due = withheld(trade, last, ("280.00",))
    assert len(opened(trade, due + timedelta(days=60))) == opens


def test_what_is_disputed_is_left_out_and_shown() -> None:
    trade, last = paying_on_time()
    due = withheld(trade, last, ("200.00", "90.00"))
    trade.claimed(last + timedelta(days=15), "15.00", ("w1",))
    (found,) = opened(trade, due + timedelta(days=30))
    codes = {reason.code: reason.figures for reason in found.finding.reasons}
    assert codes["OVERDUE_SHARE"]["owed"] == "275.00"
    assert codes["DISPUTED_PART"]["disputed_amount"] == "15.00"
    wholly, last = paying_on_time()
    due = withheld(wholly, last, ("280.00",))
    wholly.claimed(last + timedelta(days=15), "280.00", ("w0",))
    assert opened(wholly, due + timedelta(days=90)) == []


def test_when_all_is_paid_it_is_over() -> None:
    trade, last = paying_on_time()
    due = withheld(trade, last, ("280.00",))
    trade.paid(due + timedelta(days=20), "280.00", "w0")
    found = told(trade, due + timedelta(days=25), RULE)
    assert [what for what, _, _, _ in found][-1] == "Recovered"
