"""Events from an insert to a row in another table, in one process: insert, tail of the table, Kafka, upsert with the offset."""

from __future__ import annotations

import asyncio
import random
import time

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.kafka.settings import KafkaSettings

_TABLES = """
DROP TABLE IF EXISTS bench_log, bench_rows, bench_offsets;
CREATE TABLE bench_log (
    pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), customer int NOT NULL, body bytea NOT NULL);
CREATE INDEX ON bench_log (xid, pos);
CREATE TABLE bench_rows (customer int PRIMARY KEY, sales int NOT NULL);
CREATE TABLE bench_offsets (part int PRIMARY KEY, next bigint NOT NULL)"""
_INSERT = "INSERT INTO bench_log (customer, body) VALUES ($1, $2) RETURNING pos"
_TAIL = """SELECT xid, pos, customer, body FROM bench_log
 WHERE (xid, pos) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, pos LIMIT 1000"""
_UPSERT = """INSERT INTO bench_rows AS r SELECT c, count(*) FROM unnest($1::int[]) AS u(c) GROUP BY c
ON CONFLICT (customer) DO UPDATE SET sales = r.sales + excluded.sales"""
_OFFSETS = """INSERT INTO bench_offsets SELECT * FROM unnest($1::int[], $2::bigint[])
ON CONFLICT (part) DO UPDATE SET next = excluded.next"""
_POLL_SECONDS = 0.005
PARTS = 6


async def pipeline_milliseconds(dsn: str, kafka: KafkaSettings, topic: str, per_second: int, seconds: float) -> list[float]:
    """From the moment at which each event was due to be inserted until its row was committed. The first second is left out."""
    pool = await asyncpg.create_pool(dsn, min_size=10, max_size=14)
    await pool.execute(_TABLES)
    await _make_topic(kafka, topic)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=True, linger_ms=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await producer.start()
    await consumer.start()
    consumer.assign([TopicPartition(topic, part) for part in range(PARTS)])
    count = round(per_second * seconds)
    due: dict[int, float] = {}
    done: dict[int, float] = {}

    async def insert(n: int, at: float, body: bytes) -> None:
        await asyncio.sleep(at - time.perf_counter())
        due[await pool.fetchval(_INSERT, n % 1000, body)] = at

    async def tail() -> None:
        xid, pos = 0, 0
        while True:
            rows = await pool.fetch(_TAIL, xid, pos)
            batches = {part: producer.create_batch() for part in {row["customer"] % PARTS for row in rows}}
            for row in rows:
                batches[row["customer"] % PARTS].append(
                    key=b"%d" % row["customer"], value=b"%d " % row["pos"] + row["body"], timestamp=None
                )
            for ack in [await producer.send_batch(batch, topic, partition=part) for part, batch in batches.items()]:
                await ack
            if rows:
                xid, pos = rows[-1]["xid"], rows[-1]["pos"]
            await asyncio.sleep(_POLL_SECONDS)

    async def consume() -> None:
        while len(done) < count:
            found = await consumer.getmany(timeout_ms=500)
            messages = [message for several in found.values() for message in several]
            if not messages:
                continue
            async with pool.acquire() as c, c.transaction():
                await c.execute(_UPSERT, [int(message.key) for message in messages])
                await c.execute(_OFFSETS, [tp.partition for tp in found], [its[-1].offset + 1 for its in found.values()])
            now = time.perf_counter()
            done.update((int(message.value.split(b" ", 1)[0]), now) for message in messages)

    body = random.Random(1).randbytes(150).hex().encode()
    tailing = asyncio.create_task(tail())
    try:
        began = time.perf_counter() + 0.2
        async with asyncio.timeout(seconds + 60), asyncio.TaskGroup() as tasks:
            tasks.create_task(consume())
            for n in range(count):
                tasks.create_task(insert(n, began + n / per_second, body))
    finally:
        tailing.cancel()
        await asyncio.gather(tailing, return_exceptions=True)
        await consumer.stop()
        await producer.stop()
        pool.terminate()
    return [(done[pos] - at) * 1000 for pos, at in due.items() if at >= began + 1]


async def _make_topic(kafka: KafkaSettings, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTS, 1)])
    finally:
        await admin.close()
