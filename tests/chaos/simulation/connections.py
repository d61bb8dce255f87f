"""The connections of a reader, as `PartReader` uses them: requests are answered with the bytes that a broker would send."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, OffsetOutOfRangeError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from tests.chaos.simulation.broker import Broker, Log
from tests.chaos.simulation.loop import Process

_EARLIEST = -2
_ROOM = 1 << 20


class Answer(NamedTuple):
    topics: list[tuple[str, list[tuple[Any, ...]]]]


class Cluster:
    def leader_for_partition(self, _at: TopicPartition) -> int:
        return 0


class Connections:
    """One broker that is always known; what it answers may be lost, late, or less than there is."""

    cluster = Cluster()

    def __init__(self, broker: Broker, process: Process) -> None:
        self.broker, self.world, self.process = broker, broker.world, process

    async def bootstrap(self) -> None:
        await asyncio.sleep(self.world.delay())

    async def close(self) -> None:
        pass

    def set_topics(self, _topics: object) -> None:
        pass

    add_topic = set_topics

    def force_metadata_update(self) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = self.world.loop.create_future()
        done.set_result(True)
        return done

    async def send(self, _node: int, request: Any) -> Answer:
        fault = self.world.fault(self.process)
        if fault in ("killed before", "killed after"):
            self.process.kill()
        await asyncio.sleep(self.world.delay())
        if fault in ("lost before", "lost after"):
            raise KafkaConnectionError()
        if isinstance(request, FetchRequest):
            return await self._fetched(request)
        return Answer([(topic, [self._place(topic, *one) for one in asked]) for topic, asked in request._topics])

    def _place(self, topic: str, part: int, when: int) -> tuple[Any, ...]:
        log = self.broker.log(TopicPartition(topic, part))
        return part, 0, -1, log.begin if when == _EARLIEST else log.end

    async def _fetched(self, request: FetchRequest) -> Answer:
        loop = self.world.loop
        until = loop.now + request._max_wait_ms / 1000
        while True:
            found = [(topic, [self._held(topic, *one) for one in asked]) for topic, asked in request.topics]
            if loop.now >= until or any(code or data for _, told in found for _, code, _, data in told):
                return Answer(found)
            event = asyncio.Event()
            self.broker.waiting.append(event)
            try:
                async with asyncio.timeout(until - loop.now):
                    await event.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self.world.chance.random() * 0.002)

    def _held(self, topic: str, part: int, offset: int, _most: int) -> tuple[int, int, int, bytes]:
        log = self.broker.log(TopicPartition(topic, part))
        if not log.begin <= offset <= log.end:
            return part, OffsetOutOfRangeError.errno, -1, b""
        # An answer gives as much as fits, which may be anything from one record on.
        return part, 0, log.end, self._batch(log, offset, self.world.pick((1, 2, 500)))

    def _batch(self, log: Log, offset: int, most: int) -> bytes:
        if offset == log.end:
            return b""
        # Whole batches are sent: what lies before the offset comes along with it.
        begin = max(log.begin, offset - self.world.below(3))
        batch = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, _ROOM)
        for n, message in enumerate(log.messages[begin - log.begin : offset - log.begin + most]):
            batch.append(n, 0, message.key, message.value, message.headers)
        return begin.to_bytes(8) + batch.build()[8:]
