"""Months and quarters, what they are compared with, and who is to be visited more or less; each line from both sides."""

from __future__ import annotations

from datetime import date

import pytest

from services.classification.domain.months import Against, Span, compared_with
from services.classification.domain.trade_review import Moved, Movement, advice, advised, span_of


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
    ("movement", "class_before", "class_now", "enough", "expected"),
    [
        ("NEW", None, None, True, ("MORE", "NEW")),
        ("BACK", None, "A", True, ("MORE", "BACK")),
        ("LOST", "A", "A", True, ("MORE", "LOST_KEY")),
        ("LOST", "B", None, True, ("MORE", "LOST_KEY")),
        ("LOST", "C", "C", True, ("LESS", "LOST")),
        ("RETURNS", "A", "B", True, None),
        ("GROWN", "B", "A", False, ("MORE", "CLASS_ROSE")),
        ("EVEN", None, "C", False, ("MORE", "CLASS_ROSE")),
        ("SHRUNK", "A", "B", False, ("MORE", "KEY_SLIPPING")),
        ("SHRUNK", "B", "C", False, ("LESS", "CLASS_FELL")),
        ("GROWN", "C", None, True, ("LESS", "CLASS_FELL")),
        ("SHRUNK", "A", "A", True, ("MORE", "KEY_SHRINKING")),
        ("SHRUNK", "A", "A", False, None),
        ("SHRUNK", "C", "C", True, ("LESS", "SHRUNK")),
        ("GROWN", "C", "C", True, ("MORE", "GROWN")),
        ("GROWN", "C", "C", False, None),
        ("EVEN", "A", "A", True, None),
    ],
)
def test_who_is_to_be_visited_more_or_less(
    movement: Movement, class_before: str | None, class_now: str | None, enough: bool, expected: object
) -> None:
    moved = Moved(movement, class_before, class_now, enough)
    assert advice(moved) == expected
    assert dict(advised()).get(moved) == expected
