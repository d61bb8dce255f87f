"""Who works on which part with Kafka: membership of the service's group. The group gives parts; it reads and resumes nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, NoOffsetForPartitionError

from shared.contracts.cursor import TopicPart
from shared.contracts.topics import TOPICS
from shared.feed.feed import FeedStuck, PartsChanged
from shared.kafka.consumer import group_member
from shared.kafka.settings import KafkaSettings

STUCK_SECONDS = 30.0
_ONE_PART = frozenset(topic.name for topic in TOPICS if topic.one_part)


class KafkaMembership:
    """A member of the group `regulars.<service>`, subscribed to all topics that the service follows, every part paused.

    With equal subscriptions and equal numbers of parts the range assignor gives a member the same part of all topics; a part
    counts as held only while it is held on all. Topics of one part are left out: whoever holds part 0 reads them.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        service: str,
        topics: Iterable[str],
        client_id: str,
        *,
        instance: str | None = None,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._settings, self._service, self._stuck = settings, service, stuck_seconds
        self._topics = sorted(settings.physical(topic) for topic in topics if topic not in _ONE_PART)
        self._client_id, self._instance = client_id, instance
        self._consumer: AIOKafkaConsumer | None = None
        self._owned: frozenset[int] = frozenset()
        self._answered = asyncio.Event()
        self._changed: list[PartsChanged] = []
        self._watching = asyncio.Lock()
        self._revoked_at: float | None = time.monotonic()

    async def owned(self) -> frozenset[int]:
        """Waits until the group has given an answer for the first time; `watch` joins it."""
        await self._answered.wait()
        return self._owned

    def on_change(self, changed: PartsChanged) -> None:
        self._changed.append(changed)
        if self._owned:
            changed(self._owned)

    async def watch(self) -> None:
        """Join the group and stay. Raises FeedStuck when a rejoin does not end, or KafkaError."""
        async with self._watching:
            self._revoked_at = time.monotonic()
            group = self._settings.physical(f"regulars.{self._service}")
            consumer = group_member(self._settings, self._client_id, group, self._instance)
            self._consumer = consumer
            try:
                await consumer.start()
                consumer.subscribe(self._topics, listener=_Listener(self))
                while True:
                    try:
                        # Everything is paused: this only tells the client that we live, and us when its coordination has died.
                        await consumer.getmany(timeout_ms=1000)
                    except NoOffsetForPartitionError:
                        await asyncio.sleep(0.05)
                    waiting = self._revoked_at
                    if waiting is not None and time.monotonic() - waiting > self._stuck:
                        raise FeedStuck(f"the group of {self._service} has given no parts for {self._stuck:g} s")
            finally:
                await self.close()

    async def report(self, next_offsets: Mapping[TopicPart, int]) -> None:
        """Commit, so that Kafka's own tools show the lag. A commit that a rebalance overtakes is dropped."""
        consumer = self._consumer
        if consumer is None:
            return
        held = consumer.assignment()
        offsets = {TopicPartition(self._settings.physical(at.topic), at.part): offset for at, offset in next_offsets.items()}
        if mine := {tp: offset for tp, offset in offsets.items() if tp in held}:
            try:
                await consumer.commit(mine)
            except (CommitFailedError, IllegalStateError, KafkaError):
                return

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._set(frozenset())
        if consumer is not None:
            await consumer.stop()

    def _revoke(self) -> None:
        self._revoked_at = time.monotonic()
        self._set(frozenset())

    def _assign(self, assigned: Collection[TopicPartition]) -> None:
        if self._consumer is not None:
            for tp in assigned:
                # A place to stand on, so that the client looks for none; nothing is read from it.
                self._consumer.seek(tp, 0)
            self._consumer.pause(*assigned)
        held = [{tp.partition for tp in assigned if tp.topic == topic} for topic in self._topics]
        self._revoked_at = None
        self._set(frozenset(set.intersection(*held)) if held else frozenset())
        self._answered.set()

    def _set(self, owned: frozenset[int]) -> None:
        if owned != self._owned:
            self._owned = owned
            for changed in self._changed:
                changed(owned)


class _Listener:
    """aiokafka's way to tell of rebalances: all parts are taken, then the new ones are given."""

    def __init__(self, membership: KafkaMembership) -> None:
        self._membership = membership

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._membership._revoke()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._membership._assign(assigned)


# A virtual subclass: the client asks for the type, which has no annotations to inherit from.
ConsumerRebalanceListener.register(_Listener)
