"""One company for all tests of who may see what: it is not changed by them, or only where it is theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.testing.databases import Cluster, create_test_database
from tests.integration.reach.place import running_place
from tests.integration.reach.world import World, founded


@pytest.fixture(scope="session")
async def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    database = await create_test_database(cluster)
    async with running_place(database, tmp_path_factory.mktemp("reach")) as place:
        yield await founded(place)
