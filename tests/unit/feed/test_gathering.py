"""How the feed from Kafka makes batches: few records at once, many together. The client is scripted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from shared.contracts.cards import TradeReleased
from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import Record, headers
from shared.contracts.topics import CARDS_EVENTS
from shared.feed import kafka as feeds
from shared.feed.feed import Start
from shared.feed.kafka import FLOWING, KafkaFeed
from shared.kafka.settings import KafkaSettings

A, B = TopicPartition(CARDS_EVENTS, 1), TopicPartition(CARDS_EVENTS, 2)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Message(NamedTuple):
    offset: int
    headers: Sequence[tuple[str, bytes]]
    value: bytes


def messages(first: int, count: int) -> list[Message]:
    found = []
    for n in range(first, first + count):
        prev = Cursor(1, 1, n - 1) if n else None
        of = Record(
            CARDS_EVENTS, 1, n, Cursor(1, 1, n), prev, UUID(int=n), TradeReleased.type, "s", n + 1, None, NOON, NOON, b"{}"
        )
        found.append(Message(n, headers(of, 1, {}), b"{}"))
    return found


class Scripted:
    """A Kafka client that answers what it was told, in turn, and then nothing."""

    def __init__(self, *answers: dict[TopicPartition, list[Message]]) -> None:
        self.answers = deque(answers)

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Message]]:
        found = self.answers.popleft() if self.answers else {}
        assert sum(map(len, found.values())) <= max_records
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

    async def make(client: Scripted) -> KafkaFeed:
        monkeypatch.setattr(feeds, "reader", lambda *_: client)
        feed = KafkaFeed(KafkaSettings("nowhere"), "test")
        await feed.assign({TopicPart(tp.topic, tp.partition): Start(offset=0) for tp in (A, B)})
        return feed

    return make


async def test_what_follows_many_records_comes_with_them(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 5), B: messages(0, 1)}, {}, {B: messages(1, 1)})
    feed = await feeding(client)
    first, second = await feed.read(5000, 1)
    assert [record.offset for record in first.records] == list(range(FLOWING + 5))
    assert (first.next_offset, second.part, len(second.records)) == (FLOWING + 5, 2, 1)
    assert len(client.answers) == 1, "nothing more came, so it waits no longer"


async def test_few_records_wait_for_nothing(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING - 1)}, {A: messages(FLOWING - 1, FLOWING)})
    [batch] = await (await feeding(client)).read(5000, 1)
    assert len(batch.records) == FLOWING - 1


async def test_no_more_is_gathered_than_was_asked_for(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 10)}, {A: messages(FLOWING + 10, 1)})
    [batch] = await (await feeding(client)).read(FLOWING + 10, 1)
    assert len(batch.records) == FLOWING + 10
    assert len(client.answers) == 1


async def test_a_read_that_may_not_wait_gathers_nothing(feeding: Any) -> None:
    client = Scripted({A: messages(0, FLOWING)}, {A: messages(FLOWING, 1)})
    [batch] = await (await feeding(client)).read(5000, 0)
    assert len(batch.records) == FLOWING
