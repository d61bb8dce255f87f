"""Kafka as far as its clients can tell: logs that may be sent to twice, answers that are lost, newest records that are gone.

The clients stand where aiokafka's stand and take the arguments that the program gives those, and act by them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, OffsetOutOfRangeError
from aiokafka.record.default_records import DefaultRecordBatch

from shared.kafka.record_batch import RecordBatch
from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.world import LONG, World


class Message(NamedTuple):
    """A record as a consumer gets it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


@dataclass(slots=True)
class Log:
    """One partition. Offsets below `begin` were deleted by retention."""

    begin: int = 0
    messages: list[Message] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.begin + len(self.messages)

    def append(self, key: bytes | None, value: bytes | None, headers: Any) -> int:
        offset = self.end
        self.messages.append(Message(offset, key, value, headers))
        return offset


class Broker:
    """All partitions; the number of them by topic is `counts`."""

    def __init__(self, world: World, counts: Mapping[str, int]) -> None:
        self.world = world
        self.counts = dict(counts)
        self.logs: dict[TopicPartition, Log] = {}
        self.producers: list[Producer] = []
        self.waiting: list[asyncio.Event] = []

    def log(self, at: TopicPartition) -> Log:
        found = self.logs.get(at)
        if found is None:
            found = self.logs[at] = Log()
        return found

    def arrived(self) -> None:
        waiting, self.waiting = self.waiting, []
        for event in waiting:
            event.set()

    def lose_tail(self) -> None:
        """A crash of the machine: each log loses newest records, and the sessions of its producers are over."""
        for log in self.logs.values():
            keep = self.world.below(len(log.messages) + 1)
            del log.messages[keep:]
        for producer in self.producers:
            producer.broken = True

    def retain(self) -> None:
        """Retention deletes the oldest records of a log; those that every reader has long read."""


def records_of(batch: RecordBatch) -> list[tuple[bytes | None, bytes | None, Any]]:
    """Key, value and headers of each record of a batch, as a client reads what was sent."""
    return [(one.key, one.value, one.headers) for one in DefaultRecordBatch(batch._build())]


class Acknowledged(NamedTuple):
    offset: int


class Client:
    async def close(self) -> None:
        pass


class Producer:
    """In order on each partition, nothing twice by itself: an idempotent producer. Without idempotence a lost answer is sent again."""

    def __init__(self, broker: Broker, process: Process, **settings: Any) -> None:
        self.broker, self.world, self.process = broker, broker.world, process
        self.idempotent, self.acks = settings["enable_idempotence"], settings["acks"]
        self.broken = False
        self._closed = False
        self._sender = None
        self.client = Client()
        self._tails: dict[TopicPartition, float] = {}
        broker.producers.append(self)

    async def start(self) -> None:
        # Making it takes a round trip, in which the process can be killed.
        await asyncio.sleep(self.world.delay())

    async def send_batch(self, batch: RecordBatch, topic: str, *, partition: int) -> asyncio.Future[Acknowledged]:
        world, loop, at = self.world, self.world.loop, TopicPartition(topic, partition)
        future: asyncio.Future[Acknowledged] = loop.create_future()
        fault = world.fault(self.process)
        if fault == "killed before":
            self.process.kill()
        slow = world.chance.random() * LONG if fault == "stall" else 0.0
        # What is sent later on one partition arrives later: there is one connection.
        arrives = max(self._tails.get(at, 0.0), loop.now + world.delay() + slow)
        self._tails[at] = arrives

        def arrive() -> None:
            if self.broken or fault == "lost before":
                loop.at(self.process, world.delay(), fail)
                self.broken = True
                return
            log = self.broker.log(at)
            base = log.end
            for key, value, headers in records_of(batch):
                log.append(key, value, headers)
            if self.acks == "all":
                answered(base)
            self.broker.arrived()

        def answered(base: int) -> None:
            if fault == "killed after":
                self.process.kill()
            elif fault == "lost after":
                self.broken = True
                loop.at(self.process, world.delay(), fail)
            else:
                loop.at(self.process, world.delay(), acknowledge, base)

        def acknowledge(base: int) -> None:
            if not future.done():
                future.set_result(Acknowledged(base))

        def fail() -> None:
            if not future.done():
                future.set_exception(KafkaConnectionError())

        loop.at(loop.outside, arrives - loop.now, arrive)
        if self.acks != "all":
            acknowledge(self.broker.log(at).end)
        return future


class Consumer:
    """A reader by assignment. A partition that was assigned and not sought has no place, as with the real client."""

    def __init__(self, broker: Broker, process: Process, **settings: Any) -> None:
        self.broker, self.world, self.process = broker, broker.world, process
        self.reset = settings["auto_offset_reset"]
        self.places: dict[TopicPartition, int | None] = {}
        self.paused: set[TopicPartition] = set()

    async def start(self) -> None:
        await asyncio.sleep(self.world.delay())

    async def stop(self) -> None:
        pass

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        self.places = dict.fromkeys(partitions)
        self.paused = set()

    def seek(self, at: TopicPartition, offset: int) -> None:
        self.places[at] = offset

    def pause(self, *partitions: TopicPartition) -> None:
        self.paused.update(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.paused.difference_update(partitions)

    async def position(self, at: TopicPartition) -> int:
        place = self.places[at]
        assert place is not None
        return place

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._round_trip()
        return {at: self.broker.log(at).begin for at in partitions}

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        await self._round_trip()
        return {at: self.broker.log(at).end for at in partitions}

    async def _round_trip(self) -> None:
        fault = self.world.fault(self.process)
        if fault in ("killed before", "killed after"):
            self.process.kill()
        await asyncio.sleep(self.world.delay())
        if fault in ("lost before", "lost after"):
            raise KafkaConnectionError()

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Message]]:
        loop, chance = self.world.loop, self.world.chance
        until = loop.now + timeout_ms / 1000
        while True:
            found = self._fetched(partitions or tuple(self.places), max_records)
            if found or loop.now >= until:
                break
            event = asyncio.Event()
            self.broker.waiting.append(event)
            try:
                async with asyncio.timeout(until - loop.now):
                    await event.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(chance.random() * 0.002)
        fault = self.world.fault(self.process)
        if fault in ("killed before", "killed after"):
            self.process.kill()
        if fault is not None:
            await asyncio.sleep(self.world.delay())
        elif not found:
            # Time passes with every call; a caller may wait for that.
            await asyncio.sleep(0.001)
        return found

    def _fetched(self, wanted: Iterable[TopicPartition], most: int | None) -> dict[TopicPartition, list[Message]]:
        found: dict[TopicPartition, list[Message]] = {}
        outside: dict[TopicPartition, int] = {}
        for at in wanted:
            place = self.places.get(at)
            if place is None or at in self.paused:
                continue
            log = self.broker.log(at)
            if not log.begin <= place <= log.end:
                if self.reset == "none":
                    outside[at] = place
                else:
                    self.places[at] = log.begin if self.reset == "earliest" else log.end
                continue
            if place < log.end:
                # A fetch gives as much as fits, which may be anything from one record on.
                count = min(most or 500, self.world.pick((1, 2, 500)))
                found[at] = its = log.messages[place - log.begin : place - log.begin + count]
                self.places[at] = its[-1].offset + 1
        if outside:
            for at, its in found.items():
                self.places[at] = its[0].offset
            raise OffsetOutOfRangeError(outside)
        return found
