"""Fixtures of all tests. A server and a broker are started once for each test process, and only where a test asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.postgres.pool import Pool, create_pool
from shared.testing.broker import broker as broker
from shared.testing.broker import kafka as kafka
from shared.testing.databases import (
    Cluster,
    Database,
    create_test_database,
    drop_test_database,
    running_cluster,
)

PoolOf = Callable[[Database, str], Awaitable[Pool]]


@pytest.fixture(scope="session")
async def cluster() -> AsyncIterator[Cluster]:
    """A PostgreSQL server of this test process, with roles and the migrated template."""
    async with running_cluster() as cluster:
        yield cluster


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[Database]:
    """A fresh migrated database. `database.dsn("cards")`, also for other roles."""
    database = await create_test_database(cluster)
    yield database
    await drop_test_database(database)


@pytest.fixture(scope="session")
async def untouched_database(cluster: Cluster) -> Database:
    """A migrated database of the whole run, for tests that only look or are refused."""
    return await create_test_database(cluster)


@pytest.fixture
async def pool_of() -> AsyncIterator[PoolOf]:
    """`pool = await pool_of(database, "cards")`: a pool of that role, closed after the test."""
    pools: list[Pool] = []

    async def open_pool(database: Database, role: str) -> Pool:
        pool = await create_pool(database.dsn(role), max_size=30, statement_timeout_ms=10_000, name=f"test {role}")
        pools.append(pool)
        return pool

    yield open_pool
    for pool in pools:
        pool.terminate()
