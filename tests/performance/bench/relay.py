"""Bar 5: rows of the store acknowledged on Kafka with all their headers, beside `send_batch` of ready values.

These are 400 bytes under keys of 8, as where the baselines are measured among themselves; a record of the relay has about 800. The
process is tuned as `work` is, where the relay runs.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg

from shared.contracts.cursor import PARTS, Cursor
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.kafka.producer import batch_producer
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool, create_pool
from shared.process.running import tune_for_batches
from shared.relay.relay import Sender, relay
from shared.relay.state import Lead, take_epoch
from shared.relay.watermark import head
from tests.performance.baselines.producing import KEY_BYTES, VALUE_BYTES, batches_seconds
from tests.performance.bench.filling import append_all
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.place import Place
from tests.performance.bench.processes import tree_bytes
from tests.performance.bench.sale_facts import sale_facts

_BEGINNING = Cursor(0, 0, 0)
_LOOK_SECONDS = 0.002


async def measure(place: Place, size: Size) -> list[Measured]:
    facts = sale_facts(size.of(100_000, 2_000))
    values = [(str(fact.customer_id).encode()[:KEY_BYTES], fact.body.ljust(VALUE_BYTES)) for fact in facts]
    tune_for_batches()
    async with place.database() as database, place.topics() as kafka:
        pool = await create_pool(database.dsn("cards"), name="relay", statement_timeout_ms=60_000)
        try:
            await append_all(pool, facts)

            async def ours() -> float:
                return len(facts) / await relayed_seconds(pool, kafka)

            async def batches() -> float:
                return len(values) / await batches_seconds(kafka, kafka.physical(CARDS_TRANSACTIONS), PARTS, values)

            found = await in_turns([Case("relay", ours), Case("send_batch", batches)], size.rounds)
            also = await sizes(place, database.dsn("postgres"), pool, len(facts))
        finally:
            pool.terminate()
    return [Measured("5", found["relay"], found["send_batch"], also)]


async def relayed_seconds(pool: Pool, kafka: KafkaSettings) -> float:
    """Seconds until a relay that begins at the beginning has saved the place of the last row."""
    async with pool.acquire() as connection, pool.acquire() as reading:
        end = (await head(reading, "cards"))[2]
        lead = replace(await take_epoch(connection, "cards"), cursor=_BEGINNING, marks={})
        producer = batch_producer(kafka, "bench")
        await producer.start()
        try:
            began = time.perf_counter()
            task = asyncio.create_task(
                relay(connection, reading, Sender(producer, kafka, "cards"), lead, lambda: datetime.now(UTC))
            )
            try:
                await _reached(lead, end, task)
                return time.perf_counter() - began
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        finally:
            await producer.stop()


async def _reached(lead: Lead, end: Cursor, task: asyncio.Task[None]) -> None:
    while lead.cursor < end:
        if task.done():
            task.result()
        await asyncio.sleep(_LOOK_SECONDS)


async def sizes(place: Place, dsn: str, pool: Pool, events: int) -> dict[str, float]:
    """Bytes that an event takes in the store, with its indexes, and on its topic, compressed as the relay sends it."""
    admin = await asyncpg.connect(dsn)
    try:
        stored = await admin.fetchval("SELECT pg_total_relation_size('cards.events')")
    finally:
        await admin.close()
    async with place.topics() as fresh:
        await relayed_seconds(pool, fresh)
        sent = sum(tree_bytes(folder) for folder in place.kafka_data.glob(f"{fresh.physical(CARDS_TRANSACTIONS)}-*"))
    return {"bytes_per_event_in_store": round(stored / events, 1), "bytes_per_event_on_topic": round(sent / events, 1)}
