"""What clients did to a stream, as they saw it, and what the store says that happened."""

from __future__ import annotations

from typing import Literal, NamedTuple
from uuid import UUID


class Operation(NamedTuple):
    """One thing that a client asked for. Moments are nanoseconds of one monotonic clock.

    "append": write `value` on the version `base`; where it is "ok", `version` is the one that was answered. "read": `version` and
    `value` are what was answered. "list": a list that was asked to know at least the version `base` answered `value`, without a
    version. Of an operation whose outcome is "unknown" no answer came; it may end at any time (`ended` is None), or never begin.
    `answers`: how many different answers the repeats of the operation were given.
    """

    kind: Literal["append", "read", "list"]
    started: int
    ended: int | None
    outcome: Literal["ok", "failed", "unknown"]
    base: int | None
    version: int | None
    value: str | None
    answers: int = 1


class Stored(NamedTuple):
    """An event of the stream; `value` is what the append wrote that made it."""

    version: int
    event_id: UUID
    value: str | None
