"""Bar 9: the engine of warnings over the same topic as bar 6, every sale judged by every rule, beside that projection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg

from services.alerts.engine import metrics
from services.alerts.engine.run import watch
from services.alerts.read_models.watched_customers import NAME
from shared.contracts.alerts import WentLive
from shared.contracts.topics import SERVICES
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.feed import Feed
from shared.feed.kafka import KafkaFeed
from shared.postgres.pool import Pool, create_pool
from shared.process.running import tune_for_batches
from shared.testing.databases import Database
from shared.testing.following import GivenParts
from tests.performance.bench.filling import append_all
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.ledger import on_topic, relaying
from tests.performance.bench.place import Place
from tests.performance.bench.projections import projection_seconds
from tests.performance.bench.sale_facts import sale_facts

ZONE = ZoneInfo("Asia/Shanghai")


async def measure(place: Place, size: Size) -> list[Measured]:
    facts = sale_facts(size.of(100_000, 2_000))
    tune_for_batches()
    async with place.database() as database, place.topics() as kafka:
        pools = {
            service: await create_pool(database.dsn(service), name="bench alerts", statement_timeout_ms=60_000)
            for service in SERVICES
        }
        try:
            # Live before the sales: so each of them is judged, and timers are set.
            await go_live(pools["alerts"])
            await append_all(pools["cards"], facts)
            async with relaying(database, kafka):
                await on_topic(kafka, len(facts))

                async def judging() -> float:
                    return len(facts) / await engine_seconds(
                        database, pools, lambda: KafkaFeed(kafka, "bench-engine"), len(facts)
                    )

                async def projecting() -> float:
                    return len(facts) / await projection_seconds(database, lambda: KafkaFeed(kafka, "bench"), len(facts))

                found = await in_turns([Case("engine", judging), Case("projection", projecting)], size.rounds)
        finally:
            for pool in pools.values():
                pool.terminate()
    return [Measured("9", found["engine"], found["projection"])]


async def go_live(alerts: Pool) -> None:
    now = datetime.now(UTC)
    event = NewEvent(uuid4(), WentLive(live_on=now.astimezone(ZONE).date()), now)
    async with alerts.acquire() as c, c.transaction():
        await append_many(c, "alerts", [Append("go-live", "any", None, 0, [event])])


async def engine_seconds(
    database: Database, pools: Mapping[str, Pool], feed: Callable[[], Feed], records: int, *, anew: bool = True
) -> float:
    """Seconds in which the engine has judged and committed so many sales: begun on nothing, or going on where it was."""
    if anew:
        await _forget(database)
    wanted = metrics.TAKEN._value.get() + records
    began = time.perf_counter()
    task = asyncio.create_task(watch(pool=pools["alerts"], feed=feed(), membership=GivenParts(), zone=ZONE, stores=pools))
    try:
        # Counted after the commit.
        while metrics.TAKEN._value.get() < wanted:
            await asyncio.sleep(0.01)
            if task.done():
                task.result()
        return time.perf_counter() - began
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forget(database: Database) -> None:
    """As if no engine had ever worked here: what it said is gone too."""
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        await admin.execute("TRUNCATE alerts.watched_customers_a, alerts.watched_customers_b")
        await admin.execute("DELETE FROM alerts.positions WHERE read_model = $1", NAME)
        await admin.execute("DELETE FROM alerts.events WHERE customer_id IS NOT NULL")
        await admin.execute("CHECKPOINT")
    finally:
        await admin.close()
