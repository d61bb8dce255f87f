"""When ticks are taken, and which of them a horizon has reached."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

from shared.contracts.cursor import Cursor, TopicPart
from shared.relay.state import Mark
from shared.relay.watermark import REMEMBERED, Tick, Ticks, record_value

AT = datetime(2026, 3, 1, tzinfo=UTC)


def a_tick(n: int, drawn: int, gen: int = 1) -> Tick:
    return Tick(AT + timedelta(seconds=n), gen, drawn)


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_ticks_are_due_each_second_and_each_tenth_while_events_flow() -> None:
    clock = Clock()
    ticks = Ticks(clock)
    due = []
    for step in range(400):
        clock.seconds = 100 + step / 100
        if step == 150:
            ticks.flowed()
        if ticks.due():
            ticks.add(a_tick(step, step))
            due.append(step)
    assert due[:2] == [0, 100]
    assert due[2] == 150, "the first event after a pause is not kept waiting"
    busy = [at for at in due if 150 <= at <= 250]
    assert len(busy) >= 9
    assert all(10 <= later - earlier <= 12 for earlier, later in itertools.pairwise(busy))
    idle = [at for at in due if at >= busy[-1]]
    assert all(100 <= later - earlier <= 102 for earlier, later in itertools.pairwise(idle))


def test_the_newest_tick_strictly_below_the_horizon_is_reached() -> None:
    ticks = Ticks(Clock())
    for n in range(5):
        ticks.add(a_tick(n, 10 + n))
    assert ticks.reached(1, 10) is None
    assert ticks.reached(1, 13) == a_tick(2, 12).t
    assert ticks.reached(1, 13) is None, "reached once"
    assert ticks.reached(1, 99) == a_tick(4, 14).t


def test_ticks_of_another_generation_are_forgotten() -> None:
    ticks = Ticks(Clock())
    ticks.add(a_tick(1, 5, gen=1))
    assert ticks.reached(2, 100) is None
    assert ticks.waiting == []


def test_the_oldest_are_remembered_behind_a_transaction_that_stays_open() -> None:
    ticks = Ticks(Clock())
    for n in range(REMEMBERED + 50):
        ticks.add(a_tick(n, n))
    assert ticks.reached(1, 2) == a_tick(1, 1).t
    assert len(ticks.waiting) == REMEMBERED - 2


def test_the_record_names_the_last_cursor_and_end_offset_of_every_part() -> None:
    marks = {
        TopicPart("a", 0): Mark(Cursor(1, 2, 3), 7),
        TopicPart("a", 11): Mark(Cursor(1, 5, 6), 2),
        TopicPart("b", 0): Mark(Cursor(1, 4, 4), 1),
    }
    assert json.loads(record_value(AT, Cursor(1, 9, 9), marks)) == {
        "t": "2026-03-01T00:00:00+00:00",
        "cursor": "1.9.9",
        "topics": {"a": {"0": ["1.2.3", 7], "11": ["1.5.6", 2]}, "b": {"0": ["1.4.4", 1]}},
    }
