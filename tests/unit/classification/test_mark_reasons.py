"""Why a customer has its marks: one sentence for each mark, with the numbers of both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.classification.domain.mark_reasons import Trade, why_position, why_process, why_series
from services.classification.domain.mark_standards import MARKS

DAY = date(2026, 6, 30)


def trade(**known: Any) -> Trade:
    fields: dict[str, Any] = {
        "first_sale_on": date(2025, 1, 1),
        "last_sale_on": date(2026, 6, 20),
        "began_on": date(2025, 1, 1),
        "net": Decimal(900),
        "buying_days": 2,
        "average": Decimal(400),
    }
    return Trade(DAY, **{**fields, **known})


@pytest.mark.parametrize(
    ("process", "known", "why"),
    [
        ("ABOUT_TO_TRADE", {"last_sale_on": None}, "It has not bought anything yet."),
        ("TRADING", {}, "It last bought on 2026-06-20, within 365 days."),
        ("HAS_TRADED", {}, "It last bought on 2026-06-20; trade was declared to be over."),
        ("HAS_TRADED", {"last_sale_on": date(2025, 6, 30)}, "It last bought on 2025-06-30, 365 days ago or more."),
    ],
)
def test_trade_process(process: str, known: dict[str, Any], why: str) -> None:
    assert why_process(process, trade(**known), MARKS) == why


@pytest.mark.parametrize(
    ("series", "why"),
    [
        ("FUTURE", "It has not bought anything yet."),
        ("NEW", "It first bought on 2025-01-01, within 180 days."),
        ("OLD", "It first bought on 2025-01-01, 180 days ago or more."),
    ],
)
def test_time_series(series: str, why: str) -> None:
    assert why_series(series, trade(), MARKS) == why


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (None, "It bought nothing in 365 days."),
        (
            "SCATTERED",
            "It bought on 2 days of 365, fewer than 3; net sales of 365 days are 2.25 times the average of all buyers.",
        ),
        (
            "MAIN",
            "Trade began 545 days ago (365 for MAIN); net sales of 365 days are 2.25 times the average of all buyers (3 for MAIN).",
        ),
    ],
)
def test_position(position: str | None, why: str) -> None:
    assert why_position(position, trade(), MARKS) == why
