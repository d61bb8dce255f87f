"""What the program would connect to, for as long as a schedule runs: its broker and its database."""

from __future__ import annotations

from typing import Any

from shared.contracts.topics import TOPICS
from shared.feed import kafka as feed
from shared.kafka import consumer, part_reader, producer
from shared.kafka.settings import KafkaSettings
from shared.relay import leader, recovery
from tests.chaos.simulation.broker import Broker, Consumer, Producer
from tests.chaos.simulation.connections import Connections
from tests.chaos.simulation.database import Database, Pool

KAFKA = KafkaSettings("nowhere:9092", max_batch_size=1500)
"""Two or three records a batch, so that a part is sent several at a time."""
_KNOWN: dict[str, Any] = {}


def stand_in() -> None:
    """Once in a process that simulates and does nothing else: clients are made of what `connect` has named."""

    async def create_pool(dsn: str, **_: Any) -> Pool:
        return Pool(_KNOWN["database"], _KNOWN["database"].world.loop.current)

    async def partition_counts(settings: KafkaSettings, topics: list[str]) -> dict[str, int]:
        return {topic: _KNOWN["broker"].counts.get(topic, 0) for topic in topics}

    producer.AIOKafkaProducer = _producer
    consumer.AIOKafkaConsumer = _consumer
    part_reader.AIOKafkaClient = _connections
    leader.create_pool = create_pool
    recovery.partition_counts = partition_counts
    feed.GATHER_SECONDS = 0.02


def _producer(**settings: Any) -> Producer:
    return Producer(_KNOWN["broker"], _KNOWN["broker"].world.loop.current, **settings)


def _consumer(**settings: Any) -> Consumer:
    return Consumer(_KNOWN["broker"], _KNOWN["broker"].world.loop.current, **settings)


def _connections(**_: Any) -> Connections:
    return Connections(_KNOWN["broker"], _KNOWN["broker"].world.loop.current)


def connect(database: Database | None, broker: Broker | None) -> None:
    """From now on clients are of these."""
    _KNOWN.update(database=database, broker=broker)


def counts(parts: int) -> dict[str, int]:
    """Partitions of every topic of an installation with so many parts."""
    return {topic.name: 1 if topic.one_part else parts for topic in TOPICS}
