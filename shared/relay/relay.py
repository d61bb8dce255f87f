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
from shared.kafka.record_batch import RecordBatch, header_bytes
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Connection
from shared.relay import watermark
from shared.relay.metrics import RELAYED, UNSENT_AGE, WATERMARK_AGE
from shared.relay.records import Outgoing, pack
from shared.relay.state import Lead, Mark, save
from shared.telemetry.spans import of_events

ACK_SECONDS = 30.0
ROWS = 5000
PACKED_AT_ONCE = 1000
BYTES = 8 * 1024 * 1024
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


async def packed(
    sender: Sender, lead: Lead, rows: Sequence[StoredRow], after: Mapping[TopicPart, Cursor]
) -> dict[TopicPart, Outgoing]:
    """Rows as batches ready to be sent behind `after`. Whoever reads or sends meanwhile is let through, and many are compressed by a thread."""
    outgoing: dict[TopicPart, Outgoing] = {}
    for begin in range(0, len(rows), PACKED_AT_ONCE):
        if begin:
            await asyncio.sleep(0)
        pack(rows[begin : begin + PACKED_AT_ONCE], after, lead.epoch, sender.kafka.max_batch_size, outgoing)
    if len(rows) > PACKED_AT_ONCE:
        await asyncio.to_thread(_compress, [batch for out in outgoing.values() for batch in out.batches])
    return outgoing


def _compress(batches: Sequence[RecordBatch]) -> None:
    for batch in batches:
        batch.compress()


async def relay_batch(
    connection: Connection, sender: Sender, lead: Lead, rows: Sequence[StoredRow], outgoing: Mapping[TopicPart, Outgoing]
) -> int:
    """Send rows that follow `lead.cursor`, packed as `outgoing`, and save. Returns how many records were sent.

    A crash before the save means that records are sent twice, never that one is lost.
    """
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
    at = TopicPart(watermarks_topic(sender.service), 0)
    batch = RecordBatch(sender.kafka.max_batch_size)
    batch.append(sender.service.encode(), watermark.record_value(t, lead.cursor, lead.marks), header_bytes([]))
    await send(sender, {at: Outgoing([batch], str(lead.cursor))})


async def relay(connection: Connection, reading: Connection, sender: Sender, lead: Lead, now: Callable[[], datetime]) -> None:
    """Relay for ever. Raises on any error; nothing is retried here, the next leader goes on from what was saved.

    `reading` is a second connection: while there is a backlog, rows are read as those before them are packed and as those before
    these are sent. Only one lot is sent at a time, and the next one when its cursor is saved.
    """
    ticks = watermark.Ticks(time.monotonic)
    pause, limit, burst = POLL_SECONDS[0], ROWS, 0
    oldest = _age_shown(UNSENT_AGE, sender.service, now)
    term = _Term(connection, sender, lead, ticks, _age_shown(WATERMARK_AGE, sender.service, now))
    cursor, after = lead.cursor, {at: mark.cursor for at, mark in lead.marks.items()}
    ahead: asyncio.Task[Tail] | None = None
    sending: asyncio.Task[None] | None = None
    try:
        while True:
            if sending is None:
                await _tick(term)
            asked = limit
            rows, gen, below = await (ahead or read_tail(reading, lead.schema, cursor, asked))
            ahead = None
            if rows:
                oldest.since = rows[0].recorded_at
                ticks.flowed()
                cursor = rows[-1].cursor
                burst += len(rows)
            if len(rows) == asked:
                # More may follow. Complete is what lies below the last row's transaction; of that one itself rows may be missing.
                below = rows[-1].xid + 1 if rows[-1].gen == gen else 0
                limit = _limit(rows)
                ahead = asyncio.create_task(read_tail(reading, lead.schema, cursor, limit))
            outgoing = await packed(sender, lead, rows, after)
            after |= {at: out.last for at, out in outgoing.items()}
            if sending is not None:
                await sending
                sending = None
            if ahead is not None:
                sending = asyncio.create_task(_sent(term, rows, outgoing, gen, below))
                continue
            await _sent(term, rows, outgoing, gen, below)
            oldest.since = None
            if rows:
                pause = POLL_SECONDS[0]
                await gather(burst, partial(_end, reading, lead.schema))
                burst = 0
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 1.25, POLL_SECONDS[1])
    finally:
        await _ended(ahead, sending)


@dataclass(slots=True)
class _Term:
    """What a term sends with, and what it has sent."""

    connection: Connection
    sender: Sender
    lead: Lead
    ticks: watermark.Ticks
    reached: _Since
    sent: int = 0


async def _tick(term: _Term) -> None:
    if term.ticks.due():
        term.ticks.add(await watermark.take_tick(term.connection, term.lead.schema))


async def _sent(term: _Term, rows: Sequence[StoredRow], outgoing: Mapping[TopicPart, Outgoing], gen: int, below: int) -> None:
    """Send rows and save, then tell the newest tick that lies below what is complete."""
    await _tick(term)
    lead = term.lead
    if rows:
        count = await relay_batch(term.connection, term.sender, lead, rows, outgoing)
        RELAYED.labels(term.sender.service).inc(count)
        term.sent += count
        if term.sent > RECORDS_A_PRODUCER:
            raise ProducerWornOut(f"{term.sent} records sent by one producer")
    t = term.ticks.reached(gen, below)
    if t is not None:
        await watermark.publish(term.connection, lead.schema, t, lead.cursor)
        await send_watermark(term.sender, lead, t)
        term.reached.since = t


async def _ended(*tasks: asyncio.Task[Any] | None) -> None:
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)


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
    """How many rows to read next, so that they hold about 8 MiB at most."""
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
