"""Watermarks: nothing recorded before T ever appears above the cursor that T was published with."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import TopicPartition

from shared.contracts.cursor import Cursor, TopicPart, parse_cursor
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.event_store.append import append_facts
from shared.event_store.events import Fact
from shared.kafka.consumer import reader
from shared.kafka.settings import KafkaSettings
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.relay.trade import WATERMARKS, a_sale, customers, leading, stored


@pytest.mark.parametrize("with_kafka", [True, False])
async def test_no_event_recorded_before_a_watermark_appears_above_its_cursor(
    database: Database, pool_of: Any, kafka: KafkaSettings, with_kafka: bool
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(50)
    published: dict[datetime, Cursor] = {}

    async def watch() -> None:
        while True:
            row = await pool.fetchrow("SELECT t, gen, xid, pos FROM cards.published_watermark")
            if row is not None:
                published.setdefault(row["t"], Cursor(row["gen"], row["xid"], row["pos"]))
            await asyncio.sleep(0.01)

    async with leading(database.dsn("cards"), kafka if with_kafka else None) as relay:
        watching = asyncio.ensure_future(watch())
        await asyncio.gather(*(_writer(pool, who, seed) for seed in range(8)))
        last = (await pool.fetchrow("SELECT max(recorded_at) AS at FROM cards.events"))["at"]
        await eventually(lambda: _after(published, last), timeout=10)
        watching.cancel()
        assert not relay.done()
    assert len(published) > 10, "ticks flow while events flow"
    for t, cursor in published.items():
        assert not await pool.fetchval(
            "SELECT count(*) FROM cards.events WHERE recorded_at < $1 AND (gen, xid, pos) > ($2::smallint, $3::xid8, $4::bigint)",
            t,
            *cursor,
        )
    if with_kafka:
        await _check_topic(pool, kafka)


async def test_a_transaction_that_stays_open_holds_the_watermark_back(database: Database, pool_of: Any) -> None:
    pool = await pool_of(database, "cards")
    held, beside = await _with_locks_of_their_own(pool)
    async with leading(database.dsn("cards"), None):
        async with pool.acquire() as connection, connection.transaction():
            await append_facts(connection, "cards", [held])
            recorded = await connection.fetchval("SELECT recorded_at FROM cards.events")
            async with pool.acquire() as other, other.transaction():
                await append_facts(other, "cards", [beside])
            ticked = await pool.fetchval("SELECT last_tick FROM cards.store")
            await eventually(lambda: _ticked(pool, ticked + timedelta(seconds=1)))
            t = await pool.fetchval("SELECT t FROM cards.published_watermark")
            assert t is None or t <= recorded
        await eventually(lambda: _watermark_above(pool, recorded))
    assert len(await stored(pool)) == 2


async def test_an_idle_store_has_watermarks_too_and_an_empty_one(database: Database, pool_of: Any, kafka: KafkaSettings) -> None:
    pool = await pool_of(database, "cards")
    for settings in (None, kafka):
        async with leading(database.dsn("cards"), settings):
            ticked = await pool.fetchval("SELECT last_tick FROM cards.store")
            await eventually(lambda since=ticked: _watermark_above(pool, since + timedelta(seconds=1)))
    row = await pool.fetchrow("SELECT gen, xid, pos FROM cards.published_watermark")
    assert tuple(row) == (0, 0, 0)
    reader_pool = await pool_of(database, "alerts")
    assert await reader_pool.fetchval("SELECT count(*) FROM cards.published_watermark") == 1


async def _with_locks_of_their_own(pool: Any) -> tuple[Fact, Fact]:
    # Facts share 64 locks and ledgers 1,024: of two sales at random, one in about sixty pairs would wait for the other's commit.
    first = a_sale(uuid4())
    while True:
        second = a_sale(uuid4())
        if not await pool.fetchval(
            "SELECT hashtext($1) & 63 = hashtext($2) & 63 OR hashtext($3) & 1023 = hashtext($4) & 1023",
            *(f"{one.source}/{one.source_event_id}" for one in (first, second)),
            *(one.stream for one in (first, second)),
        ):
            return first, second


async def _after(published: dict[datetime, Cursor], at: datetime) -> bool:
    return any(t > at for t in published)


async def _ticked(pool: Any, at: datetime) -> bool:
    return bool(await pool.fetchval("SELECT last_tick > $1 FROM cards.store", at))


async def _watermark_above(pool: Any, at: datetime) -> bool:
    return bool(await pool.fetchval("SELECT t > $1 FROM cards.published_watermark", at))


async def _writer(pool: Any, who: list[UUID], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await append_facts(connection, "cards", [a_sale(chance.choice(who)) for _ in range(chance.randint(1, 4))])
            await asyncio.sleep(chance.random() * 0.05)
            if chance.random() < 0.1:
                await transaction.rollback()
            else:
                await transaction.commit()


async def _check_topic(pool: Any, kafka: KafkaSettings) -> None:
    at = TopicPartition(kafka.physical(WATERMARKS), 0)
    consumer = reader(kafka, "test")
    await consumer.start()
    consumer.assign([at])
    consumer.seek(at, 0)
    end = (await consumer.end_offsets([at]))[at]
    found = []
    while await consumer.position(at) < end:
        for messages in (await consumer.getmany(timeout_ms=200)).values():
            found += messages
    await consumer.stop()
    assert len(found) > 10
    for message in found[:: len(found) // 10]:
        assert message.key == b"cards"
        value: dict[str, Any] = json.loads(message.value)
        t = datetime.fromisoformat(value["t"])
        for part in range(12):
            place = TopicPart(CARDS_TRANSACTIONS, part)
            cursor, end_offset = value["topics"].get(place.topic, {}).get(str(part), ["0.0.0", 0])
            above = await pool.fetchval(
                "SELECT count(*) FROM cards.events WHERE part = $5 AND recorded_at < $1 AND (gen, xid, pos) > ($2::smallint, $3::xid8, $4::bigint)",
                t,
                *parse_cursor(cursor),
                part,
            )
            below = await pool.fetchval(
                "SELECT count(*) FROM cards.events WHERE part = $4 AND (gen, xid, pos) <= ($1::smallint, $2::xid8, $3::bigint)",
                *parse_cursor(cursor),
                part,
            )
            assert (above, below) == (0, end_offset)
