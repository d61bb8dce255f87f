"""`make replays DELAY=60 RUNS=1`: one story of trade, judged by engines over both feeds, on real servers, and computed from its log.

Batches of one and of thousands, engines that are stopped again and again, relays that stand still for up to DELAY seconds, so that
topics and watermarks come late against each other; then every way of reading in memory, with one part and with twelve. Every alert
has to have the same id, day and figures as in the first run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import uvloop

from deploy.local.kafka import start
from deploy.replay.installation import Log
from deploy.replay.ways import WAYS, digest, said_by
from services.alerts.engine import part
from shared.contracts.cursor import PARTS
from shared.feed.feed import Feed
from shared.feed.kafka import KafkaFeed
from shared.feed.store import StoreFeed
from shared.kafka.admin import create_topics
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool, create_pool
from shared.testing.databases import Database, create_test_database, running_cluster
from tests.chaos.results import record
from tests.integration.alerts.test_replay import SERVICES, ZONE, a_story, forget, judged, relays, until

BATCHES = (1, 5000)


async def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make replays", description=__doc__)
    parser.add_argument("--delay", type=float, default=60.0, help="seconds")
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args(arguments)
    began, tried, found = time.monotonic(), 0, []
    with tempfile.TemporaryDirectory(prefix="regulars-replays-") as folder:
        broker = await asyncio.to_thread(start, Path(folder), dies_with_us=True)
        try:
            async with running_cluster() as cluster:
                for run in range(chosen.runs):
                    n, different = await _one(await create_test_database(cluster), broker.bootstrap, chosen.delay)
                    tried, found = tried + n, [*found, *(f"run {run}: {line}" for line in different)]
        finally:
            broker.stop()
    seconds = round(time.monotonic() - began)
    record("replay = live", 1, tried, found, delay_seconds=chosen.delay, stories=chosen.runs, seconds=seconds)
    print(f"{tried} ways of {chosen.runs} stories, {len(found)} different: {found}")
    return 1 if found else 0


async def _one(database: Database, bootstrap: str, delay: float) -> tuple[int, list[str]]:
    async with AsyncExitStack() as stack:
        pools: dict[str, Pool] = {}
        for service in SERVICES:
            pools[service] = await create_pool(database.dsn(service), max_size=20, name="replays")
            stack.callback(pools[service].terminate)
        async with relays(database):
            await a_story(pools)
            first = await judged(pools, lambda: StoreFeed(pools))
        live, through = digest(first.said), first.through
        print(f"live: {len(first.said)} events of alerts, {live[:16]}", flush=True)
        tried, found = 0, []

        def compared(name: str, said: str) -> None:
            nonlocal tried
            tried += 1
            print(f"{name}: {'equal' if said == live else 'DIFFERENT'}", flush=True)
            if said != live:
                found.append(name)

        for batch in BATCHES:
            for late in (0.0, delay):
                for kafka in (None, KafkaSettings(bootstrap, prefix=f"r{uuid4().hex[:8]}.")):
                    await forget(database)
                    name = f"{'stores' if kafka is None else 'Kafka'}, batches of {batch}, up to {late:g} s late, restarts"
                    compared(name, until(await _again(database, pools, kafka, batch, late), through))
        for way in WAYS:
            compared(str(way), digest(await asyncio.to_thread(said_by, first.items, way, through, ZONE)))
    return tried, found


async def _again(database: Database, pools: dict[str, Pool], kafka: KafkaSettings | None, batch: int, late: float) -> Log:
    def feed() -> Feed:
        return StoreFeed(pools) if kafka is None else KafkaFeed(kafka, f"replay-{uuid4()}")

    if kafka is not None:
        await _relays_begin_anew(database)
        await create_topics(kafka, PARTS)
    part.MAX_ITEMS = batch
    async with relays(database, kafka, late):
        return await judged(pools, feed, restart_after=2.0 + late / 4, patience=120 + 5 * late)


async def _relays_begin_anew(database: Database) -> None:
    """As if nothing had ever been sent: the topics are new ones."""
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        for service in SERVICES:
            await admin.execute(f"UPDATE {service}.relay SET gen = 0, xid = '0', pos = 0; DELETE FROM {service}.relay_mark")
    finally:
        await admin.close()


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1:])))
