"""What a new leader does with topics that do not fit what was saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete

from shared.contracts.cursor import PARTS, START
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.event_store.tail import tail
from shared.kafka.admin import create_topics, delete_topics, partition_counts
from shared.kafka.producer import abandon, batch_producer
from shared.kafka.settings import KafkaSettings
from shared.relay.leader import term
from shared.relay.records import pack
from shared.relay.recovery import RelayRefused
from shared.relay.relay import Sender, send
from shared.testing.databases import Database, create_test_database, drop_test_database
from shared.testing.eventually import eventually
from tests.integration.relay.trade import complete, customers, deduped, leading, now, on_topics, sales, saved


@pytest.mark.parametrize("kept", [0, 40])
async def test_what_kafka_has_lost_is_sent_again(database: Database, pool_of: Any, kafka: KafkaSettings, kept: int) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(30), each=3)
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    # The same topics after a loss of power: only the oldest records are left, while the marks say that all were acknowledged.
    cut = replace(kafka, prefix=kafka.prefix + "cut.")
    await create_topics(cut, PARTS)
    if kept:
        await _send_first(pool, cut, kept)
    async with leading(database.dsn("cards"), cut):
        raw = await complete(pool, cut)
        await saved(pool)
        assert sum(map(len, raw.values())) == 90, "what was left was not sent again"
    async with leading(database.dsn("cards"), cut):
        await sales(pool, customers(5))
        await complete(pool, cut)
    await delete_topics(cut)


async def test_what_a_dead_relay_had_sent_and_not_saved_is_missed_when_kafka_loses_it_later(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(30), each=3)
    # Everything lies there and nothing is saved; the next leader skips it all and saves only that it has got past it.
    await _send_first(pool, kafka, 90)
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    cut = replace(kafka, prefix=kafka.prefix + "cut.")
    await create_topics(cut, PARTS)
    await _send_first(pool, cut, 40)
    async with leading(database.dsn("cards"), cut):
        raw = await complete(pool, cut)
    assert sum(map(len, raw.values())) == 90
    await delete_topics(cut)


async def test_a_rewind_that_dies_half_way_is_taken_up_again(database: Database, pool_of: Any, kafka: KafkaSettings) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(30), each=3)
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    cut = replace(kafka, prefix=kafka.prefix + "cut.")
    await create_topics(cut, PARTS)
    # Sent again with twice as many records as there were before: the log's length tells nothing, its last cursors do.
    await _send_first(pool, cut, 30)
    await _send_first(pool, cut, 40)
    await _send_first(pool, cut, 50)
    async with leading(database.dsn("cards"), cut):
        raw = await complete(pool, cut)
    assert sum(map(len, raw.values())) == 30 + 40 + 90
    await delete_topics(cut)


async def test_records_that_were_merely_kept_long_enough_are_no_loss(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(30)
    await sales(pool, who, each=2)
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    await _expire(kafka)
    async with leading(database.dsn("cards"), kafka):
        await sales(pool, who)
        await saved(pool)
    raw = await on_topics(kafka)
    assert sum(map(len, raw.values())) == 30
    assert all(records[0].prev is not None for records in raw.values() if records), "the links reach back to what has expired"


async def test_a_store_that_is_older_than_its_topics_is_refused(database: Database, pool_of: Any, kafka: KafkaSettings) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(10))
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    restored = await create_test_database(database.cluster)
    with pytest.raises(RelayRefused, match="older than its topics"):
        await term(service="cards", dsn=restored.dsn("cards"), kafka=kafka, now=now)
    await drop_test_database(restored)
    before = await on_topics(kafka)
    assert all(deduped(records) == records for records in before.values()), "nothing was sent"


async def test_a_topic_with_another_number_of_partitions_is_refused(database: Database, kafka: KafkaSettings) -> None:
    admin = AIOKafkaAdminClient(**kafka.connection())
    await admin.start()
    await admin.create_partitions({kafka.physical(CARDS_TRANSACTIONS): NewPartitions(PARTS + 1)})
    await admin.close()

    async def seen() -> bool:
        return (await partition_counts(kafka, [CARDS_TRANSACTIONS]))[CARDS_TRANSACTIONS] == PARTS + 1

    await eventually(seen)
    with pytest.raises(RelayRefused, match="13 partitions, 12 are needed"):
        await term(service="cards", dsn=database.dsn("cards"), kafka=kafka, now=now)


async def test_missing_topics_are_refused(database: Database, kafka: KafkaSettings) -> None:
    with pytest.raises(RelayRefused, match="0 partitions"):
        await term(service="cards", dsn=database.dsn("cards"), kafka=replace(kafka, prefix="nowhere."), now=now)


async def test_foreign_and_malformed_records_at_the_end_are_passed_over(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(10)
    await sales(pool, who, each=2)
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
        good = await complete(pool, kafka)
    producer = batch_producer(kafka, "stranger")
    await producer.start()
    for part in range(PARTS):
        for _ in range(100):
            await producer.send(kafka.physical(CARDS_TRANSACTIONS), b"{", partition=part, headers=[("cursor", b"nonsense")])
    await producer.stop()
    async with leading(database.dsn("cards"), kafka) as relay:
        await sales(pool, who)
        await saved(pool)
        assert not relay.done()
    assert sum(map(len, good.values())) == 20


async def _send_first(pool: Any, kafka: KafkaSettings, rows: int) -> None:
    producer = batch_producer(kafka, "before")
    await producer.start()
    async with pool.acquire() as connection:
        found = await tail(connection, "cards", START, rows)
    await send(Sender(producer, kafka, "cards"), pack(found, {}, 1, kafka.max_batch_size))
    await abandon(producer)


async def _expire(kafka: KafkaSettings) -> None:
    admin = AIOKafkaAdminClient(**kafka.connection())
    await admin.start()
    name = kafka.physical(CARDS_TRANSACTIONS)
    await admin.delete_records({TopicPartition(name, part): RecordsToDelete(before_offset=-1) for part in range(PARTS)})
    await admin.close()
