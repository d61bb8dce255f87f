"""What is complete on a topic part, by watermarks and places read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.topics import CARDS_EVENTS, COMPLAINTS_EVENTS
from shared.feed.watermarks import REMEMBERED, Ticks
from shared.relay.state import Mark
from shared.relay.watermark import record_value

AT, OTHER, FOREIGN = TopicPart(CARDS_EVENTS, 1), TopicPart(CARDS_EVENTS, 2), TopicPart(COMPLAINTS_EVENTS, 1)
T0 = datetime(2026, 5, 4, tzinfo=UTC)


def t(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def c(number: int) -> Cursor:
    return Cursor(1, 1, number)


def ticks() -> Ticks:
    found = Ticks()
    found.assign({AT: START, OTHER: c(4), FOREIGN: START})
    return found


def tick(found: Ticks, seconds: int, **marks: int) -> None:
    places = {"at": AT, "other": OTHER}
    found.tick("cards", record_value(t(seconds), c(99), {places[k]: Mark(c(n), n) for k, n in marks.items()}))


def test_a_watermark_counts_when_its_cursor_is_read_and_not_before() -> None:
    found = ticks()
    tick(found, 1, at=3, other=4)
    assert found.through == {OTHER: t(1)}
    found.read(AT, c(2))
    assert AT not in found.through
    found.read(AT, c(3))
    assert found.through == {AT: t(1), OTHER: t(1)}


def test_a_topic_part_without_records_is_complete_at_once() -> None:
    found = ticks()
    tick(found, 1, other=4)
    assert found.through[AT] == t(1)


def test_another_service_says_nothing_about_ours() -> None:
    found = ticks()
    tick(found, 1)
    assert FOREIGN not in found.through


def test_the_greatest_time_reached_stays_when_an_old_leader_ticks_late() -> None:
    found = ticks()
    found.read(AT, c(5))
    tick(found, 9, at=5)
    tick(found, 3, at=2)
    assert found.through[AT] == t(9)
    tick(found, 12, at=8)
    tick(found, 10, at=6)
    found.read(AT, c(6))
    assert found.through[AT] == t(9)
    found.read(AT, c(8))
    assert found.through[AT] == t(12)


def test_later_times_for_the_same_place_are_reached_together() -> None:
    found = ticks()
    for seconds in (1, 2, 3):
        tick(found, seconds, at=7)
    assert len(found.waiting[AT]) == 1
    found.read(AT, c(7))
    assert found.through[AT] == t(3)


def test_a_reader_far_behind_remembers_a_bounded_number_and_stays_right() -> None:
    found = ticks()
    for number in range(1, 3 * REMEMBERED):
        tick(found, number, at=number)
    assert len(found.waiting[AT]) <= REMEMBERED + 1
    for number in range(1, 3 * REMEMBERED, 7):
        found.read(AT, c(number))
        assert found.through.get(AT, T0) <= t(number)
    found.read(AT, c(3 * REMEMBERED))
    assert found.through[AT] == t(3 * REMEMBERED - 1)
    assert found.behind(AT) is None


def test_a_watermark_that_cannot_be_read_is_passed_over() -> None:
    found = ticks()
    for value in (
        b"",
        b"[]",
        b'{"t": "x", "topics": {}}',
        b'{"t": "2026-05-04T00:00:00Z", "topics": {"a": {"x": ["1.1.1", 1]}}}',
    ):
        found.tick("cards", value)
    assert found.through == {}
