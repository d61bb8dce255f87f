"""Sales below what is expected: at the turn of the month, each line from both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.alerts.domain.rules import sales_below_expectation
from services.alerts.domain.signs import checked_parameters
from shared.contracts.agreements import ExpectationSet
from shared.contracts.alerts import AlertOpened
from shared.contracts.money import Money
from tests.unit.alerts.telling import sayings, told
from tests.unit.alerts.trade import SHOP, Trade, noon

LIVE = date(2025, 1, 1)
RULE = sales_below_expectation.RULE_ID


def expecting(*amounts: str, expected: str | None = "1000.00", since: date = date(2025, 2, 1), currency: str = "CNY") -> Trade:
    """An expectation from a month on, and what was sold in February, March, and so on."""
    trade = Trade()
    trade.went_live(LIVE)
    monthly = None if expected is None else Money(Decimal(expected), currency)
    said = ExpectationSet(customer_id=SHOP, currency=currency, from_on=since, monthly=monthly)
    trade.record(said, noon(date(2025, 1, 20)))
    for month, amount in enumerate(amounts, 2):
        trade.sold(date(2025, month, 10), amount=amount)
    return trade


@pytest.mark.parametrize(("sold", "levels"), [("801.00", []), ("800.00", ["watch"]), ("601.00", ["watch"]), ("600.00", ["act"])])
def test_a_fifth_missing_is_watched_and_two_fifths_are_acted_on(sold: str, levels: list[str]) -> None:
    found = told(expecting(sold, sold, sold), date(2025, 5, 1), RULE)
    assert [(level, day) for _, _, level, day in found] == [(level, date(2025, 5, 1)) for level in levels]


def test_three_whole_months_are_compared_and_not_before() -> None:
    assert told(expecting("1.00", "1.00"), date(2025, 4, 30), RULE) == []
    assert told(expecting("1.00", "1.00", since=date(2025, 3, 1)), date(2025, 5, 1), RULE) == []
    assert [what for what, _, _, _ in told(expecting("1.00", "1.00"), date(2025, 5, 1), RULE)] == ["Opened"]


def test_what_was_sent_back_was_not_sold() -> None:
    trade = expecting("1000.00", "1000.00", "1000.00")
    trade.returned(date(2025, 4, 20), amount="600.00")
    assert [level for _, _, level, _ in told(trade, date(2025, 5, 1), RULE)] == ["watch"]


def test_another_currency_and_a_share_alone_say_nothing() -> None:
    assert [one[2] for one in told(expecting("1000.00", "1000.00", "1000.00", currency="EUR"), date(2025, 5, 1), RULE)] == ["act"]
    assert told(expecting("1.00", "1.00", "1.00", expected=None), date(2025, 5, 1), RULE) == []


def test_no_longer_expected_is_no_longer_told() -> None:
    trade = expecting("1.00", "1.00", "1.00")
    trade.record(ExpectationSet(customer_id=SHOP, currency="CNY", from_on=date(2025, 5, 1)), noon(date(2025, 5, 12)))
    found = told(trade, date(2025, 6, 1), RULE)
    assert [what for what, _, _, _ in found] == ["Opened", "Recovered"]


def test_reasons_name_what_was_expected_and_what_was_sold() -> None:
    opened = sayings(expecting("500.00", "600.00", "700.00"), date(2025, 5, 1))[0].event
    assert isinstance(opened, AlertOpened)
    figures = opened.finding.reasons[0].figures
    assert (opened.kind, figures["sold"], figures["expected"], figures["share_missing"]) == (
        "sales",
        "1800.00",
        "3000.00",
        "0.4000",
    )


@pytest.mark.parametrize(("months", "taken"), [("0", False), ("1", True), ("2.5", False), ("12", True), ("13", False)])
def test_no_more_months_are_compared_than_are_remembered(months: str, taken: bool) -> None:
    rule, values = sales_below_expectation.SALES_BELOW_EXPECTATION, {"months": Decimal(months)}
    if taken:
        assert checked_parameters(rule, values)["months"] == Decimal(months)
    else:
        with pytest.raises(ValueError, match="whole number from 1 to 12"):
            checked_parameters(rule, values)
