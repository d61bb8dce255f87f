"""Ways in which a worker may come to read the same events, and what it says then.

A worker is its buffer, the pure step, and the rows that it would load from its table; here they lie in memory, written and
read back as the table would keep them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.alerts.domain.control import Control
from services.alerts.domain.judging import Saying
from services.alerts.domain.watched_customer import read, write
from services.alerts.engine.buffer import WIDE_TYPES, PartBuffer
from services.alerts.engine.items import Item, MergeKey
from services.alerts.engine.part import JUDGE_ALL_TYPES
from services.alerts.engine.step import Watched, step
from services.alerts.read_models.watched_customers import BEGINNING
from shared.contracts.cursor import part_of
from shared.feed.feed import Start

READ_AT_ONCE = 400
# The store keeps the figures of a reason in an order of its own.
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


class Way(NamedTuple):
    """`batch`: items taken at once. `delayed`: topics run ahead of each other, and records come twice. `restarts`: the worker
    dies between two batches and another one goes on from what was kept. `late`: seconds by which topics, and what is said of how
    complete they are, come late, each now more and now less than the others."""

    parts: int
    batch: int
    delayed: bool = False
    restarts: bool = False
    late: int = 0

    def __str__(self) -> str:
        marks = [f"{self.parts} part{'s' * (self.parts > 1)}", f"batches of {self.batch}"]
        return ", ".join(
            marks
            + ["topics delayed"] * self.delayed
            + ["restarts"] * self.restarts
            + [f"up to {self.late} s late"] * bool(self.late)
        )


WAYS = tuple(Way(parts, batch, odd, odd) for parts in (1, 12) for batch in (1, 5000) for odd in (False, True)) + tuple(
    Way(parts, batch, late=60) for parts in (1, 12) for batch in (1, 5000)
)


class ReplayFailed(Exception):
    """A customer could not be folded or judged."""


def said_by(items: Sequence[Item], way: Way, through: datetime, zone: ZoneInfo, seed: int = 0) -> list[Saying]:
    """What workers say that read these items in this way, and fire every timer due before `through`. Raises ReplayFailed."""
    by_part: dict[int, list[Item]] = {part: [] for part in range(way.parts)}
    for item in items:
        customer_id = item.record.customer_id
        for part in by_part if customer_id is None else (part_of(str(customer_id), way.parts),):
            by_part[part].append(item)
    found: list[Saying] = []
    for part, own in by_part.items():
        found += _Worker(way, through, zone, Random(f"{seed} {part} {way}"), _topics(own)).run()
    return found


def digest(said: Iterable[Saying]) -> str:
    """The same for the same events with the same ids at the same moments, bit for bit, in whatever order they were said."""
    lines = sorted(f"{one.event_id} {one.at.timestamp()} {one.event.type} ".encode() + _encoder.encode(one.event) for one in said)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _topics(items: Iterable[Item]) -> Mapping[str, Sequence[Item]]:
    found: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.key.cursor):
        found.setdefault(item.record.topic, []).append(item)
    return found


def _earliest(items: Sequence[Item], through: datetime) -> Sequence[datetime]:
    """From each place of a topic on, the earliest time of recording: what the watermark says of what is not read yet.

    Writers overlap, so the next record is not always the one that was recorded first.
    """
    return list(accumulate((one.record.recorded_at for one in reversed(items)), min, initial=through))[::-1]


def _arrivals(items: Sequence[Item], late: int, chance: Random) -> Sequence[datetime]:
    """When each record of a topic can be read at the earliest: in the order of the topic, and late by a time that changes."""
    found: list[datetime] = []
    lag = timedelta()
    for one in items:
        if not found or chance.random() < 0.2:
            lag = timedelta(seconds=chance.uniform(0, late))
        found.append(max([one.record.recorded_at + lag, *found[-1:]]))
    return found


@dataclass(slots=True)
class _Worker:
    """One part: how far each topic was read, what waits, and what the table holds."""

    way: Way
    through: datetime
    zone: ZoneInfo
    chance: Random
    topics: Mapping[str, Sequence[Item]]
    earliest: Mapping[str, Sequence[datetime]] = field(init=False)
    arrivals: Mapping[str, Sequence[datetime]] = field(init=False)
    buffer: PartBuffer = field(init=False)
    read_to: dict[str, int] = field(init=False)
    control: Control = field(default_factory=Control)
    rows: dict[UUID, tuple[bytes, Watched]] = field(default_factory=dict)
    said: list[Saying] = field(default_factory=list)

    def run(self) -> list[Saying]:
        self.earliest = {topic: _earliest(items, self.through) for topic, items in self.topics.items()}
        self.arrivals = {topic: _arrivals(items, self.way.late, self.chance) for topic, items in self.topics.items()}
        self._begin({}, BEGINNING)
        complete = BEGINNING.recorded_at
        while True:
            there = [topic for topic, items in self.topics.items() if self.read_to[topic] < len(items)]
            now = min((self.arrivals[topic][self.read_to[topic]] for topic in there), default=None)
            for topic in [self.chance.choice(there)] if there and self.way.delayed else there:
                self._read(topic, now)
            horizon = min((self.earliest[topic][self.read_to[topic]] for topic in self.topics), default=self.through)
            if self.way.late and now is not None:
                # What is complete is told late too, and never less than was told before.
                horizon = complete = max(complete, min(horizon, now - timedelta(seconds=self.chance.uniform(0, self.way.late))))
            self.buffer.ripen(horizon)
            while self._advance(horizon):
                if self.way.restarts and self.chance.random() < 0.02:
                    break
            if not there and self.buffer.first() is None:
                return self.said
            if self.way.restarts and self.chance.random() < 0.1:
                self._begin(self.buffer.starts(), self.buffer.reached)

    def _begin(self, starts: Mapping[str, Start], reached: MergeKey) -> None:
        """Read on from where a worker before this one stood."""
        self.buffer = PartBuffer(starts, reached)
        self.read_to = {
            topic: next((i for i, one in enumerate(items) if one.key.cursor > starts.get(topic, Start()).cursor), len(items))
            for topic, items in self.topics.items()
        }

    def _read(self, topic: str, now: datetime | None) -> None:
        items, start = self.topics[topic], self.read_to[topic]
        size = self.chance.randrange(1, READ_AT_ONCE) if self.way.delayed else len(items)
        if self.way.late and now is not None:
            size = bisect_right(self.arrivals[topic], now) - start
        again = self.chance.randrange(5) if self.way.delayed else 0
        self.read_to[topic] = min(start + size, len(items))
        self.buffer.add(topic, [one.record for one in items[max(start - again, 0) : start + size]], None)

    def _advance(self, horizon: datetime) -> bool:
        first = self.buffer.first()
        before = horizon if first is None else first.record.recorded_at
        if self.control.live_on is not None and (due := self._due(before)):
            self._step(due, [], before)
            return True
        if first is None:
            return False
        items = self.buffer.take(self.way.batch)
        following = self.buffer.first()
        until = horizon if following is None else following.record.recorded_at
        if items[0].record.type in JUDGE_ALL_TYPES:
            needed = set(self.rows)
        else:
            needed = {one.record.customer_id for one in items if one.record.customer_id in self.rows} | self._due(until)
            if items[0].record.type in WIDE_TYPES:
                needed |= {one for one, (_, row) in self.rows.items() if row.waiting}
        self._step(needed, items, until)
        return True

    def _due(self, before: datetime) -> set[UUID]:
        return {one for one, (_, row) in self.rows.items() if row.next_due_at is not None and row.next_due_at < before}

    def _step(self, needed: Iterable[UUID | None], items: Sequence[Item], until: datetime) -> None:
        given = {}
        for customer_id in needed:
            if customer_id is not None:
                state, row = self.rows[customer_id]
                given[customer_id] = row._replace(customer=read(state))
        stepped = step(given, self.control, items, until, self.zone)
        if stepped.parked:
            raise ReplayFailed(next(iter(stepped.parked.values())).cause)
        self.control = stepped.control
        self.rows |= {one: (write(row.customer), row) for one, row in stepped.rows.items()}
        self.said += stepped.sayings
