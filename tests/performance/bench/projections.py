"""Bars 6 and 7: the consumer of a read model with one row a customer, beside reading alone and beside the usual way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import asyncpg

from services.classification.read_models.customer_sales import CUSTOMER_SALES
from shared.event_store.events import Fact
from shared.feed.feed import Feed
from shared.feed.kafka import KafkaFeed
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import create_pool
from shared.process.running import tune_for_batches
from shared.projections import metrics
from shared.projections.ddl import table_name, totals_name
from shared.projections.runner import consume
from shared.testing.databases import Database
from shared.testing.following import GivenParts
from tests.performance.baselines.consuming import getmany_seconds
from tests.performance.baselines.orm_projection import orm_seconds
from tests.performance.bench.filling import append_all
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.ledger import on_topic, relaying
from tests.performance.bench.place import Place
from tests.performance.bench.sale_facts import sale_facts

SCHEMA, MODEL = "classification", CUSTOMER_SALES


async def measure(place: Place, size: Size) -> list[Measured]:
    facts = sale_facts(size.of(100_000, 2_000))
    customers = sorted({fact.customer_id for fact in facts})
    naive = size.of(2_000, 100)
    tune_for_batches()
    async with place.database() as database, place.topics() as kafka:
        await fill(database, kafka, facts)

        async def ours() -> float:
            return len(facts) / await projection_seconds(database, lambda: KafkaFeed(kafka, "bench"), len(facts))

        async def reading() -> float:
            return len(facts) / await getmany_seconds(kafka, len(facts))

        async def usual() -> float:
            return naive / await orm_seconds(database.dsn("postgres"), kafka, customers, naive)

        found = await in_turns(
            [Case("projection", ours), Case("getmany and orjson", reading), Case("FastStream and ORM", usual)], size.rounds
        )
    return [
        Measured("6", found["projection"], found["getmany and orjson"]),
        Measured("7", found["projection"], found["FastStream and ORM"]),
    ]


async def fill(database: Database, kafka: KafkaSettings, facts: list[Fact]) -> None:
    """Sales in the store and on their topic."""
    pool = await create_pool(database.dsn("cards"), name="bench fill", statement_timeout_ms=60_000)
    try:
        await append_all(pool, facts)
    finally:
        pool.terminate()
    async with relaying(database, kafka):
        await on_topic(kafka, len(facts))


async def projection_seconds(database: Database, feed: Callable[[], Feed], records: int) -> float:
    """Seconds in which the consumer, begun on nothing, has folded and committed so many records."""
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        await admin.execute(f"TRUNCATE {table_name(SCHEMA, MODEL.name, 'a')}, {totals_name(SCHEMA, MODEL.name, 'a')}")
        await admin.execute(f"DELETE FROM {SCHEMA}.positions WHERE read_model = $1", MODEL.name)
        await admin.execute("CHECKPOINT")
    finally:
        await admin.close()
    folded = metrics.FOLDED.labels(SCHEMA, MODEL.name)
    pool = await create_pool(database.dsn(SCHEMA), name="bench projection", statement_timeout_ms=10_000)
    wanted = folded._value.get() + records
    began = time.perf_counter()
    # Counted after the commit.
    task = asyncio.create_task(consume(pool=pool, schema=SCHEMA, feed=feed(), membership=GivenParts(), models=[MODEL]))
    try:
        while folded._value.get() < wanted:
            await asyncio.sleep(0.01)
            if task.done():
                task.result()
        return time.perf_counter() - began
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        pool.terminate()
