"""Shared types of request bodies."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts.cards import ExternalId
from shared.web import days
from shared.web.fields import (
    BusinessDay,
    Code,
    Country,
    CustomerRef,
    DecimalString,
    Email,
    FreeText,
    Moment,
    MoneyIn,
    Name,
    PositiveMoneyIn,
    Telephone,
    e164,
)
from shared.web.problem import Problem
from shared.web.rates import Rates


def accepts(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("kind", "good", "bad"), [
    (Name, ["A", " x ", "株式会社 山田"], ["", "  ", "a\tb", "x" * 201, 1, None]),
    (FreeText, ["a\nb"], ["", "x" * 10_001]),
    (Code, ["DEALER", "A_1"], ["dealer", "", "1A", "A-B", "A" * 65, "A\n"]),
    (Country, ["CN", "JP", "AQ"], ["cn", "XX", "CHN", ""]),
    (Email, ["a@example.com", "用户@例え.jp"], ["a", "a@", "@b.com", "a b@c.de", "a@b..c"]),
    (Telephone, ["+86 139 1234 5678", "021-5555 0101", "(03) 1234-5678 ext 12"], ["abc", "1", "+", "1" * 70, "12;drop"]),
    (DecimalString, ["0", "-1.5", "1000000"], ["01", "1.", ".5", "1e3", "NaN", "", " 1", "+1", "1,5", 1, 1.5, "1" * 19, "0.0000000001"]),
    (BusinessDay, ["1990-01-01", "2024-02-29"], ["1989-12-31", "2023-02-29", "2024-1-1", "20240101", "2024-01-01T00:00:00", 0, None, ""]),
    (Moment, ["2026-03-31T08:00:00Z", "2026-03-31T08:00:00.5+08:00"], ["2026-03-31T08:00:00", "2026-03-31", "2026-03-31T25:00:00Z", 5, "1066-01-01T00:00:00Z"]),
])  # fmt: skip
def test_types(kind: Any, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not accepts(kind, value)] == []
    assert [value for value in bad if accepts(kind, value)] == []


def test_moments_are_held_in_utc() -> None:
    assert TypeAdapter(Moment).validate_python("2026-03-31T08:00:00+08:00") == datetime(2026, 3, 31, tzinfo=UTC)


def test_days_end_ten_years_ahead_of_the_day_given() -> None:
    before = days._clock[:]
    try:
        days.use_today(lambda: date(2024, 2, 29))
        assert accepts(BusinessDay, "2034-02-28")
        assert not accepts(BusinessDay, "2034-03-01")
        days._clock.clear()
        assert accepts(BusinessDay, "2099-01-01")
        assert not accepts(BusinessDay, "2999-01-01")
    finally:
        days._clock[:] = before


@pytest.mark.parametrize(("amount", "currency", "good"), [
    ("12.50", "CNY", True), ("12", "JPY", True), ("12.5", "JPY", False), ("1.234", "KWD", True), ("1", "ZZZ", False), ("1", "cny", False),
    ("10000000000000.00", "CNY", True), ("10000000000000.01", "CNY", False),
])  # fmt: skip
def test_money(amount: str, currency: str, good: bool) -> None:
    assert accepts(MoneyIn, {"amount": amount, "currency": currency}) == good


def test_positive_money() -> None:
    assert not accepts(PositiveMoneyIn, {"amount": "0", "currency": "CNY"})
    assert not accepts(PositiveMoneyIn, {"amount": "-1", "currency": "CNY"})
    assert accepts(PositiveMoneyIn, {"amount": "0.01", "currency": "CNY"})


@given(st.integers(-(10**15), 10**15))
def test_every_amount_in_minor_units_comes_through_unchanged(minor: int) -> None:
    text = f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
    money = MoneyIn.model_validate({"amount": text, "currency": "CNY"}).money
    assert int(money.amount * 100) == minor


def test_customers_are_named_in_one_of_two_ways() -> None:
    identity = "00000000-0000-4000-8000-000000000001"
    assert CustomerRef.model_validate({"id": identity}).external_id is None
    assert CustomerRef.model_validate({"system": "erp", "value": "K-1"}).external_id == ExternalId("erp", "K-1")
    for bad in (
        {},
        {"system": "erp"},
        {"value": "K"},
        {"id": identity, "system": "erp", "value": "K"},
        {"id": identity, "value": "K"},
        {"system": "e/r", "value": "K"},
    ):
        assert not accepts(CustomerRef, bad)


def test_e164() -> None:
    assert e164("139 1234 5678", "CN") == "+8613912345678"
    assert e164("+81 3-1234-5678", None) == "+81312345678"
    assert e164("12", "CN") is None
    assert e164("139 1234 5678", None) is None


def test_a_bucket_fills_evenly() -> None:
    seconds = [0.0]
    rates = Rates(lambda: seconds[0])
    for left in (59, 58):
        assert rates.take("k", 60)["RateLimit"].startswith(f'"default";r={left};')
    for _ in range(58):
        rates.take("k", 60)
    with pytest.raises(Problem) as refused:
        rates.take("k", 60)
    assert refused.value.headers["Retry-After"] == "1"
    seconds[0] = 1.0
    rates.take("k", 60)
    with pytest.raises(Problem):
        rates.take("k", 60)
    rates.take("another", 60)
