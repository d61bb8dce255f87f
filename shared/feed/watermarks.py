"""How far each topic part is complete: watermarks of the relays against what was read. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from shared.contracts.cursor import START, Cursor, TopicPart, parse_cursor

REMEMBERED = 1000


class Required(NamedTuple):
    """`t` is reached on a topic part when `cursor` has been read; when written, that record ended at `end_offset`."""

    t: datetime
    cursor: Cursor
    end_offset: int


@dataclass(slots=True)
class Ticks:
    """Watermarks of the topic parts that are read, and the places reached.

    INVARIANT: T is taken as reached on a topic part only when the cursor that the watermark names there was read, never an
    offset: after a lost tail the log grows again with other records under the same offsets.
    """

    positions: dict[TopicPart, Cursor] = field(default_factory=dict)
    through: dict[TopicPart, datetime] = field(default_factory=dict)
    waiting: dict[TopicPart, deque[Required]] = field(default_factory=dict)

    def assign(self, positions: Mapping[TopicPart, Cursor]) -> None:
        """Follow these topic parts from these places; what was reached on others is forgotten."""
        self.positions = dict(positions)
        self.through = {}
        self.waiting = {at: deque() for at in positions}

    def tick(self, service: str, value: bytes) -> None:
        """Take a watermark record; one that cannot be read is passed over, as the next one says the same and more."""
        try:
            record = _decoder.decode(value)
            required = {
                TopicPart(topic, int(part)): (parse_cursor(cursor), end_offset)
                for topic, parts in record.topics.items()
                for part, (cursor, end_offset) in parts.items()
            }
        except (msgspec.MsgspecError, ValueError):
            return
        for at in self.positions:
            if at.topic.split(".", 2)[1] == service:
                self._require(at, Required(record.t, *required.get(at, (START, 0))))

    def read(self, at: TopicPart, cursor: Cursor) -> None:
        """Everything up to `cursor` has been returned on this topic part."""
        if at in self.positions and cursor > self.positions[at]:
            self.positions[at] = cursor
            waiting = self.waiting[at]
            while waiting and waiting[0].cursor <= cursor:
                self._reach(at, waiting.popleft().t)

    def behind(self, at: TopicPart) -> Required | None:
        """The oldest watermark that is not reached: there is something to read."""
        waiting = self.waiting.get(at)
        return waiting[0] if waiting else None

    def _require(self, at: TopicPart, required: Required) -> None:
        if required.cursor <= self.positions[at]:
            self._reach(at, required.t)
            return
        waiting = self.waiting[at]
        if waiting and waiting[-1].cursor >= required.cursor:
            # A zombie's tick, or a later time for the same place: the greatest cursor with the greatest time is enough.
            if waiting[-1].cursor == required.cursor and waiting[-1].t < required.t:
                waiting[-1] = required
            return
        if len(waiting) >= REMEMBERED:
            # Watermarks left out make the reader later, never wrong.
            self.waiting[at] = waiting = deque(one for i, one in enumerate(waiting) if i % 2)
        waiting.append(required)

    def _reach(self, at: TopicPart, t: datetime) -> None:
        before = self.through.get(at)
        self.through[at] = t if before is None else max(before, t)


class _Watermark(msgspec.Struct):
    t: datetime
    topics: dict[str, dict[str, tuple[str, int]]]


_decoder = msgspec.json.Decoder(_Watermark)
