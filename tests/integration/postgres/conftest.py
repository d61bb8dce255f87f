from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from shared.testing.databases import Cluster, create_template, start_cluster


@pytest.fixture(scope="session")
async def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """A server that a test may weaken, kill and restart without harm to others."""
    cluster = start_cluster(tmp_path_factory.mktemp("own_postgres"))
    try:
        await create_template(cluster)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def customers() -> list[UUID]:
    return [uuid4() for _ in range(2)]
