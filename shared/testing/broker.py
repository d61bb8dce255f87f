"""pytest fixtures `broker` and `kafka`: one real Kafka broker for the whole test session, fresh topics for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.kafka import Broker, broker_available, start
from shared.contracts.cursor import PARTS
from shared.kafka.admin import create_topics, delete_topics
from shared.kafka.settings import KafkaSettings

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with `.bootstrap`, started when the first test asks; tests keep apart by a topic prefix of their own.

    Nothing is skipped in silence: a test that needs a broker fails where none can be started, and says what is missing.
    """
    missing = broker_available()
    if missing is not None:
        pytest.fail(f"no Kafka broker can be started: {missing}")
    running = start(tmp_path_factory.mktemp("kafka"), dies_with_us=True)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
async def kafka(broker: Broker) -> AsyncIterator[KafkaSettings]:
    """Settings with a prefix that no other test has; all topics exist and are empty."""
    settings = KafkaSettings(broker.bootstrap, prefix=f"t{next(_numbers)}.")
    await create_topics(settings, PARTS)
    yield settings
    await delete_topics(settings)
