"""Reading topic parts by assignment, records left as they were sent: the client's connections, and our own asking and unpacking.

What `AIOKafkaConsumer` offers to `assign` and `seek`, without its groups, commits and resets, and without an object for every
record and header. It uses only what the client offers by name: connections, metadata, and requests that are answered.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from aiokafka import AIOKafkaClient, TopicPartition
from aiokafka.errors import KafkaError, LeaderNotAvailableError, OffsetOutOfRangeError, TopicAuthorizationFailedError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest

from shared.kafka.batches import RawBatch, RawRecord, batches_in, records_in
from shared.kafka.settings import KafkaSettings

RETRY_SECONDS = 0.1
FETCH_BYTES = 16 * 1024 * 1024
_ANY_REPLICA = -1
_UNCOMMITTED = 0
_LATEST, _EARLIEST = -1, -2

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Part:
    """Where a topic part is read: records from `place` on are returned next, the broker is asked from `asked` on."""

    place: int | None = None
    asked: int = 0
    highwater: int | None = None
    outside: bool = False
    batches: deque[RawBatch] = field(default_factory=deque)
    records: deque[RawRecord] = field(default_factory=deque)

    def holds(self) -> bool:
        return bool(self.records or self.batches)


class PartReader:
    """A reader of assigned parts, outside any group. A part that was not sought has no place, and none is made up for it.

    `max_wait_ms` delays no record: it is how long the broker holds a fetch for which there is none.
    """

    def __init__(self, settings: KafkaSettings, client_id: str, *, max_wait_ms: int = 500) -> None:
        self._client = AIOKafkaClient(**settings.connection(), client_id=client_id, metadata_max_age_ms=60_000)
        self._max_wait_ms, self._part_bytes = max_wait_ms, settings.max_partition_fetch_bytes
        self._timeout = settings.request_timeout_ms / 1000
        self._parts: dict[TopicPartition, _Part] = {}
        self._paused: set[TopicPartition] = set()
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._failed: BaseException | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaConnectionError when no broker answers."""
        await self._client.bootstrap()

    async def stop(self) -> None:
        """Release connections; nothing is read afterwards."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        if asking:
            await asyncio.wait(asking)
        await self._client.close()

    def assign(self, parts: Iterable[TopicPartition]) -> None:
        """Read these from where they are sought, and no others; all of them are resumed."""
        self._parts = {at: _Part() for at in parts}
        self._paused = set()
        if self._parts:
            self._client.set_topics({at.topic for at in self._parts})

    def seek(self, at: TopicPartition, offset: int) -> None:
        """Read an assigned part from here on. What was fetched of it is forgotten."""
        before = self._parts[at]
        self._parts[at] = _Part(place=offset, asked=offset, highwater=before.highwater)

    def pause(self, *parts: TopicPartition) -> None:
        self._paused.update(parts)

    def resume(self, *parts: TopicPartition) -> None:
        self._paused.difference_update(parts)

    def highwater(self, at: TopicPartition) -> int | None:
        """Offset behind the last record when it was last asked for; None before that."""
        part = self._parts.get(at)
        return None if part is None else part.highwater

    async def beginning_offsets(self, parts: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Offset of the first record that is still kept of each. Raises KafkaError when the broker does not tell in time."""
        return await self._offsets(parts, _EARLIEST)

    async def end_offsets(self, parts: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Offset behind the last record of each. Raises KafkaError when the broker does not tell in time."""
        return await self._offsets(parts, _LATEST)

    async def getmany(self, timeout: float, *, max_records: int, max_part: int) -> dict[TopicPartition, list[RawRecord]]:
        """Next records of the parts that are not paused, `max_part` of each at most; nothing after `timeout` seconds.

        Raises OffsetOutOfRangeError, with the places by part, until these are sought anew; CorruptRecordException; and what the
        broker refuses for good. What may pass is tried again for ever: the caller knows whether records must be there.
        """
        deadline = time.monotonic() + timeout
        while True:
            if self._failed is not None:
                failed, self._failed = self._failed, None
                raise failed
            outside = {at: part.place for at, part in self._parts.items() if part.outside and at not in self._paused}
            if outside:
                raise OffsetOutOfRangeError(outside)
            found = self._take(max_records, max_part)
            self._ask()
            left = deadline - time.monotonic()
            if found:
                return found
            if left <= 0:
                # Whoever asks again and again lets the answers arrive.
                await asyncio.sleep(0)
                return found
            if self._asking:
                await asyncio.wait(self._asking.values(), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(min(left, RETRY_SECONDS))

    def _take(self, most: int, most_of_part: int) -> dict[TopicPartition, list[RawRecord]]:
        found: dict[TopicPartition, list[RawRecord]] = {}
        for at in [at for at, part in self._parts.items() if part.holds() and at not in self._paused]:
            room = min(most, most_of_part)
            if room <= 0:
                break
            part = self._parts[at]
            taken = _taken(part, room)
            if taken:
                found[at] = taken
                most -= len(taken)
                # Whoever was served stands behind the others.
                self._parts[at] = self._parts.pop(at)
        return found

    def _ask(self) -> None:
        """Ask each broker that is not being asked, when everything that came from it was taken."""
        by_node: dict[int, list[TopicPartition]] = {}
        holding: set[int] = set()
        unknown = False
        for at, part in self._parts.items():
            if part.place is None or part.outside or at in self._paused:
                continue
            node = self._client.cluster.leader_for_partition(at)
            if node is None or node == -1:
                unknown = True
            elif part.holds():
                holding.add(node)
            else:
                by_node.setdefault(node, []).append(at)
        if unknown:
            self._client.force_metadata_update()
        for node, parts in by_node.items():
            if node not in holding and node not in self._asking:
                self._asking[node] = task = asyncio.create_task(self._fetch(node, {at: self._parts[at] for at in parts}))
                task.add_done_callback(partial(self._asked, node))

    def _asked(self, node: int, task: asyncio.Task[None]) -> None:
        self._asking.pop(node, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed = error

    async def _fetch(self, node: int, parts: Mapping[TopicPartition, _Part]) -> None:
        asked = {at: part.asked for at, part in parts.items()}
        topics: dict[str, list[tuple[int, int, int]]] = {}
        for at, offset in asked.items():
            topics.setdefault(at.topic, []).append((at.partition, offset, self._part_bytes))
        request = FetchRequest(self._max_wait_ms, 1, FETCH_BYTES, _UNCOMMITTED, list(topics.items()))
        try:
            answer = await self._client.send(node, request)
        except KafkaError as error:
            _log.warning("Fetching from broker %s: %s", node, error)
            await self._later()
            return
        again = False
        for topic, told in answer.topics:
            for number, code, highwater, *_, data in told:
                at = TopicPartition(topic, number)
                part = parts.get(at)
                # Assigned or sought anew since: another object stands there, or it is asked from elsewhere.
                if part is not None and self._parts.get(at) is part and part.asked == asked[at]:
                    again |= self._told(at, part, code, highwater, data or b"")
        if again:
            await self._later()

    def _told(self, at: TopicPartition, part: _Part, code: int, highwater: int, data: bytes) -> bool:
        """Take the answer for one part. True: it has to be asked again, later."""
        error = for_code(code)
        if code == 0:
            part.highwater = highwater
            part.batches.extend(batches_in(data, part.asked))
            if part.batches:
                part.asked = part.batches[-1].next_offset
        elif error is OffsetOutOfRangeError:
            part.outside = True
        elif error is TopicAuthorizationFailedError:
            raise error(at.topic)
        else:
            _log.info("Fetching of %s, part %d: %s", at.topic, at.partition, error.__name__)
            return True
        return False

    async def _later(self) -> None:
        self._client.force_metadata_update()
        await asyncio.sleep(RETRY_SECONDS)

    async def _offsets(self, parts: Collection[TopicPartition], when: int) -> dict[TopicPartition, int]:
        deadline = time.monotonic() + self._timeout
        wait = 0.0
        while True:
            try:
                return await self._told_offsets(parts, when)
            except KafkaError as error:
                if not (error.retriable or error.invalid_metadata) or time.monotonic() > deadline:
                    raise
            for topic in {at.topic for at in parts}:
                self._client.add_topic(topic)
            await self._client.force_metadata_update()
            await asyncio.sleep(wait)
            wait = RETRY_SECONDS

    async def _told_offsets(self, parts: Collection[TopicPartition], when: int) -> dict[TopicPartition, int]:
        by_node: dict[int, dict[str, list[tuple[int, int]]]] = {}
        for at in parts:
            node = self._client.cluster.leader_for_partition(at)
            if node is None or node == -1:
                raise LeaderNotAvailableError(at)
            by_node.setdefault(node, {}).setdefault(at.topic, []).append((at.partition, when))
        found: dict[TopicPartition, int] = {}
        for node, topics in by_node.items():
            answer = await self._client.send(node, OffsetRequest(_ANY_REPLICA, _UNCOMMITTED, list(topics.items())))
            for topic, told in answer.topics:
                for number, code, _, offset in told:
                    if code:
                        raise for_code(code)(f"{topic}, part {number}")
                    found[TopicPartition(topic, number)] = offset
        return found


def _taken(part: _Part, most: int) -> list[RawRecord]:
    """The next records of a part, at most so many. Whole batches are unpacked, and what is too much waits."""
    assert part.place is not None
    found: list[RawRecord] = []
    while part.holds() and len(found) < most:
        if not part.records:
            batch = part.batches[0]
            part.records.extend(records_in(batch, part.place))
            part.place = max(part.place, batch.next_offset)
            part.batches.popleft()
            continue
        room = most - len(found)
        if len(part.records) <= room:
            found += part.records
            part.records.clear()
        else:
            found += [part.records.popleft() for _ in range(room)]
    return found
