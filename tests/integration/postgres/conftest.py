from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from shared.testing.databases import Cluster, running_cluster


@pytest.fixture(scope="session")
async def own_cluster() -> AsyncIterator[Cluster]:
    """A server that a test may weaken without harm to others."""
    async with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def customers() -> list[UUID]:
    return [uuid4() for _ in range(2)]
