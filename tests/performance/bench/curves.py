"""How a rebuild grows with the number of events, and the engine's cost of a sale with the number of customers who do nothing.

    python -m tests.performance.bench.curves --events 100000,1000000 --customers 1000,100000

Processor time of this process a sale or event, in microseconds, and seconds by the clock; both should stay as they are from line to line.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import uvloop

from shared.contracts.topics import SERVICES
from shared.feed.store import StoreFeed
from shared.postgres.pool import create_pool
from shared.process.running import tune_for_batches
from tests.performance.bench.alerts_consumer import engine_seconds, go_live
from tests.performance.bench.filling import append_all
from tests.performance.bench.ledger import relaying
from tests.performance.bench.place import Place, own_place
from tests.performance.bench.rebuilds import STATEMENT_MS, rebuild_seconds
from tests.performance.bench.sale_facts import sale_facts

_SALES = 20_000
_ACTIVE = 1_000


async def rebuilding(place: Place, sizes: Sequence[int]) -> None:
    print(f"{'events':>12}{'seconds':>10}{'us of CPU an event':>22}")
    for events in sizes:
        async with place.database() as database:
            pool = await create_pool(database.dsn("cards"), name="bench curve", statement_timeout_ms=STATEMENT_MS)
            try:
                for first in range(0, events, 100_000):
                    await append_all(pool, sale_facts(min(100_000, events - first), seed=first + 1))
            finally:
                pool.terminate()
            async with relaying(database, None):
                cpu = time.process_time()
                seconds = await rebuild_seconds(database)
                cpu = time.process_time() - cpu
            print(f"{events:>12,}{seconds:>10.1f}{cpu / events * 1e6:>22.1f}", flush=True)


async def judging(place: Place, sizes: Sequence[int]) -> None:
    """So many watched customers who bought once, long ago, and a thousand who buy: what a sale of these costs the engine."""
    print(f"{'customers':>12}{'seconds':>10}{'us of CPU a sale':>22}")
    for customers in sizes:
        async with place.database() as database:
            pools = {
                service: await create_pool(database.dsn(service), name="bench curve", statement_timeout_ms=STATEMENT_MS)
                for service in SERVICES
            }
            try:
                await append_all(pools["cards"], sale_facts(customers * 2, customers=customers, seed=2))
                await go_live(pools["alerts"])
                async with relaying(database, None):
                    await engine_seconds(database, pools, partial(StoreFeed, pools), customers * 2)
                    await append_all(pools["cards"], sale_facts(_SALES, customers=_ACTIVE, seed=3))
                    cpu = time.process_time()
                    seconds = await engine_seconds(database, pools, partial(StoreFeed, pools), _SALES, anew=False)
                    cpu = time.process_time() - cpu
                print(f"{customers:>12,}{seconds:>10.1f}{cpu / _SALES * 1e6:>22.1f}", flush=True)
            finally:
                for pool in pools.values():
                    pool.terminate()


async def run(events: Sequence[int], customers: Sequence[int]) -> None:
    tune_for_batches()
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as made:
        async with own_place(Path(made)) as place:
            await rebuilding(place, events)
            await judging(place, customers)


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",") if one]


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=_numbers, default=[100_000, 1_000_000])
    arguments.add_argument("--customers", type=_numbers, default=[1_000, 100_000])
    chosen = arguments.parse_args()
    sys.exit(uvloop.run(run(chosen.events, chosen.customers)))
