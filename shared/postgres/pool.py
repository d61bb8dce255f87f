"""Connections to PostgreSQL for the hot paths: asyncpg pools with every time limit set."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


async def create_pool(dsn: str, *, min_size: int = 1, max_size: int = 10, statement_timeout_ms: int = 2000, name: str) -> Pool:
    """Open a pool. `name` shows as application_name. jsonb stays text: pass str, read `body::text`.

    An idle transaction ends after 10 s and any transaction after 30 s, since an open write transaction stops every tail
    of the cluster. Raises OSError or asyncpg.PostgresError when the server cannot be reached.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        max_inactive_connection_lifetime=300,
        command_timeout=statement_timeout_ms / 1000 + 5,
        timeout=5,
        reset=_keep,
        server_settings=session_settings(name, statement_timeout_ms),
    )


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
