"""Events to relay, and what a consumer makes of the topics."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from aiokafka import TopicPartition

from shared.contracts.cards import SourceOpened
from shared.contracts.cursor import Cursor, TopicPart, part_of
from shared.contracts.envelope import Record, from_headers
from shared.contracts.event import encode
from shared.contracts.money import Money
from shared.contracts.topics import watermarks_topic
from shared.contracts.transactions import SaleRecorded
from shared.event_store.append import append_facts, append_many
from shared.event_store.events import Append, Fact, NewEvent
from shared.kafka.consumer import reader
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool
from shared.relay.leader import lead, term
from shared.relay.recovery import topics_sent
from shared.testing.eventually import eventually

_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


def a_sale(customer: UUID) -> Fact:
    number = f"s{next(_numbers)}"
    event = SaleRecorded(
        customer_id=customer, source="erp", source_event_id=number, sold_on=date(2026, 3, 1), net=Money(Decimal("12.50"), "CNY")
    )
    return Fact(
        stream=f"ledger-{customer}",
        event_id=uuid4(),
        type=event.type,
        customer_id=customer,
        part=part_of(str(customer)),
        source="erp/sale",
        source_event_id=number,
        fingerprint=number.encode(),
        occurred_at=now(),
        body=encode(event),
        meta={"correlationid": "c-1"},
    )


async def sales(pool: Pool, customers: Iterable[UUID], each: int = 1) -> None:
    facts = [a_sale(customer) for customer in customers for _ in range(each)]
    async with pool.acquire() as connection, connection.transaction():
        await append_facts(connection, "cards", facts)


async def a_source_opens(pool: Pool) -> None:
    stream = f"source-{next(_numbers)}"
    opened = NewEvent(uuid4(), SourceOpened(source="erp", fact_kind="sale"), now())
    async with pool.acquire() as connection, connection.transaction():
        await append_many(connection, "cards", [Append(stream, "new", None, 0, [opened])])


async def stored(pool: Pool) -> list[tuple[Cursor, UUID]]:
    rows = await pool.fetch("SELECT gen, xid, pos, event_id FROM cards.events ORDER BY gen, xid, pos")
    return [(Cursor(row["gen"], row["xid"], row["pos"]), row["event_id"]) for row in rows]


async def on_topics(kafka: KafkaSettings, topics: dict[str, int] | None = None) -> dict[TopicPart, list[Record]]:
    """Every record of the service's event topics, as they lie there."""
    counts = topics_sent("cards", 12) if topics is None else topics
    places = {
        TopicPartition(kafka.physical(name), part): TopicPart(name, part) for name, n in counts.items() for part in range(n)
    }
    consumer = reader(kafka, "test")
    await consumer.start()
    try:
        consumer.assign(list(places))
        ends = await consumer.end_offsets(list(places))
        begins = await consumer.beginning_offsets(list(places))
        for tp in places:
            consumer.seek(tp, begins[tp])
        found: dict[TopicPart, list[Record]] = {at: [] for at in places.values()}
        unread = {tp for tp in places if ends[tp] > begins[tp]}
        while unread:
            for tp, messages in (await consumer.getmany(*unread, timeout_ms=200)).items():
                at = places[tp]
                for m in messages:
                    record = from_headers(at.topic, at.part, m.offset, m.headers, m.value)
                    assert isinstance(record, Record)
                    found[at].append(record)
            unread = {tp for tp in unread if await consumer.position(tp) < ends[tp]}
        return found
    finally:
        await consumer.stop()


def deduped(records: Iterable[Record]) -> list[Record]:
    """What a consumer keeps: nothing at or below what it has, and no record whose predecessor it misses."""
    kept: list[Record] = []
    for record in records:
        last = kept[-1].cursor if kept else None
        if last is not None and record.cursor <= last:
            continue
        assert record.prev == last, f"a record is missing before {record.cursor}"
        kept.append(record)
    return kept


async def complete(pool: Pool, kafka: KafkaSettings) -> dict[TopicPart, list[Record]]:
    """Wait until the topics hold the whole store; check order, parts and links; return the raw records."""
    wanted = await stored(pool)

    async def all_there() -> dict[TopicPart, list[Record]] | None:
        found = await on_topics(kafka)
        kept = sorted((r.cursor, r.event_id) for records in found.values() for r in deduped(records))
        assert kept == wanted
        return found

    return await eventually(all_there, timeout=20, interval=0.1)


async def saved(pool: Pool) -> None:
    """Wait until the relay has saved that everything is acknowledged."""
    last = (await stored(pool))[-1][0]

    async def through() -> bool:
        row = await pool.fetchrow("SELECT gen, xid, pos FROM cards.relay")
        return row is not None and Cursor(*row) == last

    await eventually(through, timeout=20)


@asynccontextmanager
async def leading(dsn: str, kafka: KafkaSettings | None, *, locked: bool = True) -> AsyncIterator[asyncio.Task[None]]:
    """A relay that leads while the block runs; its own failure is raised from the task only."""
    run = lead if locked else term
    task = asyncio.ensure_future(run(service="cards", dsn=dsn, kafka=kafka, now=now))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


def customers(n: int) -> list[UUID]:
    return [uuid4() for _ in range(n)]


WATERMARKS = watermarks_topic("cards")
