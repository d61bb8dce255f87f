"""Where a command's events stand in the log, as its caller is told."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.topics import COMPLAINTS_EVENTS
from shared.event_store.events import AppendResult
from shared.projections.waiting import position_token


def place_of(results: Sequence[AppendResult], parts: Sequence[int]) -> str | None:
    """The last place on each part that was written; None when nothing was."""
    last: dict[int, Cursor] = {}
    for result, part in zip(results, parts, strict=True):
        if result.cursor is not None:
            last[part] = max(result.cursor, last.get(part, result.cursor))
    return ",".join(position_token(TopicPart(COMPLAINTS_EVENTS, part), last[part]) for part in sorted(last)) or None
