"""Bar 2: NDJSON of sales through `POST /v1/imports` until the last one is recorded, beside COPY of the same rows.

Every round has a database of its own, so that none meets what the one before has left; all customers are new. Cards runs as in
production, both processes, on Kafka; the other services do not run (`make benchimport` is with all of them). COPY has a database
of its own too, in which nothing else runs: beside read models that still follow the import it was a third slower than it can be.
"""

from __future__ import annotations

import itertools
from typing import Any

import asyncpg

from tests.performance.baselines.event_rows import Row, copy_seconds
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.place import Place
from tests.performance.bench.processes import cpu_seconds, resident_mb
from tests.performance.import_sales import imported, recorded_rows, sales


async def measure(place: Place, size: Size) -> list[Measured]:
    rows = size.of(100_000, 2_000)
    numbers = itertools.count()
    rows_of_copy: list[Row] = []
    seen: dict[str, Any] = {}

    async def ours() -> float:
        run = f"bench-{next(numbers)}"
        body = sales(rows, run)
        async with (
            place.database() as database,
            place.topics() as topics,
            place.processes(database, ["cards-api", "cards-work"], topics) as running,
        ):
            before = {name: cpu_seconds(pid) for name, pid in running.pids.items()}
            took = await imported(running.urls["cards"], running.key, run, body)
            seen["seconds_until_accepted"] = round(took["accepted"], 2)
            for name, pid in running.pids.items():
                seen[f"{name}_cpu_us_a_row"] = round((cpu_seconds(pid) - before[name]) / rows * 1e6, 1)
                seen[f"{name}_resident_mb_under_load"] = round(resident_mb(pid), 1)
            if not rows_of_copy:
                admin = await asyncpg.connect(database.dsn("postgres"))
                rows_of_copy.extend(await recorded_rows(admin, run))
                await admin.close()
        return rows / took["recorded"]

    async def copying() -> float:
        async with place.database() as database:
            admin = await asyncpg.connect(database.dsn("postgres"))
            try:
                return rows / await copy_seconds(admin, rows_of_copy)
            finally:
                await admin.close()

    found = await in_turns([Case("import", ours), Case("COPY", copying)], size.rounds)
    return [Measured("2", found["import"], found["COPY"], seen)]
