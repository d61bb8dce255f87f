"""Months and quarters, what they are compared with, and who is to be visited more or less; each line from both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.classification.domain.months import Against, Span, compared_with
from services.classification.domain.trade_review import Moved, Movement, advice, span_of


@pytest.mark.parametrize(
    ("period", "against", "first", "last", "before", "before_last"),
    [
        ("2026-01", "BEFORE", "2026-01-01", "2026-01-31", "2025-12-01", "2025-12-31"),
        ("2024-02", "YEAR_BEFORE", "2024-02-01", "2024-02-29", "2023-02-01", "2023-02-28"),
        ("2026-Q1", "BEFORE", "2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31"),
        ("2026-Q4", "YEAR_BEFORE", "2026-10-01", "2026-12-31", "2025-10-01", "2025-12-31"),
    ],
)
def test_a_period_is_compared_with_whole_months(
    period: str, against: Against, first: str, last: str, before: str, before_last: str
) -> None:
    span = span_of(period)
    found = compared_with(span, against)
    assert [one.isoformat() for one in (*span, *found)] == [first, last, before, before_last]


@pytest.mark.parametrize(
    ("first", "last", "against", "expected"),
    [
        ("2026-03-02", "2026-03-31", "BEFORE", ("2026-01-31", "2026-03-01")),
        ("2024-02-10", "2024-02-29", "YEAR_BEFORE", ("2023-02-10", "2023-02-28")),
        ("2026-11-22", "2026-11-22", "BEFORE", ("2026-11-21", "2026-11-21")),
    ],
)
def test_other_days_are_compared_with_as_many(first: str, last: str, against: Against, expected: tuple[str, str]) -> None:
    found = compared_with(Span(date.fromisoformat(first), date.fromisoformat(last)), against)
    assert (found.first.isoformat(), found.last.isoformat()) == expected


@pytest.mark.parametrize("text", ["2026", "2026-Q5", "2026-13", "2026-00", "2026-3", "0000-01", "2026-Q1 "])
def test_other_words_are_no_period(text: str) -> None:
    with pytest.raises(ValueError):
        span_of(text)


@pytest.mark.parametrize(
    ("movement", "before", "now", "class_before", "class_now", "expected"),
    [
        ("NEW", "0", "5", None, None, ("MORE", "NEW")),
        ("BACK", "0", "5", None, "A", ("MORE", "BACK")),
        ("LOST", "9", "0", "A", "A", ("MORE", "LOST_KEY")),
        ("LOST", "9", "0", "B", None, ("MORE", "LOST_KEY")),
        ("LOST", "9", "0", "C", "C", ("LESS", "LOST")),
        ("GROWN", "100", "101", "B", "A", ("MORE", "CLASS_ROSE")),
        ("GROWN", "100", "101", None, "C", ("MORE", "CLASS_ROSE")),
        ("SHRUNK", "100", "99", "A", "B", ("MORE", "KEY_SLIPPING")),
        ("SHRUNK", "100", "99", "B", "C", ("LESS", "CLASS_FELL")),
        ("SHRUNK", "100", "70", "A", "A", ("MORE", "KEY_SHRINKING")),
        ("SHRUNK", "100", "70.01", "A", "A", None),
        ("SHRUNK", "100", "70", "C", "C", ("LESS", "SHRUNK")),
        ("GROWN", "100", "130", "C", "C", ("MORE", "GROWN")),
        ("GROWN", "100", "129.99", "C", "C", None),
        ("EVEN", "100", "100", "A", "A", None),
    ],
)
def test_who_is_to_be_visited_more_or_less(
    movement: Movement, before: str, now: str, class_before: str | None, class_now: str | None, expected: object
) -> None:
    assert advice(Moved(movement, Decimal(before), Decimal(now), class_before, class_now)) == expected
