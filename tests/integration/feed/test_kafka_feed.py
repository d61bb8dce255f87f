"""What only Kafka can do to a reader: strange records, lost tails, rebalances, relays that send twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from shared.contracts.cards import TradeReleased
from shared.contracts.cursor import PARTS, START, Cursor, TopicPart, part_of
from shared.contracts.envelope import Passed, Record, Undecodable, headers
from shared.contracts.event import encode
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINTS_EVENTS, watermarks_topic
from shared.feed.feed import FeedStuck, Start
from shared.feed.kafka import KafkaFeed
from shared.feed.kafka_membership import KafkaMembership
from shared.feed.scan import scan
from shared.kafka.producer import batch_producer
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool
from shared.projections.apply import MissingRecord
from shared.projections.rebuild import rebuild
from shared.projections.verify import verify_read_models
from shared.projections.verify_topics import verify_topics
from shared.relay.leader import term
from shared.relay.state import Mark
from shared.relay.watermark import record_value
from shared.testing.activity import ACTIVITY, SCHEMA, Trade, append, append_of, create_activity, paid
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from shared.testing.following import caught_up, following

PoolOf = Callable[[Database, str], Awaitable[Pool]]
AT = TopicPart(CARDS_EVENTS, 4)


def now() -> datetime:
    return datetime.now(UTC)


def record(number: int, at: TopicPart = AT, first: int = 1) -> Record:
    """Record `number` of a log of numbered records."""
    prev = None if number == first else Cursor(1, 10, number - 1)
    return Record(
        at.topic,
        at.part,
        None,
        Cursor(1, 10, number),
        prev,
        uuid4(),
        TradeReleased.type,
        "card-x",
        number,
        None,
        now(),
        now(),
        b"{}",
    )


class Log:
    """Writes to topics as a relay does, and what no relay would write."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka

    async def __aenter__(self) -> Log:
        self._producer = batch_producer(self._kafka, "test-log")
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def write(self, at: TopicPart, value: bytes, found: list[tuple[str, bytes]]) -> None:
        await self._producer.send_and_wait(self._kafka.physical(at.topic), value, b"key", partition=at.part, headers=found)

    async def send(self, *records: Record) -> None:
        for one in records:
            await self.write(TopicPart(one.topic, one.part), one.body, headers(one, 1, {}))

    async def tick(self, cursor: Cursor, end_offset: int, at: TopicPart = AT) -> None:
        value = record_value(now(), cursor, {at: Mark(cursor, end_offset)})
        await self.write(TopicPart(watermarks_topic("cards"), 0), value, [])


async def read_all(feed: KafkaFeed, count: int) -> list[Record | Undecodable]:
    found: list[Record | Undecodable] = []

    async def probe() -> bool:
        for batch in await feed.read(100, 0.1):
            found.extend(batch.records)
        return len(found) >= count

    await eventually(probe)
    return found


@asynccontextmanager
async def feeding(kafka: KafkaSettings, stuck_seconds: float = 30.0) -> AsyncIterator[KafkaFeed]:
    feed = KafkaFeed(kafka, "test", stuck_seconds=stuck_seconds)
    try:
        yield feed
    finally:
        await feed.close()


async def test_a_record_that_is_not_ours_is_delivered_as_bytes(kafka: KafkaSettings) -> None:
    async with Log(kafka) as log, feeding(kafka) as feed:
        await log.send(record(1))
        await log.write(AT, b"\xff\x00", [("cursor", b"not one")])
        await log.send(record(2))
        await feed.assign({AT: Start()})
        first, junk, last = await read_all(feed, 3)
        assert isinstance(first, Record) and isinstance(last, Record)
        assert junk == Undecodable(AT.topic, AT.part, 1, b"\xff\x00")


async def test_of_types_passed_over_the_place_is_delivered(kafka: KafkaSettings) -> None:
    async with Log(kafka) as log, feeding(kafka) as feed:
        await log.send(record(1), record(2))
        feed.pass_over(lambda topic, type_name: (topic, type_name) == (AT.topic, TradeReleased.type))
        await feed.assign({AT: Start()})
        found: list[Passed] = []

        async def probe() -> bool:
            for batch in await feed.read(100, 0.1):
                assert batch.at == AT
                assert batch.records == []
                assert batch.next_offset == batch.passed[-1].offset + 1
                found.extend(batch.passed)
            return len(found) >= 2

        await eventually(probe)
        assert found == [Passed(0, Cursor(1, 10, 1), None), Passed(1, Cursor(1, 10, 2), Cursor(1, 10, 1))]


async def test_an_offset_outside_the_log_leads_to_its_beginning(kafka: KafkaSettings) -> None:
    async with Log(kafka) as log, feeding(kafka) as feed:
        await log.send(*(record(number) for number in range(1, 4)))
        await feed.assign({AT: Start(Cursor(1, 10, 1), 999)})
        assert [one.offset for one in await read_all(feed, 3)] == [0, 1, 2]


async def test_a_log_that_grew_again_after_a_lost_tail_is_read_again(kafka: KafkaSettings) -> None:
    """The reader stood at offset 4 behind record 4; the log lost 2 to 4 and was given 2 to 4 again, shorter by a repeat."""
    async with Log(kafka) as log, feeding(kafka) as feed:
        await log.send(record(1), record(2), record(3), record(4), record(5))
        await log.tick(Cursor(1, 10, 5), 5)
        await feed.assign({AT: Start(Cursor(1, 10, 4), 5)})
        found = await read_all(feed, 5)
        assert [one.offset for one in found] == [0, 1, 2, 3, 4]

        async def complete() -> bool:
            await feed.read(100, 0.1)
            return feed.complete_through(AT) is not None

        await eventually(complete)


async def test_a_feed_that_gets_nothing_though_records_must_be_there_says_so(kafka: KafkaSettings) -> None:
    async with Log(kafka) as log, feeding(kafka, stuck_seconds=1.0) as feed:
        await log.send(record(1))
        await log.tick(Cursor(1, 10, 7), 1)
        await feed.assign({AT: Start()})
        await read_all(feed, 1)
        assert feed.complete_through(AT) is None
        with pytest.raises(FeedStuck):
            for _ in range(50):
                await feed.read(100, 0.1)


async def test_members_of_a_group_share_the_parts_and_hold_the_same_on_every_topic(kafka: KafkaSettings) -> None:
    topics = (CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINTS_EVENTS)
    members = [KafkaMembership(kafka, SCHEMA, topics, f"member-{i}") for i in range(2)]
    seen: list[frozenset[int]] = []
    members[0].on_change(seen.append)
    watching = [asyncio.create_task(members[0].watch())]
    try:
        assert await asyncio.wait_for(members[0].owned(), 20) == frozenset(range(PARTS))
        watching.append(asyncio.create_task(members[1].watch()))

        async def shared() -> bool:
            a, b = await members[0].owned(), await members[1].owned()
            return len(a) == len(b) == PARTS // 2 and a | b == frozenset(range(PARTS))

        await eventually(shared, timeout=20)
        assert frozenset() in seen
        await members[0].report({TopicPart(topic, part): 3 for topic in topics for part in await members[0].owned()})
        watching[1].cancel()
        await asyncio.gather(watching[1], return_exceptions=True)

        async def alone() -> bool:
            return await members[0].owned() == frozenset(range(PARTS))

        await eventually(alone, timeout=20)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def test_read_models_over_kafka_are_right_though_two_relays_send_everything_twice(
    kafka: KafkaSettings, database: Database, pool_of: PoolOf
) -> None:
    await create_activity(database)
    cards, complaints = await pool_of(database, "cards"), await pool_of(database, "complaints")
    stores = {"cards": complaints, "complaints": complaints}
    trade = Trade(cards, complaints, seed=6)

    def relay(service: str) -> asyncio.Task[None]:
        return asyncio.create_task(term(service=service, dsn=database.dsn(service), kafka=kafka, now=now))

    relays = [relay("cards"), relay("complaints"), relay("cards")]
    builder = await pool_of(database, "complaints_rebuild")

    def worker(name: str) -> AbstractAsyncContextManager[asyncio.Task[None]]:
        membership = KafkaMembership(kafka, SCHEMA, ACTIVITY.topics, name)
        return following(complaints, KafkaFeed(kafka, name), [ACTIVITY], membership)

    async with worker("first"):
        await trade.go_on(15)
        await caught_up(complaints, ACTIVITY, timeout=40)
        # A second worker takes half of the parts and leaves again.
        async with worker("second"):
            for _ in range(3):
                await trade.go_on(10)
                relays.append(relay("cards"))
            await caught_up(complaints, ACTIVITY, timeout=40)
        assert await verify_read_models(complaints, SCHEMA, [ACTIVITY], stores) == []
        ends = KafkaFeed(kafka, "builder")
        done = await rebuild(
            pool=builder, schema=SCHEMA, model=ACTIVITY, stores={"cards": builder, "complaints": builder}, feed=ends
        )
        await ends.close()
        assert (done.slot, done.compared) == ("b", True)
        await trade.go_on(10)
        customer = uuid4()
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "1.00")))
        await caught_up(complaints, ACTIVITY, "b", timeout=40)
        assert await verify_read_models(complaints, SCHEMA, [ACTIVITY], stores) == []

        async def sent() -> bool:
            return not await verify_topics(cards, "cards", KafkaFeed(kafka, "check"), now())

        await eventually(sent, timeout=20)
    for task in relays:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*relays, return_exceptions=True)
    async with Log(kafka) as log:
        async with cards.acquire() as conn:
            stored = await scan(conn, "cards", START)
        at = TopicPart(CARDS_TRANSACTIONS, part_of(str(customer)))
        last = max(one.cursor for one in stored if (one.topic, one.part) == at)
        strange = msgspec.structs.replace(record(1, at), cursor=Cursor(1, 3, 3), event_id=uuid4())
        await log.send(strange)
        found = [str(one) for one in await verify_topics(cards, "cards", KafkaFeed(kafka, "check"), now())]
    assert any(f"event {strange.event_id} at 1.3.3 is in no store" in one for one in found)
    assert last > Cursor(1, 3, 3)


async def test_a_record_that_stays_missing_stops_the_consumer_before_it_folds_on(
    kafka: KafkaSettings, database: Database, pool_of: PoolOf
) -> None:
    await create_activity(database)
    pool = await pool_of(database, "complaints")
    customer = uuid4()
    async with Log(kafka) as log:
        first, _, third = (msgspec.structs.replace(record(n), customer_id=customer) for n in (1, 2, 3))
        await log.send(msgspec.structs.replace(first, body=encode(TradeReleased(customer_id=customer))))

        async def releases() -> int | None:
            return await pool.fetchval("SELECT releases FROM complaints.activity_a")

        with pytest.raises(ExceptionGroup) as stopped:
            async with following(pool, KafkaFeed(kafka, "worker"), [ACTIVITY]) as task:
                await eventually(releases, timeout=20)
                await log.send(third)
                await asyncio.wait_for(task, 20)
    assert stopped.group_contains(MissingRecord)
    assert await releases() == 1
