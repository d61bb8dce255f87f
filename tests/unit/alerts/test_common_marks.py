"""What is remembered of a customer's sales as marks that others may have in common."""

from __future__ import annotations

from datetime import date

from services.alerts.read_models.common_marks import evolve
from shared.contracts.envelope import opened
from tests.unit.alerts.trade import Trade


def test_a_sale_that_names_no_article_leaves_no_row() -> None:
    trade = Trade()
    trade.sold(date(2026, 3, 2))
    assert evolve(None, opened(trade.items[0].record)) is None


def test_a_complaint_leaves_one_and_a_sale_without_articles_leaves_it_as_it_is() -> None:
    trade = Trade()
    trade.claimed(date(2026, 3, 2), "5.00")
    trade.sold(date(2026, 3, 3))
    row = evolve(None, opened(trade.items[0].record))
    assert row is not None and row.complained_on == date(2026, 3, 2)
    assert evolve(row, opened(trade.items[1].record)) is row
