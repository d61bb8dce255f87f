"""Answers to commands are kept for repeats, and then forgotten. Events are never."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from shared.postgres.pool import Pool
from shared.postgres.schema import within

EVERY_SECONDS = 3600.0
_AT_ONCE = 1000
_FORGET = "SELECT {schema}.forget_commands($1, $2)"


async def forget_answers(pool: Pool, schema: str, before: datetime) -> int:
    """Forget the answers that were given before a moment, which is a day ago at least. How many. A repeat is then a new command:
    what it would do a second time, its ids and versions refuse."""
    forgotten = 0
    while True:
        async with pool.acquire() as c:
            some: int = await c.fetchval(within(schema, _FORGET), before, _AT_ONCE)
        forgotten += some
        if some < _AT_ONCE:
            return forgotten


async def forget_answers_for_ever(pool: Pool, schema: str, kept: timedelta) -> None:
    """Each hour, as long as the process lasts. By the database's clock, which wrote the times."""
    while True:
        async with pool.acquire() as c:
            now: datetime = await c.fetchval("SELECT clock_timestamp()")
        await forget_answers(pool, schema, now - kept)
        await asyncio.sleep(EVERY_SECONDS)
