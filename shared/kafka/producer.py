"""The relay's producer."""

from __future__ import annotations

import asyncio
import contextlib

from aiokafka import AIOKafkaProducer

from shared.kafka.settings import KafkaSettings


def batch_producer(settings: KafkaSettings, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer for `create_batch` and `send_batch`, not yet started.

    Idempotent, so that the broker refuses whatever would leave a gap on a part; every record acknowledged by all
    replicas in sync. It never gives up on a batch by itself: the caller sets the deadline and then calls `abandon`.
    """
    return AIOKafkaProducer(
        **settings.connection(),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=settings.max_batch_size,
        max_request_size=1048576,
        compression_type="zstd",
        metadata_max_age_ms=60000,
    )


async def abandon(producer: AIOKafkaProducer) -> None:
    """Close a producer without sending what it still holds.

    `stop()` flushes, and an idempotent producer whose broker is away flushes for ever; a batch left with it would be sent
    by nobody's order when the broker is back.
    """
    producer._closed = True
    sender = producer._sender
    if sender is not None and sender.sender_task is not None:
        sender.sender_task.cancel()
        await asyncio.wait([sender.sender_task], timeout=5)
    with contextlib.suppress(Exception):
        await producer.client.close()
