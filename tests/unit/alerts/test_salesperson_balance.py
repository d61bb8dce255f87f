"""Sales and collections of all customers of a salesperson, weighed against each other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.alerts.domain.company_rules import SALESPERSON_BALANCE
from services.alerts.domain.salesperson_balance import Balance, balances_of, caught_up, finding_of, judged
from services.alerts.domain.signs import Parameters
from tests.unit.alerts.telling import folded
from tests.unit.alerts.trade import BAKER, SHOP, Trade

DEFAULTS = Parameters(1, SALESPERSON_BALANCE.defaults)
TODAY = date(2025, 7, 1)


def balance(sold: str, collected: str, customers: int = 3, dispute: str = "0") -> Balance:
    """Against 300 sold, due and collected before; all that was sold fell due."""
    return Balance(
        customers, Decimal(sold), Decimal(300), Decimal(collected), Decimal(300), Decimal(sold), Decimal(300), Decimal(dispute)
    )


@pytest.mark.parametrize(
    ("sold", "collected", "level"),
    [("374", "0", None), ("375", "318.75", "watch"), ("400", "340", "watch"), ("400", "340.01", None), ("400", "280", "act")],
)
def test_both_sides_of_the_lines(sold: str, collected: str, level: str | None) -> None:
    assert judged(balance(sold, collected), DEFAULTS).level == level


def test_one_or_two_customers_are_their_own_matter_and_a_dispute_is_nobody_s_debt() -> None:
    assert judged(balance("400", "200", customers=2), DEFAULTS).level is None
    assert judged(balance("400", "200", customers=3), DEFAULTS).level == "act"
    assert judged(balance("400", "200", dispute="160"), DEFAULTS).level is None


def test_a_customer_adds_what_it_bought_paid_and_owes_by_currency() -> None:
    trade = Trade()
    trade.went_live(date(2025, 1, 1))
    for month in range(1, 7):
        for customer, amount in ((SHOP, 100 if month < 4 else 130), (BAKER, 50)):
            trade.sold(date(2025, month, 10), customer, f"{amount}.00")
            trade.invoiced(date(2025, month, 10), f"{customer}-{month}", date(2025, month, 20), f"{amount}.00", customer)
            if month < 5:
                trade.paid(date(2025, month, 25), f"{amount}.00", f"{customer}-{month}", customer)
    rows = folded(trade, TODAY).rows
    both = balances_of(rows[SHOP].customer, TODAY)["CNY"].plus(balances_of(rows[BAKER].customer, TODAY)["CNY"])
    assert both == Balance(2, Decimal(540), Decimal(450), Decimal(180), Decimal(450), Decimal(540), Decimal(450))


def test_the_reasons_are_numbers() -> None:
    one = balance("400", "280")
    lag = judged(one, DEFAULTS)
    assert lag.level is not None
    finding = finding_of(one, lag, lag.level, "CNY", DEFAULTS, date(2025, 7, 19))
    assert finding.true_on == TODAY
    assert finding.reasons[0].figures == {
        "customers": 3,
        "sold": "400",
        "sold_before": "300",
        "growth": "0.3333",
        "currency": "CNY",
        "months_through": "2025-06",
    }
    assert finding.reasons[1].figures["collected_share"] == "0.7000"
    assert caught_up(one, lag, "CNY", TODAY).figures["collected_share_before"] == "1.0000"
