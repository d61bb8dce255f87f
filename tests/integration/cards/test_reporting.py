"""What goes through all customers may take longer than a request's other statements; those that follow may not."""

from __future__ import annotations

import asyncpg
import pytest

from services.cards.read_models.reporting import report
from shared.postgres.pool import create_pool
from shared.testing.databases import Database


async def test_a_report_may_take_longer_and_the_next_statement_may_not(untouched_database: Database) -> None:
    pool = await create_pool(untouched_database.dsn("cards"), max_size=1, statement_timeout_ms=100, name="test")
    try:
        async with pool.acquire() as c:
            assert [row["n"] for row in await report(c, "SELECT $1::int AS n FROM pg_sleep(0.8)", 7)] == [7]
            with pytest.raises((asyncpg.QueryCanceledError, TimeoutError)):
                await c.fetch("SELECT pg_sleep(0.8)")
    finally:
        pool.terminate()
