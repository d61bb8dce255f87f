"""One contract, two feeds: what a reader may rely on, from Kafka behind a real relay and from the event stores."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from shared.contracts.cards import SourceCompletedThrough, TradeReleased
from shared.contracts.cursor import PARTS, START, TopicPart, part_of
from shared.contracts.envelope import Record, opened
from shared.contracts.topics import CARDS_CONTROL, CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.event_store.events import Append, NewEvent
from shared.feed.feed import Feed, Start
from shared.feed.kafka import KafkaFeed
from shared.feed.scan import scan
from shared.feed.store import StoreFeed
from shared.kafka.admin import create_topics, delete_topics
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool
from shared.relay.leader import term
from shared.testing.activity import append, append_of, paid
from shared.testing.databases import Database
from shared.testing.eventually import eventually

PoolOf = Callable[[Database, str], Awaitable[Pool]]
EVERYTHING = [TopicPart(topic, part) for topic in (CARDS_EVENTS, CARDS_TRANSACTIONS) for part in range(PARTS)] + [
    TopicPart(CARDS_CONTROL, 0)
]

_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Bench:
    """A store of cards with its leader running, and feeds of it."""

    pool: Pool
    new_feed: Callable[[], Feed]
    has_offsets: bool

    async def stored(self) -> list[Record]:
        async with self.pool.acquire() as conn:
            return await scan(conn, "cards", START, limit=100_000)


@dataclass
class Reader:
    """Reads a feed and remembers what came, without repeats."""

    feed: Feed
    records: dict[TopicPart, list[Record]] = field(default_factory=dict)
    offsets: dict[TopicPart, int | None] = field(default_factory=dict)

    async def read(self, max_records: int = 1000, timeout: float = 0.2) -> int:
        batches = await self.feed.read(max_records, timeout)
        for batch in batches:
            kept = self.records.setdefault(batch.at, [])
            assert batch.records
            for record in batch.records:
                assert isinstance(record, Record)
                assert (record.topic, record.part) == batch.at
                if not kept or record.cursor > kept[-1].cursor:
                    assert record.prev is None or not kept or record.prev == kept[-1].cursor
                    kept.append(record)
            self.offsets[batch.at] = batch.next_offset
        return sum(len(batch.records) for batch in batches)

    async def until(self, count: int) -> None:
        async def probe() -> bool:
            await self.read()
            return len(self.ids()) >= count

        await eventually(probe, timeout=30)

    def ids(self) -> list[UUID]:
        return [record.event_id for records in self.records.values() for record in records]


@pytest.fixture(params=["kafka", "store"])
async def bench(request: pytest.FixtureRequest, database: Database, pool_of: PoolOf) -> AsyncIterator[Bench]:
    pool = await pool_of(database, "cards")
    kafka: KafkaSettings | None = None
    feeds: list[Feed] = []
    if request.param == "kafka":
        kafka = KafkaSettings(request.getfixturevalue("broker").bootstrap, prefix=f"feed{next(_numbers)}.")
        await create_topics(kafka, PARTS)

    def new_feed() -> Feed:
        feed: Feed = StoreFeed({"cards": pool}) if kafka is None else KafkaFeed(kafka, "test")
        feeds.append(feed)
        return feed

    leader = asyncio.create_task(term(service="cards", dsn=database.dsn("cards"), kafka=kafka, now=now))
    yield Bench(pool, new_feed, kafka is not None)
    for feed in feeds:
        await feed.close()
    leader.cancel()
    with suppress(asyncio.CancelledError):
        await leader
    if kafka is not None:
        await delete_topics(kafka)


async def sell(pool: Pool, customers: int = 5, each: int = 4) -> None:
    for customer in (uuid4() for _ in range(customers)):
        await append(pool, "cards", append_of(f"card-{customer}", customer, TradeReleased(customer_id=customer)))
        await append(pool, "cards", append_of(f"ledger-{customer}", customer, *(paid(customer, "1.00") for _ in range(each))))


async def declare(pool: Pool) -> None:
    declared = SourceCompletedThrough(source="erp", fact_kind="sales", day=date(2026, 5, 4))
    await append(pool, "cards", Append("source-erp", "any", None, 0, [NewEvent(uuid4(), declared, now())]))


async def test_everything_comes_once_in_commit_order_on_the_part_of_its_key(bench: Bench) -> None:
    reader = Reader(bench.new_feed())
    await sell(bench.pool)
    await declare(bench.pool)
    await reader.feed.assign({at: Start() for at in EVERYTHING})
    await reader.until(26)
    await sell(bench.pool)
    await reader.until(51)
    stored = await bench.stored()
    assert sorted(reader.ids()) == sorted(record.event_id for record in stored)
    for at, records in reader.records.items():
        assert [record.cursor for record in records] == sorted(record.cursor for record in records)
        for record in records:
            assert at.part == (0 if at.topic == CARDS_CONTROL else part_of(str(record.customer_id)))
    by_id = {record.event_id: record for record in stored}
    for records in reader.records.values():
        for record in records:
            mine, its = opened(record), opened(by_id[record.event_id])
            assert mine == its
    assert len(reader.records[TopicPart(CARDS_CONTROL, 0)]) == 1


async def test_only_what_is_assigned_comes_and_reading_goes_on_behind_the_start(bench: Bench) -> None:
    customer = uuid4()
    at = TopicPart(CARDS_TRANSACTIONS, part_of(str(customer)))
    await append(bench.pool, "cards", append_of(f"ledger-{customer}", customer, *(paid(customer, "1.00") for _ in range(6))))
    await sell(bench.pool)
    reader = Reader(bench.new_feed())
    await reader.feed.assign({at: Start()})
    await reader.until(6)
    assert set(reader.records) == {at}
    first = reader.records[at]
    again = Reader(bench.new_feed())
    offset = None if first[2].offset is None else first[2].offset + 1
    await again.feed.assign({at: Start(first[2].cursor, offset)})
    await again.until(len(first) - 3)
    assert again.records[at] == first[3:]
    # A place without an offset begins at the beginning; the reader drops what it has by the cursor.
    whole = Reader(bench.new_feed())
    await whole.feed.assign({at: Start(first[2].cursor)})
    await whole.until(len(first) - 3)
    assert whole.records[at][-(len(first) - 3) :] == first[3:]


async def test_an_assignment_replaces_the_one_before(bench: Bench) -> None:
    await sell(bench.pool, customers=30, each=1)
    reader = Reader(bench.new_feed())
    parts = sorted({record.part for record in await bench.stored()})
    await reader.feed.assign({TopicPart(CARDS_EVENTS, part): Start() for part in parts[:2]})
    await reader.until(1)
    reader.records.clear()
    await reader.feed.assign({TopicPart(CARDS_EVENTS, parts[2]): Start()})
    await reader.until(1)
    assert set(reader.records) == {TopicPart(CARDS_EVENTS, parts[2])}


async def test_a_paused_part_waits_and_loses_nothing(bench: Bench) -> None:
    customer, other = uuid4(), uuid4()
    while part_of(str(other)) == part_of(str(customer)):
        other = uuid4()
    paused, flowing = (TopicPart(CARDS_EVENTS, part_of(str(one))) for one in (customer, other))
    reader = Reader(bench.new_feed())
    await reader.feed.assign({paused: Start(), flowing: Start()})
    reader.feed.pause([paused])
    for one in (customer, other, customer, other):
        await append(bench.pool, "cards", append_of(f"card-{one}", one, TradeReleased(customer_id=one)))
    await reader.until(2)
    assert set(reader.records) == {flowing}
    reader.feed.resume([paused])
    await reader.until(4)
    assert len(reader.records[paused]) == 2


async def test_rewinding_gives_a_part_again_from_its_beginning(bench: Bench) -> None:
    customer = uuid4()
    at = TopicPart(CARDS_EVENTS, part_of(str(customer)))
    await append(
        bench.pool, "cards", append_of(f"card-{customer}", customer, *(TradeReleased(customer_id=customer) for _ in range(3)))
    )
    reader = Reader(bench.new_feed())
    await reader.feed.assign({at: Start()})
    await reader.until(3)
    first = reader.records.pop(at)
    await reader.feed.rewind(at)
    await reader.until(3)
    assert reader.records[at] == first


async def test_a_feed_is_complete_only_through_what_was_read_and_gets_complete_when_nothing_comes(bench: Bench) -> None:
    """INVARIANT: nothing recorded before `complete_through` comes afterwards. Broken by a watermark that is taken when it
    arrives instead of when its cursor is read."""
    reader = Reader(bench.new_feed())
    await reader.feed.assign({at: Start() for at in EVERYTHING})
    seen: list[tuple[datetime, TopicPart, set[UUID]]] = []

    async def follow() -> bool:
        await reader.read(max_records=3, timeout=0.05)
        for at in EVERYTHING:
            if (t := reader.feed.complete_through(at)) is not None:
                seen.append((t, at, set(reader.ids())))
        return len(reader.ids()) >= 75 and bool(seen)

    selling = asyncio.create_task(sell(bench.pool, customers=15))
    await eventually(follow, timeout=30)
    await selling
    last = max(record.recorded_at for record in await bench.stored())

    async def complete() -> bool:
        await reader.read(timeout=0.05)
        reached = [reader.feed.complete_through(at) for at in EVERYTHING]
        return all(t is not None and t > last for t in reached)

    await eventually(complete, timeout=10)
    stored = await bench.stored()
    for t, at, ids in seen:
        for record in stored:
            if (record.topic, record.part) == at and record.recorded_at < t:
                assert record.event_id in ids
    assert seen


async def test_the_ends_are_behind_what_was_read(bench: Bench) -> None:
    customer = uuid4()
    at = TopicPart(CARDS_EVENTS, part_of(str(customer)))
    await append(bench.pool, "cards", append_of(f"card-{customer}", customer, TradeReleased(customer_id=customer)))
    reader = Reader(bench.new_feed())
    await reader.feed.assign({at: Start()})
    await reader.until(1)
    assert await reader.feed.ends([at]) == {at: 1 if bench.has_offsets else None}
    assert reader.offsets == {at: 1 if bench.has_offsets else None}
