"""Fixtures of tests without I/O."""

from __future__ import annotations

import pytest

from shared.web import days


@pytest.fixture(autouse=True)
def no_business_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wired here: what an application of another test has made the business day does not count."""
    monkeypatch.setattr(days, "_clock", [])
