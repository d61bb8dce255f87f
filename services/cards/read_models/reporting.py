"""Statements that go through all customers with something open: asked seldom, and allowed longer than a page of a list."""

from __future__ import annotations

import asyncpg

from shared.postgres.pool import Connection

SECONDS = 15.0
"""Room for 100,000 customers on a busy machine: a fifth of them took up to 2 s on one with four times the work it can do."""
_ALLOWED = f"SET LOCAL statement_timeout = '{SECONDS:.0f}s'"


async def report(c: Connection, statement: str, *values: object) -> list[asyncpg.Record]:
    """The rows of such a statement. It reads only, so that it delays nobody who follows the store."""
    async with c.transaction(readonly=True):
        await c.execute(_ALLOWED)
        rows: list[asyncpg.Record] = await c.fetch(statement, *values, timeout=SECONDS + 0.5)
    return rows
