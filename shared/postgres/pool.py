"""Connections to PostgreSQL for the hot paths: asyncpg pools with every time limit set."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy
from prometheus_client import Histogram

from shared.postgres.pulse import Pulse
from shared.telemetry.metrics import POOL_WAIT_SECONDS

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


if TYPE_CHECKING:
    _Acquire = PoolAcquireContext[asyncpg.Record]
else:
    # Generic for the type checker only.
    _Acquire = PoolAcquireContext


class _TimedAcquire(_Acquire):
    """Waiting for a connection, counted."""

    pool: _ImpatientPool

    async def __aenter__(self) -> PoolConnectionProxy[asyncpg.Record]:
        began = time.perf_counter()
        try:
            return await super().__aenter__()
        finally:
            self.pool.waited.observe(time.perf_counter() - began)


class _ImpatientPool(asyncpg.Pool):
    """A pool whose callers do not wait for a connection longer than `patience` seconds, however they ask for one, and not at
    all while `pulse` says that the server is away."""

    patience: float
    pulse: Pulse
    waited: Histogram

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext[asyncpg.Record]:
        self.pulse.check()
        return _TimedAcquire(self, self.patience if timeout is None else timeout)


async def create_pool(
    dsn: str,
    *,
    min_size: int = 1,
    max_size: int = 10,
    statement_timeout_ms: int = 2000,
    name: str,
    work_mem: str | None = None,
) -> _ImpatientPool:
    """Open a pool. `name` shows as application_name. jsonb stays text: pass str, read `body::text`.

    An idle transaction ends after 10 s and any transaction after 30 s, since an open write transaction stops every tail
    of the cluster. Waiting for a free connection ends with TimeoutError after two fifths of `statement_timeout_ms`; waiting for
    a server that has stopped answering, half a second after it should have ended the statement by itself. `work_mem` as in
    PostgreSQL, whose own setting holds otherwise. Raises OSError or asyncpg.PostgresError when the server cannot be reached.
    """
    settings = session_settings(name, statement_timeout_ms) | ({} if work_mem is None else {"work_mem": work_mem})
    pulse = Pulse(partial(asyncpg.connect, dsn, server_settings=session_settings(f"{name}-pulse")))
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
        init=pulse.opened,
        # Nothing in a session outlives its transaction here, so the default reset would be a round trip for nothing;
        # asyncpg has already rolled back what a cancelled request left open.
        reset=pulse.heard,
        server_settings=settings,
    )
    pool.patience = statement_timeout_ms / 2500
    pool.pulse = pulse
    pool.waited = POOL_WAIT_SECONDS.labels(name)
    return await pool


@asynccontextmanager
async def opened_pool(
    dsn: str,
    *,
    name: str,
    max_size: int = 10,
    statement_timeout_ms: int = 2000,
    work_mem: str | None = None,
    watched: bool = False,
) -> AsyncIterator[Pool]:
    """A pool that is open as long as the block; at its end nobody is waited for. See create_pool.

    `watched`: while the server answers nothing, whoever wants a connection and whoever waits for an answer is told so within a
    second, by a DatabaseAway or a lost connection.
    """
    pool = await create_pool(dsn, max_size=max_size, statement_timeout_ms=statement_timeout_ms, name=name, work_mem=work_mem)
    watching: asyncio.Task[None] | None = None
    try:
        if watched:
            await pool.pulse.begin()
            watching = asyncio.create_task(pool.pulse.watch(lambda: pool.get_idle_size() < pool.get_size()))
        yield pool
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])
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
