"""Leading a service: one process of several relays its events and ticks its watermarks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from shared.kafka.producer import abandon, batch_producer
from shared.kafka.settings import KafkaSettings
from shared.postgres.leader_lock import while_leading
from shared.postgres.pool import create_pool
from shared.postgres.schema import within
from shared.relay.metrics import EPOCH, TAIL_LOST
from shared.relay.recovery import check_known, check_parts, read_tails, resumption
from shared.relay.relay import Sender, relay, tick_only
from shared.relay.state import save, take_epoch

_log = logging.getLogger(__name__)


async def lead(
    *,
    service: str,
    dsn: str,
    kafka: KafkaSettings | None,
    now: Callable[[], datetime],
    on_epoch: Callable[[int], None] | None = None,
) -> None:
    """Wait until this process leads the service, then relay its events and tick its watermarks for ever.

    `kafka` None: only ticks, for readers of the published view. `on_epoch` is told the number of the term as soon as this
    process leads; jobs that only the leader may run start then. Schema and service have the same name.

    Never returns; raises on any error (EpochLost, LeadershipLost, RelayRefused, TimeoutError of an acknowledgement, errors of
    PostgreSQL and Kafka), and the process must then end: the next leader goes on from what was saved. A standby takes over
    within 15 s, also from a holder that is merely stopped.
    """

    async def work() -> None:
        await term(service=service, dsn=dsn, kafka=kafka, now=now, on_epoch=on_epoch)

    await while_leading(dsn, f"regulars.{service}.relay", work, application=f"{service}-leader")


async def term(
    *,
    service: str,
    dsn: str,
    kafka: KafkaSettings | None,
    now: Callable[[], datetime],
    on_epoch: Callable[[int], None] | None = None,
) -> None:
    """One term of leadership, without asking whether another process leads. Two at once are safe, merely wasteful."""
    pool = await create_pool(dsn, min_size=1, max_size=2, statement_timeout_ms=10000, name=f"{service}-relay")
    try:
        async with pool.acquire() as connection:
            mine = await take_epoch(connection, service)
            EPOCH.labels(service).set(mine.epoch)
            if on_epoch is not None:
                on_epoch(mine.epoch)
            if kafka is None:
                await tick_only(connection, service, service, now)
                return
            parts = await connection.fetchval(within(service, "SELECT parts FROM {schema}.store"))
            await check_parts(kafka, service, parts)
            producer = batch_producer(kafka, f"regulars-{service}-relay-{mine.epoch}")
            try:
                # The tails are read after the epoch is taken: whoever led before us can save nothing more from here on.
                await producer.start()
                tails = await read_tails(kafka, service, parts)
                await check_known(connection, service, tails)
                found = resumption(mine.cursor, mine.marks, tails)
                for at in found.lost:
                    TAIL_LOST.labels(service).inc()
                    _log.error("Kafka has lost its newest records of %s part %d; sending again from %s", *at, found.cursor)
                mine.marks = found.marks
                # Saved before anything is sent: what the relay before us sent and did not save could be lost by the log later, and
                # whoever leads then would take it for never sent and, with the cursor beyond it, not send it.
                await save(connection, mine, found.cursor, found.marks)
                async with pool.acquire() as reading:
                    await relay(connection, reading, Sender(producer, kafka, service), mine, now)
            finally:
                await abandon(producer)
    finally:
        pool.terminate()
