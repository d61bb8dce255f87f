from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.event_store import together
from shared.event_store.fact_command import FactCommand, KeyTaken, Recorded
from shared.event_store.together import Together
from shared.testing.stored_events import command, payment

NOBODY = UUID(int=1)


class Store:
    """Takes statements; the keys in `taken` are taken, and while it is `away` nothing works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[list[str]] = []
        self.taken: set[str] = set()
        self.away: Exception | None = None
        self.may_go = asyncio.Event()
        monkeypatch.setattr(together, "record_commands", self.record)
        pool: Any = None
        self.together = Together(pool, "cards")

    async def record(self, _pool: Any, _schema: str, sent: Sequence[FactCommand]) -> list[Recorded]:
        keys = [one.command.key for one in sent]
        self.statements.append(keys)
        await self.may_go.wait()
        if self.away is not None:
            raise self.away
        if self.taken & set(keys):
            raise KeyTaken
        return [Recorded(["recorded"], f"place of {key}") for key in keys]

    def asked(self, key: str, facts: int = 1) -> asyncio.Task[Recorded]:
        sent = FactCommand([payment(NOBODY, f"{key}-{n}") for n in range(facts)], (), command(key))
        return asyncio.create_task(self.together.record(sent))


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    return Store(monkeypatch)


async def step() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_meanwhile_goes_together_and_gets_his_own_answer(store: Store) -> None:
    first = store.asked("a")
    await step()
    rest = [store.asked(key) for key in "bcd"]
    await step()
    store.may_go.set()
    answers = await asyncio.gather(first, *rest)
    assert [answer.place for answer in answers] == [f"place of {key}" for key in "abcd"]
    assert store.statements == [["a"], ["b", "c", "d"]]


async def test_a_key_that_is_taken_harms_nobody_else(store: Store) -> None:
    store.taken = {"b"}
    store.may_go.set()
    asked = [store.asked(key) for key in "abc"]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(answers[1], KeyTaken)
    assert [answers[n].place for n in (0, 2)] == ["place of a", "place of c"]  # type: ignore[union-attr]
    assert store.statements == [["a", "b", "c"], ["a"], ["b"], ["c"]]


async def test_all_are_told_that_the_store_is_away_and_the_next_are_recorded(store: Store) -> None:
    store.away = TimeoutError()
    store.may_go.set()
    answers = await asyncio.gather(*(store.asked(key) for key in "ab"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [TimeoutError, TimeoutError]
    assert store.statements == [["a", "b"]]
    store.away = None
    assert (await store.asked("c")).place == "place of c"


async def test_who_gives_up_before_his_turn_is_not_recorded(store: Store) -> None:
    first = store.asked("a")
    await step()
    gone, stays = store.asked("b"), store.asked("c")
    await step()
    gone.cancel()
    await step()
    store.may_go.set()
    await asyncio.gather(first, stays)
    assert store.statements == [["a"], ["c"]]


async def test_who_gives_up_meanwhile_disturbs_nobody(store: Store) -> None:
    gone, stays = store.asked("a"), store.asked("b")
    await step()
    gone.cancel()
    await step()
    store.may_go.set()
    assert (await stays).place == "place of b"


async def test_large_requests_do_not_add_up(store: Store) -> None:
    first = store.asked("a")
    await step()
    rest = [store.asked(key, facts) for key, facts in (("b", 2000), ("c", 600), ("d", 400), ("e", 1))]
    await step()
    store.may_go.set()
    await asyncio.gather(first, *rest)
    assert store.statements == [["a"], ["b"], ["c", "d"], ["e"]]
