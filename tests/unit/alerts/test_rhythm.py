"""Purchase days: late facts, days with several sales, long pauses."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.domain.rhythm import PAUSE_DAYS, REMEMBERED_DAYS, Purchases, bought, gaps, known_pause, median_gap, rhythm
from services.alerts.domain.silence_score import Population

FIRST = date(2025, 1, 1)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def of(days: list[int]) -> Purchases:
    found: Purchases | None = None
    for number, day in enumerate(days):
        found = bought(found, FIRST + timedelta(days=day), UUID(int=number), AT)
    assert found is not None
    return found


@given(st.lists(st.integers(0, 700), min_size=1, max_size=REMEMBERED_DAYS, unique=True), st.randoms())
def test_the_order_of_arrival_does_not_matter_within_what_is_remembered(days: list[int], chance: random.Random) -> None:
    shuffled = days.copy()
    chance.shuffle(shuffled)
    one, other = of(sorted(days)), of(shuffled)
    assert (one.first, one.days, one.count, one.pauses) == (other.first, other.days, other.count, other.pauses)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60))
def test_what_is_kept_is_what_all_gaps_give(steps: list[int]) -> None:
    days = [sum(steps[:i]) for i in range(len(steps) + 1)]
    found = rhythm(of(days), Population())
    assert (found.x, found.tx) == (len(steps), sum(steps))
    assert found.n == pytest.approx(sum(0.9**i for i in range(len(steps))))


def test_a_second_sale_of_a_day_changes_nothing_and_the_first_event_of_the_last_day_stays() -> None:
    found = of([0, 10, 20])
    assert bought(found, FIRST + timedelta(days=20), UUID(int=99), AT) is found
    assert found.began == UUID(int=2)


def test_the_median_is_of_the_latest_gaps() -> None:
    assert median_gap(of([0])) is None
    assert median_gap(of([0, 10, 20, 50])) == 10
    assert len(gaps(of(list(range(0, 400, 5))))) == REMEMBERED_DAYS - 1


def test_a_late_sale_splits_a_pause() -> None:
    days = of([0, 100])
    assert [back - begun for begun, back in days.pauses] == [100]
    split = bought(days, FIRST + timedelta(days=48), UUID(int=9), AT)
    assert [back - begun for begun, back in split.pauses] == [48, 52]
    again = bought(split, FIRST + timedelta(days=20), UUID(int=10), AT)
    assert [back - begun for begun, back in again.pauses] == [52]
    assert PAUSE_DAYS == 45


def test_a_pause_of_an_earlier_year_is_known_only_at_its_time_of_the_year() -> None:
    year = [*range(0, 100, 10), *range(200, 280, 10)]
    assert known_pause(of([*year, 365, 375, 455])) is not None
    assert known_pause(of([*year, 365, 375])) is None
