"""Who relays: one process at a time, and soon another when it dies or merely stops."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

from shared.kafka.settings import KafkaSettings
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.relay.trade import complete, customers, sales, saved


async def test_a_standby_takes_over_from_a_killed_and_from_a_stopped_holder(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    pool = await pool_of(database, "cards")
    who = customers(20)

    async def epoch_above(n: int) -> int:
        async def above() -> int:
            epoch: int = await pool.fetchval("SELECT epoch FROM cards.relay")
            return epoch if epoch > n else 0

        return await eventually(above, timeout=15)

    processes = [await _relay_process(database, kafka)]
    try:
        first = await epoch_above(0)
        processes.append(await _relay_process(database, kafka))
        await sales(pool, who, each=5)
        processes[0].kill()
        began = time.monotonic()
        second = await epoch_above(first)
        assert time.monotonic() - began < 15
        await complete(pool, kafka)

        processes.append(await _relay_process(database, kafka))
        await sales(pool, who, each=5)
        os.kill(processes[1].pid, signal.SIGSTOP)
        began = time.monotonic()
        await epoch_above(second)
        await sales(pool, who)
        await complete(pool, kafka)
        await saved(pool)
        assert time.monotonic() - began < 15

        os.kill(processes[1].pid, signal.SIGCONT)
        assert await asyncio.wait_for(processes[1].wait(), 15) != 0, "who was stopped ends when it wakes up"
        await sales(pool, who)
        await complete(pool, kafka)
        assert processes[2].returncode is None
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _relay_process(database: Database, kafka: KafkaSettings) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.relay.relay_process",
        database.dsn("cards"),
        kafka.bootstrap,
        kafka.prefix,
        stderr=asyncio.subprocess.DEVNULL,
    )
