"""What has been read for one part and not yet taken; where reading would resume."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.alerts.domain.control import JUDGE_ALL, JUDGE_WAITING
from services.alerts.engine.items import FOLDED_TYPES, Item, MergeKey, item_of
from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Record
from shared.feed.feed import Start
from shared.projections.fold import interest

WIDE_TYPES = frozenset(cls.type for cls in (*JUDGE_ALL, *JUDGE_WAITING))
"""Items after which customers are judged whom no fact has touched."""


class _Topic:
    """One topic of the part: the place behind all that was read, and the places before what is not taken yet."""

    __slots__ = ("done", "order", "through")

    def __init__(self, start: Start) -> None:
        self.through = start
        self.order: deque[tuple[Cursor, Start]] = deque()
        self.done: set[Cursor] = set()

    def resume(self) -> Start:
        while self.order and self.order[0][0] in self.done:
            self.done.discard(self.order.popleft()[0])
        return self.order[0][1] if self.order else self.through


class PartBuffer:
    """Items of a part in waiting. An item is ready when everything recorded before it, on every topic, has been read."""

    def __init__(self, starts: Mapping[str, Start], reached: MergeKey) -> None:
        self._topics = {topic: _Topic(start) for topic, start in starts.items()}
        self._reached = reached
        self._waiting: list[Item] = []
        self._ready: deque[Item] = deque()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._ready)

    def add(self, topic: str, records: Sequence[Record], next_offset: int | None) -> None:
        """Records of one topic in cursor order. What was read before, or taken before a restart, is dropped."""
        at = self._topics.setdefault(topic, _Topic(Start()))
        for record in records:
            if record.cursor <= at.through.cursor:
                continue
            before = Start(at.through.cursor, record.offset)
            at.through = Start(record.cursor, None if record.offset is None else record.offset + 1)
            if interest(FOLDED_TYPES, record.type) == "skip":
                continue
            item = item_of(record)
            if item.key > self._reached:
                at.order.append((record.cursor, before))
                self._waiting.append(item)
        if next_offset is not None:
            at.through = Start(at.through.cursor, next_offset)

    def ripen(self, horizon: datetime) -> None:
        """Everything recorded before the horizon has been read: put it in order."""
        ripe = [item for item in self._waiting if item.record.recorded_at < horizon]
        if ripe:
            self._waiting = [item for item in self._waiting if item.record.recorded_at >= horizon]
            # All of it is later than what is ready: the horizon had passed that before.
            self._ready.extend(sorted(ripe, key=lambda item: item.key))

    def first(self) -> Item | None:
        return self._ready[0] if self._ready else None

    def take(self, limit: int) -> list[Item]:
        """The next items in order; an item that judges many customers comes alone."""
        taken: list[Item] = []
        while self._ready and len(taken) < limit:
            if self._ready[0].record.type in WIDE_TYPES:
                if not taken:
                    taken.append(self._ready.popleft())
                break
            taken.append(self._ready.popleft())
        for item in taken:
            self._topics[item.record.topic].done.add(item.record.cursor)
        if taken:
            self._reached = taken[-1].key
        return taken

    @property
    def reached(self) -> MergeKey:
        return self._reached

    def read_through(self, topic: str) -> Start:
        """The place behind everything of a topic that was read."""
        at = self._topics.get(topic)
        return Start() if at is None else at.through

    def starts(self) -> dict[str, Start]:
        """By topic, the smallest place from which everything not taken can be read again."""
        return {topic: at.resume() for topic, at in self._topics.items() if at.resume().cursor != START}
