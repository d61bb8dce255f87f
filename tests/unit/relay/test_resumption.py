"""Where a new leader goes on: every case of what was saved against what is on the topic."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import Record
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.relay.recovery import Tail, resumption
from shared.relay.state import Mark

AT = TopicPart(CARDS_TRANSACTIONS, 3)
OTHER = TopicPart(CARDS_TRANSACTIONS, 4)
SAVED = Cursor(1, 100, 100)


def cursor(n: int) -> Cursor:
    return Cursor(1, n, n)


def tail(begin: int, end: int, last: int | None) -> Tail:
    if last is None:
        return Tail(begin, end, None)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    record = Record(
        AT.topic, AT.part, end - 1, cursor(last), None, uuid4(), "regulars.cards.sale-recorded.v1", "s", 1, None, at, at, b""
    )
    return Tail(begin, end, record)


@pytest.mark.parametrize(
    ("case", "mark", "found", "resume", "mark_after", "lost"),
    [
        ("nothing was ever sent", None, tail(0, 0, None), SAVED, None, False),
        ("as saved", Mark(cursor(40), 7), tail(0, 7, 40), SAVED, Mark(cursor(40), 7), False),
        ("acknowledged, not saved: skip it", Mark(cursor(40), 7), tail(0, 9, 120), SAVED, Mark(cursor(120), 9), False),
        ("acknowledged, nothing ever saved", None, tail(0, 9, 120), SAVED, Mark(cursor(120), 9), False),
        (
            "the newest are lost: back behind what is left",
            Mark(cursor(40), 7),
            tail(0, 5, 30),
            cursor(30),
            Mark(cursor(30), 5),
            True,
        ),
        (
            "lost, and grown again by a rewind that died",
            Mark(cursor(40), 7),
            tail(0, 20, 30),
            cursor(30),
            Mark(cursor(30), 20),
            True,
        ),
        ("all are lost", Mark(cursor(40), 7), tail(0, 0, None), START, None, True),
        ("all are lost, strangers wrote since", Mark(cursor(40), 7), tail(0, 9, None), START, None, True),
        ("kept long enough", Mark(cursor(40), 7), tail(7, 7, None), SAVED, Mark(cursor(40), 7), False),
        ("kept long enough, strangers wrote since", Mark(cursor(40), 7), tail(8, 12, None), SAVED, Mark(cursor(40), 7), False),
    ],
)
def test_resumption(case: str, mark: Mark | None, found: Tail, resume: Cursor, mark_after: Mark | None, lost: bool) -> None:

    answer = resumption(SAVED, {} if mark is None else {AT: mark}, {AT: found})
    assert answer.cursor == resume, case
    assert answer.marks.get(AT) == mark_after
    assert answer.lost == ((AT,) if lost else ())


def test_one_lost_part_rewinds_all_and_the_others_skip() -> None:
    marks = {AT: Mark(cursor(90), 9), OTHER: Mark(cursor(95), 5)}
    answer = resumption(Cursor(1, 100, 100), marks, {AT: tail(0, 3, 20), OTHER: tail(0, 5, 95)})
    assert answer.cursor == cursor(20)
    assert answer.marks == {AT: Mark(cursor(20), 3), OTHER: Mark(cursor(95), 5)}


def test_of_several_lost_parts_the_one_that_lost_most_decides() -> None:
    marks = {AT: Mark(cursor(90), 9), OTHER: Mark(cursor(95), 5)}
    tails = {AT: tail(0, 3, 20), OTHER: tail(0, 4, 80)}
    for found in (tails, dict(reversed(tails.items()))):
        answer = resumption(Cursor(1, 100, 100), marks, found)
        assert answer.cursor == cursor(20)
        assert set(answer.lost) == {AT, OTHER}
