"""Who relays: one process at a time, and soon another when it dies or merely stops."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

import pytest

from shared.kafka.settings import KafkaSettings
from shared.postgres.leader_lock import LeadershipLost
from shared.relay.leader import lead
from shared.relay.state import EpochLost
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.relay.trade import complete, customers, now, sales, saved


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


async def test_one_leads_the_other_stands_by_until_the_session_of_the_first_is_gone(database: Database, pool_of: Any) -> None:
    admin = await pool_of(database, "postgres")
    terms: list[tuple[str, int]] = []

    def run(name: str) -> asyncio.Future[None]:
        dsn = database.dsn("cards")
        return asyncio.ensure_future(
            lead(service="cards", dsn=dsn, kafka=None, now=now, on_epoch=lambda epoch: terms.append((name, epoch)))
        )

    async def led(n: int) -> bool:
        return len(terms) == n

    first = run("first")
    await eventually(lambda: led(1))
    second = run("second")
    waiting = "SELECT count(*) = 2 FROM pg_stat_activity WHERE application_name = 'cards-leader' AND datname = current_database()"
    await eventually(lambda: admin.fetchval(waiting))
    assert terms == [("first", 1)]
    await admin.execute(
        "SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'cards-leader' AND a.datname = current_database()"
    )
    with pytest.raises((LeadershipLost, EpochLost)):
        await asyncio.wait_for(first, 5)
    await eventually(lambda: led(2))
    assert terms == [("first", 1), ("second", 2)]
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second


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
