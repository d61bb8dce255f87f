"""What is remembered of a customer's complaints as marks that others may have in common."""

from __future__ import annotations

from datetime import date

from services.alerts.read_models.common_marks import evolve
from shared.contracts.envelope import opened
from tests.unit.alerts.trade import Trade


def test_a_complaint_leaves_its_day_and_another_one_the_later_of_both() -> None:
    trade = Trade()
    trade.claimed(date(2026, 3, 2), "5.00")
    trade.claimed(date(2026, 3, 1), "5.00")
    first = evolve(None, opened(trade.items[0].record))
    assert first is not None and first.complained_on == date(2026, 3, 2)
    both = evolve(first, opened(trade.items[1].record))
    assert both is not None and both.complained_on == date(2026, 3, 2) and both.complaints != first.complaints
