"""What the caller of a command is told: the first answer, however often the command comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.event_store.events import Appended, AppendResult, CommandRecord, StoredAnswer
from shared.web.answers import Answer
from shared.web.commands import CommandKey, reused_key

Place = Callable[[Sequence[AppendResult], Mapping[str, Any]], str | None]
"""From what was appended, and what was remembered of the answer, to the place that Regulars-Position names; None for nothing."""


def remembered(key: CommandKey, answer: Answer, **more: object) -> CommandRecord:
    """The answer as it is stored with its key; `more` is what its place is found by when the command is repeated."""
    return CommandRecord(key.principal, key.route, key.key, key.fingerprint, answer.status, {**answer.stored(), **more})


def repeated(stored: StoredAnswer, key: CommandKey, place: Place) -> Answer:
    """The stored answer. Raises Problem (422) when the key was used for another request."""
    if stored.fingerprint != key.fingerprint:
        raise reused_key()
    return replace(Answer.read(stored.status, stored.answer), position=place(stored.results, stored.answer))


def concluded(done: Appended, answer: Answer, command: CommandRecord, key: CommandKey, place: Place) -> Answer | None:
    """The answer to a command whose append has come back; None when somebody else was faster. Raises Problem (422) as `repeated`."""
    match done.outcome:
        case "appended":
            return replace(answer, position=place(done.results, command.answer))
        case "replayed" if done.status is not None and done.answer is not None:
            return repeated(StoredAnswer(key.fingerprint, done.status, done.answer, done.results), key, place)
        case "key_reused":
            raise reused_key()
    return None
