"""A command that comes again is told what it was told first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.event_store.events import Appended, AppendResult, StoredAnswer
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

KEY = CommandKey(UUID(int=1), "POST /v1/things", "k", b"asked for this")
TOLD = Answer(201, {"id": "one"}, version=3, location="/v1/things/one")
WRITTEN = (AppendResult("thing-one", "appended", 3, None),)


def place(results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    return f"{stored['topic']}/{results[0].version}" if results else None


def came_back(outcome: Any, results: tuple[AppendResult, ...] = (), answer: dict[str, Any] | None = None) -> Appended:
    return Appended(outcome, results, None if answer is None else 201, answer, ())


def test_the_first_and_every_repeat_are_told_the_same_but_that_it_is_a_repeat() -> None:
    record = remembered(KEY, TOLD, topic="events")
    first = concluded(came_back("appended", WRITTEN), TOLD, record, KEY, place)
    assert first == Answer(201, {"id": "one"}, 3, "events/3", "/v1/things/one")
    again = Answer(201, {"id": "one"}, 3, "events/3", "/v1/things/one", replayed=True)
    assert repeated(StoredAnswer(KEY.fingerprint, 201, dict(record.answer), WRITTEN), KEY, place) == again
    # Its twin was faster between loading and appending: what this one would have said does not count.
    other = Answer(409, {"code": "OTHER"})
    twin = concluded(came_back("replayed", WRITTEN, dict(record.answer)), other, remembered(KEY, other, topic="?"), KEY, place)
    assert twin == again


def test_a_key_used_for_something_else_is_refused() -> None:
    for told in (
        lambda: repeated(StoredAnswer(b"another", 201, {"body": {}}, WRITTEN), KEY, place),
        lambda: concluded(came_back("key_reused"), TOLD, remembered(KEY, TOLD), KEY, place),
    ):
        with pytest.raises(Problem) as refused:
            told()
        assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


def test_who_was_not_fast_enough_is_told_nothing_yet() -> None:
    for outcome in ("conflict", "taken"):
        assert concluded(came_back(outcome), TOLD, remembered(KEY, TOLD), KEY, place) is None
