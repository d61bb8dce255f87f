"""The relay against a real store and a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.contracts.cursor import PARTS, TopicPart, part_of
from shared.contracts.topics import CARDS_CONTROL, CARDS_TRANSACTIONS
from shared.event_store.events import StoredRow
from shared.event_store.tail import tail
from shared.kafka.producer import abandon, batch_producer
from shared.kafka.settings import KafkaSettings
from shared.relay.records import Outgoing, pack
from shared.relay.relay import Sender, relay_batch, send
from shared.relay.state import EpochLost, Lead, take_epoch
from shared.testing.databases import Database
from tests.integration.relay.trade import a_source_opens, complete, customers, deduped, leading, sales, saved, stored


async def test_everything_appended_arrives_once_in_order_with_continuous_links(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(40)
    async with leading(database.dsn("cards"), kafka):
        for _ in range(10):
            await sales(pool, who, each=2)
            await a_source_opens(pool)
        raw = await complete(pool, kafka)
    for at, records in raw.items():
        assert deduped(records) == records, "an undisturbed relay sends nothing twice"
        assert at.topic in (CARDS_TRANSACTIONS, CARDS_CONTROL) or not records
        for record in records:
            assert record.customer_id is None or part_of(str(record.customer_id), PARTS) == at.part
    assert len(raw[CARDS_CONTROL, 0]) == 10
    streams: dict[str, list[int]] = {}
    for records in raw.values():
        for record in records:
            streams.setdefault(record.stream, []).append(record.version)
    assert all(versions == list(range(1, len(versions) + 1)) for versions in streams.values())


async def test_sent_and_acknowledged_but_not_saved_is_skipped_by_the_next_leader(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(30), each=3)
    await _sent_but_not_saved(pool, kafka, rows=50)
    async with leading(database.dsn("cards"), kafka):
        raw = await complete(pool, kafka)
        await saved(pool)
    assert sum(map(len, raw.values())) == 90, "what was there already was not sent again"


async def test_a_batch_cut_in_the_middle_is_completed_part_by_part(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    await sales(pool, customers(30), each=3)
    await _sent_but_not_saved(pool, kafka, rows=90, parts={0, 3, 7})
    async with leading(database.dsn("cards"), kafka):
        raw = await complete(pool, kafka)
    assert sum(map(len, raw.values())) == 90


async def test_two_relays_at_once_leave_a_stream_that_consumers_can_dedupe(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(30)
    dsn = database.dsn("cards")
    await sales(pool, who, each=10)
    async with leading(dsn, kafka, locked=False) as first:
        await sales(pool, who)
        async with leading(dsn, kafka, locked=False) as second:
            for _ in range(5):
                await sales(pool, who, each=3)
            await complete(pool, kafka)
            # The older term may be between two looks at the store when the newer one has sent everything; it ends at its first save.
            with pytest.raises(EpochLost):
                await asyncio.wait_for(asyncio.shield(first), 10)
            assert not second.done()


async def test_a_relay_of_an_older_term_that_sends_late_does_no_harm(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(30)
    await sales(pool, who, each=3)
    zombie = batch_producer(kafka, "zombie")
    await zombie.start()
    async with pool.acquire() as connection:
        old = await take_epoch(connection, "cards")
        async with leading(database.dsn("cards"), kafka):
            await complete(pool, kafka)
            await saved(pool)
            rows = await tail(connection, "cards", old.cursor, 60)
            with pytest.raises(EpochLost):
                await relay_batch(connection, Sender(zombie, kafka, "cards"), old, rows, _packed(rows, old, kafka))
            await abandon(zombie)
            await sales(pool, who)
            raw = await complete(pool, kafka)
        assert sum(map(len, raw.values())) == 90 + 60 + 30
    async with leading(database.dsn("cards"), kafka):
        await sales(pool, who)
        await complete(pool, kafka)


async def test_it_goes_on_where_it_stood(database: Database, pool_of: Any, kafka: KafkaSettings) -> None:
    pool = await pool_of(database, "cards")
    who = customers(20)
    for _ in range(3):
        await sales(pool, who)
        async with leading(database.dsn("cards"), kafka):
            await saved(pool)
    raw = await complete(pool, kafka)
    assert sum(map(len, raw.values())) == len(await stored(pool))


def _packed(rows: Sequence[StoredRow], lead: Lead, kafka: KafkaSettings) -> dict[TopicPart, Outgoing]:
    return pack(rows, {at: mark.cursor for at, mark in lead.marks.items()}, lead.epoch, kafka.max_batch_size)


async def _sent_but_not_saved(pool: Any, kafka: KafkaSettings, rows: int, parts: set[int] | None = None) -> None:
    producer = batch_producer(kafka, "dying")
    await producer.start()
    async with pool.acquire() as connection:
        lead = await take_epoch(connection, "cards")
        outgoing = _packed(await tail(connection, "cards", lead.cursor, rows), lead, kafka)
        await send(
            Sender(producer, kafka, "cards"), {at: out for at, out in outgoing.items() if parts is None or at.part in parts}
        )
    await abandon(producer)
