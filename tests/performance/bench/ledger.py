"""Sales on their topic, sent by the relays that are shipped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.cursor import PARTS
from shared.contracts.topics import CARDS_TRANSACTIONS, SERVICES
from shared.kafka.consumer import reader
from shared.kafka.settings import KafkaSettings
from shared.relay.leader import lead
from shared.testing.databases import Database
from shared.testing.eventually import eventually


@asynccontextmanager
async def relaying(database: Database, kafka: KafkaSettings | None) -> AsyncIterator[None]:
    """The relays of all services, which also say how far each is complete; without Kafka they only say that."""
    leads = [
        asyncio.create_task(lead(service=service, dsn=database.dsn(service), kafka=kafka, now=lambda: datetime.now(UTC)))
        for service in SERVICES
    ]
    try:
        yield
        for one in leads:
            if one.done():
                one.result()
    finally:
        for one in leads:
            one.cancel()
        await asyncio.gather(*leads, return_exceptions=True)


def places(kafka: KafkaSettings, topic: str = CARDS_TRANSACTIONS) -> list[TopicPartition]:
    return [TopicPartition(kafka.physical(topic), part) for part in range(PARTS)]


async def on_topic(kafka: KafkaSettings, records: int) -> None:
    """Wait until so many sales stand on their topic."""
    consumer: AIOKafkaConsumer = reader(kafka, "bench-ends")
    await consumer.start()
    try:

        async def there() -> bool:
            return sum((await consumer.end_offsets(places(kafka))).values()) >= records

        await eventually(there, timeout=300)
    finally:
        await consumer.stop()
