"""Reading a topic and its JSON, and nothing else."""

from __future__ import annotations

import time

import orjson

from shared.kafka.consumer import reader
from shared.kafka.settings import KafkaSettings
from tests.performance.bench.ledger import places

_AT_ONCE = 1000


async def getmany_seconds(kafka: KafkaSettings, records: int) -> float:
    """Seconds from the first fetch until so many bodies of sales are decoded. The consumer has the settings of ours."""
    consumer = reader(kafka, "bench-getmany")
    await consumer.start()
    try:
        consumer.assign(places(kafka))
        await consumer.seek_to_beginning()
        began, count = time.perf_counter(), 0
        while count < records:
            for messages in (await consumer.getmany(timeout_ms=1000, max_records=_AT_ONCE)).values():
                for message in messages:
                    orjson.loads(message.value)
                count += len(messages)
        return time.perf_counter() - began
    finally:
        await consumer.stop()
