"""What an order is checked against, on both sides of each border."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.cards.domain.trade_check import Checked, Owing, Restriction, check
from shared.contracts.money import Money

TODAY = date(2026, 6, 30)
SOUND = Checked(day=TODAY, limit=Money(Decimal(2000), "CNY"), owing=[Owing("CNY", Decimal("1500.00"))])


def cny(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def codes(known: Checked, order: Money | None = None) -> tuple[str, list[tuple[str, str]]]:
    decision, grounds = check(known, order)
    return decision, [(one.decision, one.code) for one in grounds]


def test_an_order_up_to_the_limit_is_allowed_and_a_cent_more_is_held() -> None:
    assert codes(SOUND, cny("500.00")) == ("allowed", [("allowed", "WITHIN_LIMIT")])
    decision, [ground] = check(SOUND, cny("500.01"))
    assert (decision, ground.code) == ("hold", "LIMIT_EXCEEDED")
    assert ground.figures == {
        "currency": "CNY",
        "credit_limit": "2000.00",
        "exposure": "1500.00",
        "order": "500.01",
        "exposure_after": "2000.01",
        "beyond": "0.01",
    }
    assert ground.sentence == "1,500.00 CNY are open and 500.01 CNY ordered: 0.01 CNY more than the limit of 2,000.00 CNY."


def test_without_an_order_what_is_open_is_held_against_the_limit() -> None:
    assert codes(SOUND)[0] == "allowed"
    assert codes(replace(SOUND, owing=[Owing("CNY", Decimal("2000.01"))])) == ("hold", [("hold", "LIMIT_EXCEEDED")])


@pytest.mark.parametrize(("days", "decision"), [(0, "allowed"), (1, "allowed"), (30, "allowed"), (31, "hold")])
def test_debt_that_is_overdue_for_more_than_thirty_days_holds(days: int, decision: str) -> None:
    since = TODAY - timedelta(days=days) if days else None
    owing = [Owing("CNY", Decimal(100), overdue=Decimal(100 if days else 0), oldest_due_on=since)]
    assert codes(replace(SOUND, owing=owing), cny("1"))[0] == decision


def test_what_is_disputed_is_shown_and_is_not_overdue() -> None:
    owing = [Owing("CNY", Decimal(1500), disputed=Decimal(1500))]
    decision, grounds = check(replace(SOUND, owing=owing), None)
    assert (decision, [one.code for one in grounds]) == ("allowed", ["WITHIN_LIMIT", "DISPUTED"])
    assert grounds[1].figures == {"disputed": "1500.00", "currency": "CNY"}


def test_another_currency_is_never_counted_into_the_limit() -> None:
    owing = [Owing("CNY", Decimal(1500)), Owing("USD", Decimal(9000))]
    known = replace(SOUND, owing=owing)
    assert codes(known, cny("500"))[0] == "allowed"
    assert codes(known, Money(Decimal(1), "USD")) == ("hold", [("hold", "LIMIT_IN_OTHER_CURRENCY")])


@pytest.mark.parametrize(
    ("changed", "decision", "first"),
    [
        ({"restriction": Restriction("STOP", TODAY, UUID(int=1))}, "stop", "TRADE_STOPPED"),
        ({"restriction": Restriction("HOLD", TODAY, None)}, "hold", "TRADE_ON_HOLD"),
        ({"erased": True, "registered": False}, "stop", "CUSTOMER_ERASED"),
        ({"registered": False, "limit": None}, "hold", "NOT_REGISTERED"),
        ({"past": True}, "hold", "TRADE_ENDED"),
        ({"limit": None}, "allowed", "NO_LIMIT"),
    ],
)
def test_what_was_decided_comes_first(changed: dict[str, Any], decision: str, first: str) -> None:
    found, grounds = codes(replace(SOUND, **changed), cny("1"))
    assert (found, grounds[0]) == (decision, (decision, first))


def test_a_stop_does_not_hide_the_other_reasons() -> None:
    known = replace(SOUND, restriction=Restriction("STOP", TODAY, None))
    assert codes(known, cny("600")) == ("stop", [("stop", "TRADE_STOPPED"), ("hold", "LIMIT_EXCEEDED")])
