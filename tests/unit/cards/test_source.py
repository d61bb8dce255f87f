"""Completeness of a source: it only grows, until the source is opened again."""

from __future__ import annotations

from datetime import date
from functools import reduce

import pytest

from services.cards.domain.refusals import CompletenessTakenBack, SourceHasEnded
from services.cards.domain.source import CompleteSource, EndSource, Live, OpenSource, Source, decide, evolve
from shared.contracts.cards import SourceCompletedThrough, SourceEnded, SourceOpened
from shared.contracts.event import Event

OPENED = SourceOpened(source="erp", fact_kind="sales")
THROUGH = SourceCompletedThrough(source="erp", fact_kind="sales", day=date(2026, 3, 31))
ENDED = SourceEnded(source="erp", fact_kind="sales")
OPEN, END = OpenSource("erp", "sales"), EndSource("erp", "sales")


def complete(day: date) -> CompleteSource:
    return CompleteSource("erp", "sales", day)


def given(*events: Event) -> Source:
    start: Source = Live()
    return reduce(evolve, events, start)


def test_a_live_source_can_be_opened_completed_or_ended() -> None:
    assert decide(given(), OPEN) == [OPENED]
    assert decide(given(), complete(THROUGH.day)) == [THROUGH]
    assert decide(given(), END) == [ENDED]


def test_saying_it_twice_says_it_once() -> None:
    assert decide(given(OPENED), OPEN) == []
    assert decide(given(OPENED, THROUGH), complete(THROUGH.day)) == []
    assert decide(given(OPENED, ENDED), END) == []


def test_completeness_grows_and_is_not_taken_back() -> None:
    later = date(2026, 4, 30)
    assert decide(given(OPENED, THROUGH), complete(later)) == [SourceCompletedThrough(source="erp", fact_kind="sales", day=later)]
    with pytest.raises(CompletenessTakenBack):
        decide(given(OPENED, THROUGH), complete(date(2026, 3, 30)))


def test_what_has_ended_must_be_opened_again() -> None:
    with pytest.raises(SourceHasEnded):
        decide(given(ENDED), complete(THROUGH.day))
    assert decide(given(ENDED), OPEN) == [OPENED]
    assert decide(given(ENDED, OPENED), complete(THROUGH.day)) == [THROUGH]
