"""Reading by parts against a real broker: where it begins, what it holds back, and that it goes on when the broker is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from deploy.local.kafka import start
from shared.contracts.cursor import PARTS
from shared.contracts.topics import CARDS_EVENTS
from shared.kafka.admin import create_topics
from shared.kafka.batches import RawRecord
from shared.kafka.part_reader import PartReader
from shared.kafka.producer import batch_producer
from shared.kafka.settings import KafkaSettings
from shared.testing.eventually import eventually


@asynccontextmanager
async def reading(kafka: KafkaSettings, **more: Any) -> AsyncIterator[PartReader]:
    reader = PartReader(kafka, "test", **more)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def sent(kafka: KafkaSettings, at: TopicPartition, *values: bytes) -> None:
    producer = batch_producer(kafka, "test")
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(at.topic, value, b"key", partition=at.partition)
    finally:
        await producer.stop()


async def read(reader: PartReader, count: int, within: float = 20.0, **more: int) -> dict[TopicPartition, list[RawRecord]]:
    found: dict[TopicPartition, list[RawRecord]] = {}

    async def probe() -> bool:
        for at, its in (await reader.getmany(0.2, **{"max_records": 500, "max_part": 500, **more})).items():
            found.setdefault(at, []).extend(its)
        return sum(map(len, found.values())) >= count

    await eventually(probe, timeout=within)
    return found


async def test_records_of_each_part_come_once_and_in_order_however_few_are_taken_at_a_time(kafka: KafkaSettings) -> None:
    one, two = (TopicPartition(kafka.physical(CARDS_EVENTS), part) for part in (1, 2))
    values = [b"%d" % n for n in range(40)]
    async with reading(kafka) as reader:
        reader.assign([one, two])
        await sent(kafka, one, *values)
        await sent(kafka, two, *values)
        assert await reader.beginning_offsets([one, two]) == {one: 0, two: 0}
        assert await reader.end_offsets([two]) == {two: 40}
        reader.seek(one, 0)
        reader.seek(two, 10)
        found = await read(reader, 70, max_records=9, max_part=4)
        assert [(r.offset, r.value) for r in found[one]] == list(enumerate(values))
        assert [(r.offset, r.value) for r in found[two]] == list(enumerate(values))[10:]
        assert (reader.highwater(one), reader.highwater(two)) == (40, 40)
        assert await reader.getmany(0.05, max_records=9, max_part=9) == {}
        reader.seek(one, 39)
        assert [r.offset for r in (await read(reader, 1))[one]] == [39]


async def test_a_part_that_is_paused_is_read_on_where_it_was(kafka: KafkaSettings) -> None:
    one, two = (TopicPartition(kafka.physical(CARDS_EVENTS), part) for part in (1, 2))
    await sent(kafka, one, *[b"v"] * 10)
    async with reading(kafka) as reader:
        reader.assign([one, two])
        reader.seek(one, 0)
        reader.seek(two, 0)
        assert len((await read(reader, 4, max_records=4))[one]) == 4
        reader.pause(one)
        await sent(kafka, two, b"v")
        assert list(await read(reader, 1)) == [two]
        reader.resume(one)
        assert [r.offset for r in (await read(reader, 6))[one]] == list(range(4, 10))


async def test_an_offset_outside_the_log_is_an_error_until_another_is_sought(kafka: KafkaSettings) -> None:
    """INVARIANT: no place is made up. A reader that jumped would pass over records without anybody knowing."""
    at = TopicPartition(kafka.physical(CARDS_EVENTS), 1)
    await sent(kafka, at, b"v")
    async with reading(kafka) as reader:
        reader.assign([at])
        assert await reader.getmany(0.3, max_records=9, max_part=9) == {}, "nobody has said where to begin"
        reader.seek(at, 99)
        for _ in range(2):
            with pytest.raises(OffsetOutOfRangeError) as refused:
                await read(reader, 1)
            assert refused.value.args[0] == {at: 99}
        reader.seek(at, 0)
        assert [r.offset for r in (await read(reader, 1))[at]] == [0]


async def test_offsets_of_a_topic_that_is_not_there_are_not_waited_for_for_ever(kafka: KafkaSettings) -> None:
    quick = KafkaSettings(kafka.bootstrap, prefix="nowhere.", request_timeout_ms=1000)
    async with reading(quick) as reader:
        with pytest.raises(KafkaError):
            await asyncio.wait_for(reader.end_offsets([TopicPartition(quick.physical(CARDS_EVENTS), 0)]), 10)


async def test_a_reader_goes_on_when_a_killed_broker_is_back(tmp_path: Any) -> None:
    broker = await asyncio.to_thread(start, tmp_path / "kafka", heap_mb=384, dies_with_us=True)
    try:
        kafka = KafkaSettings(broker.bootstrap)
        await create_topics(kafka, PARTS)
        at = TopicPartition(CARDS_EVENTS, 1)
        async with reading(kafka) as reader:
            reader.assign([at])
            reader.seek(at, 0)
            await sent(kafka, at, b"before")
            assert [r.value for r in (await read(reader, 1))[at]] == [b"before"]
            broker.kill()
            assert await reader.getmany(1.0, max_records=9, max_part=9) == {}, "what may pass is no error"
            broker = await asyncio.to_thread(start, broker.folder, heap_mb=384, dies_with_us=True)
            await sent(kafka, at, b"after")
            assert [(r.offset, r.value) for r in (await read(reader, 1, within=60))[at]] == [(1, b"after")]
    finally:
        await asyncio.to_thread(broker.stop)
