"""Where a customer's purchases lean, and where the focus is wrong; each line from both sides."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.classification.domain.product_standard import BUILT_IN
from services.classification.domain.tendency import finding, tendency


@pytest.mark.parametrize(
    ("own", "others", "leans"),
    [
        ("0", "0.2", "LACKS"),
        ("-0.1", "0.2", "LACKS"),
        ("0.0999", "0.2", "WEAK"),
        ("0.1", "0.2", "LIKE_OTHERS"),
        ("0.2999", "0.2", "LIKE_OTHERS"),
        ("0.3", "0.2", "STRONG"),
        ("0.3", "0", "STRONG"),
    ],
)
def test_tendency(own: str, others: str, leans: str) -> None:
    assert tendency(Decimal(own), Decimal(others), BUILT_IN) == leans


@pytest.mark.parametrize(
    ("own", "others", "best", "wrong"),
    [
        ("0", "0.2", True, "LACKS_BEST_SELLER"),
        ("0.05", "0.2", True, "WEAK_IN_BEST_SELLER"),
        ("0.2", "0.2", True, None),
        ("0", "0.01", False, None),
        ("0.10", "0.01", False, "FOCUS_ON_SLOW_SELLER"),
        ("0.0999", "0.01", False, None),
        ("0.10", "0.08", False, None),
    ],
)
def test_what_is_wrong_with_the_focus(own: str, others: str, best: bool, wrong: str | None) -> None:
    assert finding(Decimal(own), Decimal(others), best, BUILT_IN) == wrong
