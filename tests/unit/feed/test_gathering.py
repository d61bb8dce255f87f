"""How the feed from Kafka makes batches: few records at once, many together. The client is scripted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from shared.contracts.cards import TradeReleased
from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import Record, headers
from shared.contracts.topics import CARDS_EVENTS
from shared.feed import kafka as feeds
from shared.feed.feed import Start
from shared.feed.kafka import FLOWING, LARGE, KafkaFeed
from shared.kafka.batches import RawRecord
from shared.kafka.record_batch import header_bytes
from shared.kafka.settings import KafkaSettings

A, B = TopicPartition(CARDS_EVENTS, 1), TopicPartition(CARDS_EVENTS, 2)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def messages(first: int, count: int) -> list[RawRecord]:
    found = []
    for n in range(first, first + count):
        prev = Cursor(1, 1, n - 1) if n else None
        of = Record(
            CARDS_EVENTS, 1, n, Cursor(1, 1, n), prev, UUID(int=n), TradeReleased.type, "s", n + 1, None, NOON, NOON, b"{}"
        )
        found.append(RawRecord(n, b"{}", header_bytes(headers(of, 1, {}))))
    return found


class Scripted:
    """A Kafka client that answers what it was told, in turn, and then nothing."""

    def __init__(self, *answers: dict[TopicPartition, list[RawRecord]]) -> None:
        self.answers = deque(answers)

    async def getmany(self, timeout: float, *, max_records: int, max_part: int) -> dict[TopicPartition, list[RawRecord]]:
        found = self.answers.popleft() if self.answers else {}
        assert sum(map(len, found.values())) <= max_records
        assert all(len(its) <= max_part for its in found.values())
        return found

    async def beginning_offsets(self, of: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(of, 0)

    end_offsets = beginning_offsets

    async def nothing(self) -> None:
        return

    start = stop = nothing

    def ignored(self, *_: object) -> None:
        return

    assign = seek = pause = ignored


@pytest.fixture
def feeding(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(feeds, "GATHER_STEP_SECONDS", 0.001)
    monkeypatch.setattr(feeds, "GATHER_IDLE_SHARE", 0.02)

    async def make(client: Scripted, gather_seconds: float = 1.0) -> KafkaFeed:
        monkeypatch.setattr(feeds, "PartReader", lambda *_: client)
        feed = KafkaFeed(KafkaSettings("nowhere"), "test", gather_seconds=gather_seconds)
        await feed.assign({TopicPart(tp.topic, tp.partition): Start(offset=0) for tp in (A, B)})
        return feed

    return make


async def test_what_follows_a_flow_comes_together(feeding: Any) -> None:
    flow, more = {A: messages(0, FLOWING)}, {A: messages(FLOWING, 5)}
    client = Scripted(flow, more, {B: messages(0, 1)}, {}, {A: messages(FLOWING + 5, 2), B: messages(1, 1)})
    feed = await feeding(client)
    await feed.read(5000, 1)
    first, second = await feed.read(5000, 1)
    assert [record.offset for record in first.records] == list(range(FLOWING, FLOWING + 7))
    assert (first.next_offset, second.part, len(second.records)) == (FLOWING + 7, 2, 2)
    assert not client.answers


async def test_what_comes_after_a_pause_is_not_waited_for(feeding: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "GATHER_IDLE_SHARE", 0.0)
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 5)}, {A: messages(FLOWING + 5, 5)})
    feed = await feeding(client)
    await feed.read(5000, 1)
    [batch] = await feed.read(5000, 1)
    assert len(batch.records) == 5


async def test_a_flow_is_not_gathered_for_ever(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 5)}, {A: messages(FLOWING + 5, 5)})
    feed = await feeding(client, gather_seconds=0.0)
    await feed.read(5000, 1)
    [batch] = await feed.read(5000, 1)
    assert len(batch.records) == 5


async def test_many_records_at_once_wait_for_nothing(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 5)})
    [batch] = await (await feeding(client)).read(5000, 1)
    assert len(batch.records) == FLOWING


async def test_few_records_wait_for_nothing(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING - 1)}, {A: messages(FLOWING - 1, 10)}, {A: messages(FLOWING + 9, 1)})
    feed = await feeding(client)
    await feed.read(5000, 1)
    [batch] = await feed.read(5000, 1)
    assert len(batch.records) == 10


async def test_no_more_is_gathered_than_was_asked_for(feeding: Any) -> None:
    client = Scripted(
        {A: messages(0, FLOWING)}, {A: messages(FLOWING, 10)}, {A: messages(FLOWING + 10, 5)}, {A: messages(FLOWING + 15, 1)}
    )
    feed = await feeding(client)
    await feed.read(FLOWING, 1)
    [batch] = await feed.read(15, 1)
    assert len(batch.records) == 15
    assert len(client.answers) == 1


async def test_a_part_that_is_behind_is_not_gathered(feeding: Any) -> None:
    client = Scripted({A: messages(0, LARGE)}, {A: messages(LARGE, LARGE)}, {A: messages(2 * LARGE, 1)})
    feed = await feeding(client)
    await feed.read(4 * LARGE, 1)
    [batch] = await feed.read(4 * LARGE, 1)
    assert len(batch.records) == LARGE


async def test_a_read_that_may_not_wait_gathers_nothing(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 1)}, {A: messages(FLOWING + 1, 1)})
    feed = await feeding(client)
    await feed.read(5000, 1)
    [batch] = await feed.read(5000, 0)
    assert len(batch.records) == 1
