"""Connections to PostgreSQL for the hot paths: asyncpg pools with every time limit set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


class _ImpatientPool(asyncpg.Pool):
    """A pool whose callers do not wait for a connection longer than `patience` seconds, however they ask for one."""

    patience: float

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext[asyncpg.Record]:
        return super().acquire(timeout=self.patience if timeout is None else timeout)


async def create_pool(
    dsn: str,
    *,
    min_size: int = 1,
    max_size: int = 10,
    statement_timeout_ms: int = 2000,
    name: str,
    work_mem: str | None = None,
) -> Pool:
    """Open a pool. `name` shows as application_name. jsonb stays text: pass str, read `body::text`.

    An idle transaction ends after 10 s and any transaction after 30 s, since an open write transaction stops every tail
    of the cluster. Waiting for a free connection ends with TimeoutError after half of `statement_timeout_ms`; waiting for
    a server that has stopped answering, half a second after it should have ended the statement by itself. `work_mem` as in
    PostgreSQL, whose own setting holds otherwise. Raises OSError or asyncpg.PostgresError when the server cannot be reached.
    """
    pool = _ImpatientPool(
        dsn,
        init_size=None,
        min_size=min_size,
        max_size=max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        command_timeout=statement_timeout_ms / 1000 + 0.5,
        timeout=5,
        reset=_keep,
        server_settings=session_settings(name, statement_timeout_ms) | ({} if work_mem is None else {"work_mem": work_mem}),
    )
    pool.patience = statement_timeout_ms / 2000
    return await pool


@asynccontextmanager
async def opened_pool(
    dsn: str, *, name: str, max_size: int = 10, statement_timeout_ms: int = 2000, work_mem: str | None = None
) -> AsyncIterator[Pool]:
    """A pool that is open as long as the block; at its end nobody is waited for. See create_pool."""
    pool = await create_pool(dsn, max_size=max_size, statement_timeout_ms=statement_timeout_ms, name=name, work_mem=work_mem)
    try:
        yield pool
    finally:
        pool.terminate()


def session_settings(name: str, statement_timeout_ms: int = 2000) -> dict[str, str]:
    """Settings of every session, also of connections that are kept outside a pool."""
    return {
        "application_name": name,
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(statement_timeout_ms * 3 // 4),
        "idle_in_transaction_session_timeout": "10s",
        "transaction_timeout": "30s",
        "jit": "off",
        "timezone": "UTC",
    }


async def _keep(connection: Connection) -> None:
    # Nothing in a session outlives its transaction here, so the default reset would be a round trip for nothing;
    # asyncpg has already rolled back what a cancelled request left open.
    del connection
