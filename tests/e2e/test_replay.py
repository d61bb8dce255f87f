"""The whole sample, loaded and judged live by real processes over a real broker, computed again from its log."""

from __future__ import annotations

import asyncio

from deploy.replay.installation import log_of
from deploy.replay.ways import WAYS, digest, said_by
from tests.e2e.installations import Installation


def test_the_log_of_the_sample_gives_what_was_said_live_bit_for_bit(on_kafka: Installation) -> None:
    log = asyncio.run(log_of(on_kafka.endpoints))
    assert len(log.items) > 1000
    assert log.said
    for way in (WAYS[1], WAYS[7]):
        assert digest(said_by(log.items, way, log.through, log.zone)) == digest(log.said), way
