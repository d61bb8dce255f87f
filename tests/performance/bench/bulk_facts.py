"""Bar 1: `append_facts`, 10,000 a call, beside COPY of the same rows."""

from __future__ import annotations

import time

import asyncpg

from shared.postgres.pool import create_pool
from tests.performance.baselines.event_rows import copy_seconds, rows_of
from tests.performance.bench.filling import append_all
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.place import Place
from tests.performance.bench.sale_facts import sale_facts


async def measure(place: Place, size: Size) -> list[Measured]:
    facts = sale_facts(size.of(100_000, 2_000))
    rows = rows_of(facts)
    async with place.database() as database:
        admin = await asyncpg.connect(database.dsn("postgres"))
        pool = await create_pool(database.dsn("cards"), name="bulk", statement_timeout_ms=60_000)

        async def ours() -> float:
            await admin.execute("TRUNCATE cards.events")
            await admin.execute("CHECKPOINT")
            began = time.perf_counter()
            await append_all(pool, facts)
            return len(facts) / (time.perf_counter() - began)

        async def copying() -> float:
            return len(rows) / await copy_seconds(admin, rows)

        try:
            found = await in_turns([Case("append_facts", ours), Case("COPY", copying)], size.rounds)
        finally:
            pool.terminate()
            await admin.close()
    return [Measured("1", found["append_facts"], found["COPY"])]
