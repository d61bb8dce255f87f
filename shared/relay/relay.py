"""The relay's loop: read the store in commit order, send, wait for every acknowledgement, save, tick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from prometheus_client import Gauge

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.topics import watermarks_topic
from shared.event_store.events import StoredRow
from shared.event_store.tail import Tail, read_tail
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Connection
from shared.relay import watermark
from shared.relay.metrics import RELAYED, UNSENT_AGE, WATERMARK_AGE
from shared.relay.records import Outgoing, pack
from shared.relay.state import Lead, Mark, save
from shared.telemetry.spans import of_events

ACK_SECONDS = 30.0
ROWS = 5000
BYTES = 16 * 1024 * 1024
POLL_SECONDS = (0.005, 0.040)
STORE_POLL_SECONDS = 0.05
FLOWING_ROWS = 500
GATHER_SECONDS = 0.1
"""After so many rows at once the relay waits a little: what follows them is sent in fewer and larger batches."""
FLOOD_ROWS = 1500
FLOOD_SECONDS = 3.0
CALM_SECONDS = 1.0
"""More rows at once are an import, whose rows come by the thousand a second. Then the relay waits longer, until there are none
for a moment: read models that get a customer's facts together write its rows once, and the import has the machine meanwhile."""
RECORDS_A_PRODUCER = 1_000_000_000


class ProducerWornOut(Exception):
    """A producer has sent so much that its sequence numbers could wrap. The process must end and start anew."""


@dataclass(slots=True)
class Sender:
    """A started producer of this term."""

    producer: AIOKafkaProducer
    kafka: KafkaSettings
    service: str


async def send(sender: Sender, outgoing: Mapping[TopicPart, Outgoing], deadline: float = ACK_SECONDS) -> dict[TopicPart, Mark]:
    """Send everything and wait until all of it is acknowledged.

    Raises TimeoutError after `deadline` seconds (the producer itself would wait for ever) or what Kafka answered; what was
    sent is then unknown, and the producer must not be used again.
    """
    async with asyncio.timeout(deadline):
        marks = await asyncio.gather(*(_send_part(sender, at, out) for at, out in outgoing.items()))
    return dict(zip(outgoing, marks, strict=True))


async def _send_part(sender: Sender, at: TopicPart, out: Outgoing) -> Mark:
    topic = sender.kafka.physical(at.topic)
    acks = [await sender.producer.send_batch(batch, topic, partition=at.part) for batch in out.batches]
    end = 0
    for batch, ack in zip(out.batches, acks, strict=True):
        end = max(end, (await ack).offset + batch.record_count())
    return Mark(out.last, end)


async def relay_batch(connection: Connection, sender: Sender, lead: Lead, rows: Sequence[StoredRow]) -> int:
    """Send rows that follow `lead.cursor`, and save. Returns how many records were sent.

    A crash before the save means that records are sent twice, never that one is lost.
    """
    outgoing = pack(rows, lead.marks, lead.epoch, sender.producer.create_batch)
    with of_events(f"publish {sender.service}", "PRODUCER", _traced(rows)):
        marks = await send(sender, outgoing)
    last = rows[-1]
    await save(connection, lead, Cursor(last.gen, last.xid, last.pos), marks)
    return sum(batch.record_count() for out in outgoing.values() for batch in out.batches)


def _traced(rows: Sequence[StoredRow]) -> Iterator[tuple[str, str | None]]:
    for row in rows:
        if row.meta != "{}":
            yield row.type, msgspec.json.decode(row.meta, type=dict[str, Any]).get("traceparent")


async def send_watermark(sender: Sender, lead: Lead, t: datetime) -> None:
    """Publish on Kafka that everything recorded before `t` lies at or below the marks. Raises as `send` does."""
    batch = sender.producer.create_batch()
    batch.append(
        timestamp=None, key=sender.service.encode(), value=watermark.record_value(t, lead.cursor, lead.marks), headers=[]
    )
    await send(sender, {TopicPart(watermarks_topic(sender.service), 0): Outgoing([batch], lead.cursor)})


async def relay(connection: Connection, reading: Connection, sender: Sender, lead: Lead, now: Callable[[], datetime]) -> None:
    """Relay for ever. Raises on any error; nothing is retried here, the next leader goes on from what was saved.

    `reading` is a second connection: while there is a backlog, the next rows are read as the last ones are sent.
    """
    ticks = watermark.Ticks(time.monotonic)
    pause, limit, sent, burst = POLL_SECONDS[0], ROWS, 0, 0
    oldest = _age_shown(UNSENT_AGE, sender.service, now)
    reached = _age_shown(WATERMARK_AGE, sender.service, now)
    relayed = RELAYED.labels(sender.service)
    ahead: asyncio.Task[Tail] | None = None
    try:
        while True:
            if ticks.due():
                ticks.add(await watermark.take_tick(connection, lead.schema))
            asked = limit
            rows, gen, below = await (ahead or read_tail(reading, lead.schema, lead.cursor, asked))
            ahead = None
            if rows:
                oldest.since = rows[0].recorded_at
                ticks.flowed()
            if len(rows) == asked:
                # More may follow. Complete is what lies below the last row's transaction; of that one itself rows may be missing.
                below = rows[-1].xid + 1 if rows[-1].gen == gen else 0
                limit = _limit(rows)
                ahead = asyncio.create_task(read_tail(reading, lead.schema, rows[-1].cursor, limit))
            if rows:
                count = await relay_batch(connection, sender, lead, rows)
                relayed.inc(count)
                sent += count
                if sent > RECORDS_A_PRODUCER:
                    raise ProducerWornOut(f"{sent} records sent by one producer")
            t = ticks.reached(gen, below)
            if t is not None:
                await watermark.publish(connection, lead.schema, t, lead.cursor)
                await send_watermark(sender, lead, t)
                reached.since = t
            if ahead is None:
                oldest.since = None
            if rows:
                pause = POLL_SECONDS[0]
                burst += len(rows)
                if ahead is None:
                    await gather(burst, partial(_end, reading, lead.schema))
                    burst = 0
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 1.25, POLL_SECONDS[1])
    finally:
        if ahead is not None:
            ahead.cancel()


async def gather(burst: int, head: Callable[[], Awaitable[object]]) -> None:
    """Wait after a burst of so many rows, the longer the more. `head` tells where the store ends."""
    if burst < FLOOD_ROWS:
        await asyncio.sleep(GATHER_SECONDS if burst >= FLOWING_ROWS else 0)
        return
    seen = None
    for _ in range(round(FLOOD_SECONDS / CALM_SECONDS)):
        at = await head()
        if at == seen:
            return
        seen = at
        await asyncio.sleep(CALM_SECONDS)


async def _end(connection: Connection, schema: str) -> Cursor:
    return (await watermark.head(connection, schema))[2]


async def tick_only(connection: Connection, service: str, schema: str, now: Callable[[], datetime]) -> None:
    """Watermarks beside the published events, without Kafka, for ever. Raises on any error."""
    ticks = watermark.Ticks(time.monotonic)
    reached = _age_shown(WATERMARK_AGE, service, now)
    seen: Cursor | None = None
    while True:
        if ticks.due():
            ticks.add(await watermark.take_tick(connection, schema))
        gen, below, cursor = await watermark.head(connection, schema)
        if cursor != seen:
            seen = cursor
            ticks.flowed()
        t = ticks.reached(gen, below)
        if t is not None:
            await watermark.publish(connection, schema, t, cursor)
            reached.since = t
        await asyncio.sleep(STORE_POLL_SECONDS)


def _limit(rows: Sequence[StoredRow]) -> int:
    """How many rows to read next, so that they hold about 16 MiB at most."""
    size = sum(len(row.body) for row in rows) // len(rows) + 1
    return max(1, min(ROWS, BYTES // size))


@dataclass(slots=True)
class _Since:
    since: datetime | None = None


def _age_shown(gauge: Gauge, service: str, now: Callable[[], datetime]) -> _Since:
    """Show the age of what `since` is set to, also while nothing moves; 0 while it is None."""
    state = _Since()
    gauge.labels(service).set_function(lambda: 0.0 if state.since is None else (now() - state.since).total_seconds())
    return state
