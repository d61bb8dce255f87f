"""Whether PostgreSQL answers at this moment. A server that hangs, or a network that swallows everything, refuses nothing: without
this, each caller would learn of it only when its own statement should have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakSet

import asyncpg

BEAT_SECONDS = 0.2
MISSED_SECONDS = 0.5


class DatabaseAway(ConnectionError):
    """PostgreSQL does not answer; nobody waits for it."""


class Pulse:
    """Beats over a connection of its own; knows the connections of a pool, and when one of them was last given back in order.

    `connect` opens a connection. Without `watch` it never finds that the server is away.
    """

    def __init__(self, connect: Callable[..., Awaitable[Any]]) -> None:
        self._connect = connect
        self._open: WeakSet[Any] = WeakSet()
        self._heard = 0.0
        self._away = False

    def check(self) -> None:
        """Raises DatabaseAway."""
        if self._away:
            raise DatabaseAway

    async def opened(self, connection: Any) -> None:
        """Take note of a connection of the pool."""
        self._open.add(connection)

    async def heard(self, _connection: Any) -> None:
        """A connection is given back: the server has answered on it."""
        self._heard = time.monotonic()

    async def watch(self) -> None:
        """Beat for ever. Where a beat is missed and nothing else was heard either, the pool's connections are cut, so that whoever
        waits on one hears of it."""
        own: Any = None
        try:
            while True:
                began = time.monotonic()
                own, alive = await self._beat(own)
                if alive:
                    self._away = False
                elif self._heard < began:
                    self._away = True
                    for connection in list(self._open):
                        connection.terminate()
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            if own is not None:
                own.terminate()

    async def _beat(self, own: Any) -> tuple[Any, bool]:
        beat = asyncio.ensure_future(self._ask(own))
        done, _ = await asyncio.wait({beat}, timeout=MISSED_SECONDS)
        if not done:
            # Where our own loop was busy the answer lies there unread.
            done, _ = await asyncio.wait({beat}, timeout=0.05)
        if not done:
            beat.cancel()
            await asyncio.wait({beat})
        if beat.cancelled() or beat.exception() is not None:
            if own is not None:
                own.terminate()
            return None, False
        return beat.result(), True

    async def _ask(self, own: Any) -> Any:
        if own is None or own.is_closed():
            own = await self._connect(timeout=MISSED_SECONDS)
        try:
            await own.fetchval("SELECT 1")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.CancelledError):
            own.terminate()
            raise
        return own
