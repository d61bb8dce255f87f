"""The feed from Kafka: parts are assigned and sought, never left to a group or to an offset that Kafka remembers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import PassedOver
from shared.contracts.topics import watermarks_topic
from shared.feed.decoding import decoded
from shared.feed.feed import Batch, FeedStuck, Start
from shared.feed.watermarks import Ticks
from shared.kafka.batches import RawRecord
from shared.kafka.part_reader import PartReader
from shared.kafka.settings import KafkaSettings

STUCK_SECONDS = 30.0
SHORTEST_SECONDS = 0.001
NEWEST_WATERMARKS = 10_000
CLOSE_SECONDS = 2.0
FLOWING = 1000
FLOW_SECONDS = 2.0
"""So many records in so short a time are a flow, an import for example: what comes next is gathered for a while, since rows
that are read and written for each handful of records cost more than the records. Less than that waits for nothing."""
GATHER_SECONDS = 1.0
GATHER_STEP_SECONDS = 0.1
GATHER_IDLE_SHARE = 0.3
LARGE = 5000
"""So many records of one topic part are enough for a transaction, and for a fold during which nothing else of the process runs."""


class KafkaFeed:
    """Reads topic parts by assignment, and with them the watermark topics of their services from their newest records on.

    Where records must be and none comes for `stuck_seconds`, `read` raises FeedStuck: the client has hung before.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        client_id: str,
        *,
        stuck_seconds: float = STUCK_SECONDS,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._settings, self._client_id, self._stuck, self._most_gathering = settings, client_id, stuck_seconds, gather_seconds
        self._consumer: PartReader | None = None
        self._assigned: dict[TopicPartition, TopicPart] = {}
        self._watermarks: dict[TopicPartition, str] = {}
        self._offsets: dict[TopicPartition, int] = {}
        self._ticks = Ticks()
        self._paused: set[TopicPart] = set()
        self._idle: dict[TopicPart, float] = {}
        self._rewound: dict[TopicPart, Cursor] = {}
        self._passed_over: PassedOver | None = None
        self._came: deque[tuple[float, int]] = deque()

    def pass_over(self, types: PassedOver) -> None:
        self._passed_over = types

    async def assign(self, starts: Mapping[TopicPart, Start]) -> None:
        consumer = await self._started()
        assigned = {self._physical(at): at for at in starts}
        services = {at.topic.split(".", 2)[1] for at in starts}
        watermarks = {self._physical(TopicPart(watermarks_topic(service), 0)): service for service in services}
        unknown = [tp for tp, at in assigned.items() if starts[at].offset is None]
        beginnings = await consumer.beginning_offsets([*unknown, *watermarks]) if unknown or watermarks else {}
        ends = await consumer.end_offsets(list(watermarks)) if watermarks else {}
        offsets: dict[TopicPartition, int] = {}
        for tp, at in assigned.items():
            offset = starts[at].offset
            offsets[tp] = beginnings[tp] if offset is None else offset
        # The newest watermark says all that older ones say; before compaction there may be many thousands.
        offsets |= {tp: max(beginnings[tp], ends[tp] - NEWEST_WATERMARKS) for tp in watermarks}
        # Nothing may come between: a part that is assigned and not yet sought has no place to read from.
        consumer.assign([*assigned, *watermarks])
        for tp, offset in offsets.items():
            consumer.seek(tp, offset)
        self._assigned, self._watermarks, self._offsets = assigned, watermarks, offsets
        self._ticks.assign({at: start.cursor for at, start in starts.items()})
        self._idle = {}
        self._rewound = {}
        self._paused &= set(starts)
        self._pause(self._paused)

    async def read(self, max_records: int, timeout: float) -> list[Batch]:
        if self._consumer is None or not self._assigned:
            raise RuntimeError("assign comes before read")
        deadline = time.monotonic() + timeout
        while True:
            began = time.monotonic()
            found = await self._fetched(self._consumer, max_records, deadline - began)
            if found:
                if timeout > 0 and self._flows():
                    await self._gather(self._consumer, found, max_records)
                self._came.append((time.monotonic(), sum(map(len, found.values()))))
            batches = [self._batch(tp, its) for tp, its in found.items()]
            await self._watch({batch.at for batch in batches}, time.monotonic() - began)
            if batches or time.monotonic() > deadline - SHORTEST_SECONDS:
                return batches

    async def _fetched(self, consumer: PartReader, max_records: int, wait: float) -> dict[TopicPartition, list[RawRecord]]:
        """Messages of the assigned topic parts; those of watermark topics are taken in."""
        try:
            found = await consumer.getmany(wait, max_records=max_records, max_part=LARGE)
        except OffsetOutOfRangeError as error:
            # Retention has passed by, or the log has lost its tail: the cursors of what is still there tell which.
            await self._to_beginning(tp for tp in error.args[0] if tp in self._assigned or tp in self._watermarks)
            return {}
        for tp, its in found.items():
            if tp in self._watermarks:
                for message in its:
                    self._ticks.tick(self._watermarks[tp], message.value or b"")
        return {tp: its for tp, its in found.items() if tp in self._assigned}

    def _flows(self) -> bool:
        since = time.monotonic() - FLOW_SECONDS
        while self._came and self._came[0][0] < since:
            self._came.popleft()
        return sum(count for _, count in self._came) >= FLOWING

    async def _gather(self, consumer: PartReader, found: dict[TopicPartition, list[RawRecord]], most: int) -> None:
        """Add to `found` while more comes."""
        room = most - sum(map(len, found.values()))
        now = came = time.monotonic()
        until, idle = now + self._most_gathering, self._most_gathering * GATHER_IDLE_SHARE
        while room > 0 and now < min(until, came + idle) and max(map(len, found.values())) < LARGE:
            more = await self._fetched(consumer, room, 0)
            now = time.monotonic()
            for tp, its in more.items():
                found.setdefault(tp, []).extend(its)
                room -= len(its)
                came = now
            if not more:
                await asyncio.sleep(GATHER_STEP_SECONDS)

    async def rewind(self, at: TopicPart) -> None:
        await self._to_beginning([self._physical(at)])

    async def ends(self, of: Collection[TopicPart]) -> Mapping[TopicPart, int | None]:
        consumer = await self._started()
        found = await consumer.end_offsets([self._physical(at) for at in of])
        return {at: found[self._physical(at)] for at in of}

    async def begins(self, of: Collection[TopicPart]) -> Mapping[TopicPart, int | None]:
        consumer = await self._started()
        found = await consumer.beginning_offsets([self._physical(at) for at in of])
        return {at: found[self._physical(at)] for at in of}

    def complete_through(self, at: TopicPart) -> datetime | None:
        return self._ticks.through.get(at)

    def behind(self, at: TopicPart) -> int | None:
        tp = self._physical(at)
        end = None if self._consumer is None or tp not in self._assigned else self._consumer.highwater(tp)
        return None if end is None else max(0, end - self._offsets[tp])

    def pause(self, parts: Collection[TopicPart]) -> None:
        self._paused.update(parts)
        self._pause(parts)

    def resume(self, parts: Collection[TopicPart]) -> None:
        self._paused.difference_update(parts)
        if self._consumer is not None:
            self._consumer.resume(*[tp for at in parts if (tp := self._physical(at)) in self._assigned])

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            # The client loses the cancellation that meets it while it drops an old assignment, and waits for ever; it hears a second one.
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await consumer.stop()

    async def _started(self) -> PartReader:
        if self._consumer is None:
            consumer = PartReader(self._settings, self._client_id)
            await consumer.start()
            self._consumer = consumer
        return self._consumer

    def _physical(self, at: TopicPart) -> TopicPartition:
        return TopicPartition(self._settings.physical(at.topic), at.part)

    def _pause(self, parts: Iterable[TopicPart]) -> None:
        if self._consumer is not None:
            self._consumer.pause(*[tp for at in parts if (tp := self._physical(at)) in self._assigned])

    def _batch(self, tp: TopicPartition, raws: list[RawRecord]) -> Batch:
        topic, part = at = self._assigned[tp]
        found = decoded(topic, part, raws, self._passed_over)
        self._ticks.read(at, found.last)
        self._offsets[tp] = raws[-1].offset + 1
        return Batch(topic, part, found.records, self._offsets[tp], found.passed)

    async def _to_beginning(self, tps: Iterable[TopicPartition]) -> None:
        consumer = await self._started()
        for tp, offset in (await consumer.beginning_offsets(list(tps))).items():
            consumer.seek(tp, offset)
            self._offsets[tp] = offset

    async def _watch(self, progressed: set[TopicPart], waited: float) -> None:
        for tp, at in self._assigned.items():
            required = self._ticks.behind(at)
            if required is None or at in progressed or at in self._paused:
                self._idle.pop(at, None)
                continue
            here = self._ticks.positions[at]
            if self._offsets[tp] >= required.end_offset and self._rewound.get(at) != here:
                # At the end of a log that holds a record not yet read: it lost its tail and has grown again meanwhile.
                self._rewound[at] = here
                await self._to_beginning([tp])
                continue
            self._idle[at] = idle = self._idle.get(at, 0.0) + waited
            if idle > self._stuck:
                raise FeedStuck(f"{at.topic}, part {at.part}: nothing comes after {here}, though {required.cursor} is there")
