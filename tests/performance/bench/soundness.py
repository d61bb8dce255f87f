"""Whether the baselines reach among themselves what they are known to reach on a sound machine; else the run says nothing."""

from __future__ import annotations

from typing import Any

import asyncpg

from shared.contracts.topics import CARDS_TRANSACTIONS
from tests.performance.baselines.event_rows import copy_seconds, rows_of, single_seconds
from tests.performance.baselines.producing import KEY_BYTES, VALUE_BYTES, batches_seconds, futures_seconds
from tests.performance.bench.harness import Case, Size, in_turns
from tests.performance.bench.place import Place
from tests.performance.bench.sale_facts import sale_facts

COPY_TIMES = 20.0
BATCH_TIMES = 2.5
_PARTS = 6


async def measure(place: Place, size: Size) -> tuple[list[str], dict[str, Any]]:
    """What is wrong, nothing when all is well; and the figures."""
    rows = rows_of(sale_facts(size.of(50_000, 1_000)))
    single = rows[: size.of(2_000, 100)]
    records = [(str(row[7]).encode()[:KEY_BYTES], str(row[14]).encode().ljust(VALUE_BYTES)) for row in rows]
    async with place.database() as database, place.topics(_PARTS) as kafka:
        admin = await asyncpg.connect(database.dsn("postgres"))
        topic = kafka.physical(CARDS_TRANSACTIONS)

        async def copying() -> float:
            return len(rows) / await copy_seconds(admin, rows)

        async def one_by_one() -> float:
            return len(single) / await single_seconds(admin, single)

        async def batches() -> float:
            return len(records) / await batches_seconds(kafka, topic, _PARTS, records)

        async def futures() -> float:
            return len(records) / await futures_seconds(kafka, topic, _PARTS, records)

        cases = [Case("COPY", copying), Case("single rows", one_by_one), Case("send_batch", batches), Case("send", futures)]
        try:
            found = await in_turns(cases, size.rounds)
        finally:
            await admin.close()
    copy_times = found["COPY"].median / found["single rows"].median
    batch_times = found["send_batch"].median / found["send"].median
    void = []
    if copy_times < COPY_TIMES:
        void.append(f"COPY is {copy_times:.1f} times single rows, not {COPY_TIMES:g}")
    if batch_times < BATCH_TIMES:
        void.append(f"send_batch is {batch_times:.1f} times send, not {BATCH_TIMES:g}")
    rates = {f"{name} per second": round(figures.median) for name, figures in found.items()}
    return void, {**rates, "COPY to single rows": round(copy_times, 2), "send_batch to send": round(batch_times, 2)}
