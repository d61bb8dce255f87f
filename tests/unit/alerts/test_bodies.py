"""What a person may say of the money at stake."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.alerts.api.bodies import ClosureBody


def closure(amount: str) -> ClosureBody:
    return ClosureBody.model_validate({"outcome": "TRUE", "at_stake": [{"amount": amount, "currency": "CNY"}]})


def test_no_less_than_nothing_is_at_stake() -> None:
    assert [str(one.amount) for one in closure("0.00").at_stake] == ["0.00"]
    with pytest.raises(ValidationError, match="must not be below 0"):
        closure("-0.01")
