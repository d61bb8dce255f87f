"""The launcher, and what the relay does while its broker is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.kafka import Broker, start
from shared.contracts.cursor import PARTS, START
from shared.event_store.tail import tail
from shared.kafka.admin import TopicRefused, create_topics
from shared.kafka.producer import abandon, batch_producer
from shared.kafka.settings import KafkaSettings
from shared.relay.records import pack
from shared.relay.relay import Sender, send
from shared.testing.databases import Database
from tests.integration.relay.trade import complete, customers, leading, sales, saved


@pytest.fixture
def own_broker(tmp_path: Any) -> Iterator[Broker]:
    """A broker that a test may kill."""
    broker = start(tmp_path / "kafka", heap_mb=384, dies_with_us=True)
    yield broker
    broker.stop()


async def test_a_killed_broker_comes_back_with_its_data_on_its_ports_and_the_relay_goes_on(
    own_broker: Broker, database: Database, pool_of: Any
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(20)
    kafka = KafkaSettings(own_broker.bootstrap)
    await create_topics(kafka, PARTS)
    async with leading(database.dsn("cards"), kafka) as relay:
        await sales(pool, who, each=2)
        await saved(pool)
        own_broker.kill()
        assert not own_broker.running()
        await sales(pool, who, each=2)
        again = await asyncio.to_thread(start, own_broker.folder, heap_mb=384)
        try:
            assert again.bootstrap == own_broker.bootstrap
            await complete(pool, kafka)
            assert not relay.done(), "a broker that comes back in time is waited for"
        finally:
            await asyncio.to_thread(again.stop)
    assert not again.running()


async def test_an_unacknowledged_send_ends_at_its_deadline_and_the_producer_can_be_left(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(5))
    async with pool.acquire() as connection:
        rows = await tail(connection, "cards", START)
    producer = batch_producer(kafka, "stuck")
    await producer.start()
    outgoing = pack(rows, {}, 1, kafka.max_batch_size)
    # A sender that has ended acknowledges nothing, as one whose broker is gone for good.
    producer._sender.sender_task.cancel()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await send(Sender(producer, kafka, "cards"), outgoing, deadline=0.5)
    await abandon(producer)
    assert time.monotonic() - began < 8


async def test_topics_are_made_once_and_never_with_another_number_of_parts(kafka: KafkaSettings) -> None:
    await create_topics(kafka, PARTS)
    with pytest.raises(TopicRefused, match="12 partitions, 6 are wanted"):
        await create_topics(kafka, 6)
