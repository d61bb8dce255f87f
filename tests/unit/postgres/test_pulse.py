"""A server that says no is there; one that says nothing is not."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from shared.postgres import pulse
from shared.postgres.pulse import DatabaseAway, Pulse


class Connected:
    """A connection of the pool."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()

    def terminate(self) -> None:
        self.cut.set()


async def refused(timeout: float) -> Any:
    raise ConnectionRefusedError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(pulse, "SILENT_SECONDS", 0.01)


async def test_a_server_that_refuses_is_away() -> None:
    one, connection = Pulse(refused), Connected()
    await one.opened(connection)
    watching = asyncio.create_task(one.watch(lambda: True))
    async with asyncio.timeout(5):
        await connection.cut.wait()
    with pytest.raises(DatabaseAway):
        one.check()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_a_server_without_room_for_another_connection_is_there() -> None:
    began, long_after = time.monotonic(), asyncio.Event()

    async def full(timeout: float) -> Any:
        if time.monotonic() - began > 20 * pulse.SILENT_SECONDS:
            long_after.set()
        raise asyncpg.TooManyConnectionsError("sorry, too many clients already")

    one, connection = Pulse(full), Connected()
    await one.opened(connection)
    watching = asyncio.create_task(one.watch(lambda: True))
    async with asyncio.timeout(5):
        await long_after.wait()
    one.check()
    assert not connection.cut.is_set()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def test_a_full_server_is_not_asked_again_and_again() -> None:
    asked = 0

    async def full(timeout: float) -> Any:
        nonlocal asked
        asked += 1
        raise asyncpg.TooManyConnectionsError("sorry, too many clients already")

    looks, many = 0, asyncio.Event()

    def nobody_waits() -> bool:
        nonlocal looks
        looks += 1
        if looks == 50:
            many.set()
        return False

    watching = asyncio.create_task(Pulse(full).watch(nobody_waits))
    async with asyncio.timeout(5):
        await many.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert asked == 1
