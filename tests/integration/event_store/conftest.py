from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from shared.postgres.pool import Pool, create_pool
from shared.testing.databases import Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """Connections of the role `cards`."""
    pool = await create_pool(database.dsn("cards"), max_size=30, statement_timeout_ms=10_000, name="test")
    yield pool
    pool.terminate()


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Pool]:
    """Connections of the superuser."""
    admin = await create_pool(database.dsn("postgres"), max_size=10, statement_timeout_ms=10_000, name="test admin")
    yield admin
    admin.terminate()


@pytest.fixture
def customers() -> list[UUID]:
    """Five customers nobody has heard of."""
    return [uuid4() for _ in range(5)]
