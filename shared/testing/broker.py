"""pytest fixture `broker`: one real Kafka broker for the whole test session, started when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.kafka import Broker, broker_available, start


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with `.bootstrap`; tests keep apart by a topic prefix of their own (`KafkaSettings.prefix`).

    Nothing is skipped in silence: a test that needs a broker fails where none can be started, and says what is missing.
    """
    missing = broker_available()
    if missing is not None:
        pytest.fail(f"no Kafka broker can be started: {missing}")
    running = start(tmp_path_factory.mktemp("kafka"))
    try:
        yield running
    finally:
        running.stop()
