"""Ready values put on Kafka by an idempotent producer, every record acknowledged: as batches, or record by record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.kafka.settings import KafkaSettings

_BATCH_BYTES = 256 * 1024
_FUTURES = 1_000
KEY_BYTES, VALUE_BYTES = 8, 400
Record = tuple[bytes, bytes]


async def batches_seconds(kafka: KafkaSettings, topic: str, parts: int, records: Sequence[Record]) -> float:
    """Seconds for `create_batch` and `send_batch`, batches of 256 KiB, no compression; records go round the parts."""
    producer = await _started(kafka)
    try:
        began = time.perf_counter()
        sent = await asyncio.gather(*(_part(producer, topic, part, records[part::parts]) for part in range(parts)))
        took = time.perf_counter() - began
    finally:
        await producer.stop()
    assert sum(sent) == len(records)
    return took


async def _part(producer: AIOKafkaProducer, topic: str, part: int, records: Sequence[Record]) -> int:
    acks: list[Any] = []
    sent: int = 0
    batch = producer.create_batch()
    for key, value in records:
        if batch.append(timestamp=None, key=key, value=value) is None:
            sent += batch.record_count()
            acks.append(await producer.send_batch(batch, topic, partition=part))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value)
    sent += batch.record_count()
    acks.append(await producer.send_batch(batch, topic, partition=part))
    await asyncio.gather(*acks)
    return sent


async def futures_seconds(kafka: KafkaSettings, topic: str, parts: int, records: Sequence[Record]) -> float:
    """Seconds for `send`, a thousand futures at a time."""
    producer = await _started(kafka, 16 * 1024)
    try:
        began = time.perf_counter()
        for at in range(0, len(records), _FUTURES):
            chunk = records[at : at + _FUTURES]
            acks = [await producer.send(topic, value, key, partition=n % parts) for n, (key, value) in enumerate(chunk)]
            await asyncio.gather(*acks)
        return time.perf_counter() - began
    finally:
        await producer.stop()


async def _started(kafka: KafkaSettings, batch_bytes: int = _BATCH_BYTES) -> AIOKafkaProducer:
    more: dict[str, Any] = {"acks": "all", "enable_idempotence": True, "linger_ms": 0, "max_batch_size": batch_bytes}
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, **more)
    await producer.start()
    return producer
