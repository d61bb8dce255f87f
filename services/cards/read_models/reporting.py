"""Statements that go through all customers with something open: asked seldom, and allowed longer than a page of a list."""

from __future__ import annotations

import asyncpg

from shared.postgres.pool import Connection

SECONDS = 15.0
"""About ten times what such a statement takes over 100,000 customers on an idle machine."""
# Balances are never equal: a cache of what was computed from them would only cost time and memory.
_ALLOWED = f"SET LOCAL statement_timeout = '{SECONDS:.0f}s'; SET LOCAL enable_memoize = off"


async def report(c: Connection, statement: str, *values: object) -> list[asyncpg.Record]:
    """The rows of such a statement. It reads only, so that it delays nobody who follows the store."""
    async with c.transaction(readonly=True):
        await c.execute(_ALLOWED)
        rows: list[asyncpg.Record] = await c.fetch(statement, *values, timeout=SECONDS + 0.5)
    return rows
