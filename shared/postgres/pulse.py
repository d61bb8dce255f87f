"""Whether PostgreSQL answers at this moment. A server that hangs, or a network that swallows everything, refuses nothing: without
this, each caller would learn of it only when its own statement should have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import asyncpg

LOOK_SECONDS = 0.1
SILENT_SECONDS = 0.2
MISSED_SECONDS = 0.45
CONNECT_SECONDS = 1.0
AGAIN_SECONDS = 1.0
"""After so long another connection is tried where none was to be had: a server that is full is not helped by being asked."""


class DatabaseAway(ConnectionError):
    """PostgreSQL does not answer; nobody waits for it."""


class Pulse:
    """Asks over a connection of its own, but only while somebody waits for an answer and none has come to anybody for a while:
    an idle pool asks nothing, and neither does a busy one that is answered.

    `connect` opens a connection. Without `watch` it never finds that the server is away.
    """

    def __init__(self, connect: Callable[..., Awaitable[Any]]) -> None:
        self._connect = connect
        self._open: WeakSet[Any] = WeakSet()
        self._own: Any = None
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

    async def begin(self) -> None:
        """Open the connection of its own beforehand: when it is needed, that would take longer than asking."""
        await self._answers()

    async def watch(self, waiting: Callable[[], bool]) -> None:
        """Watch for ever; `waiting` says whether a connection of the pool is in use. Where the server is found to be away, the
        pool's connections are cut, so that whoever waits on one hears of it."""
        since, again = time.monotonic(), 0.0
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                if not self._away and self._without() and time.monotonic() >= again:
                    await self.begin()
                    again = time.monotonic() + AGAIN_SECONDS
                if not waiting():
                    since = time.monotonic()
                if self._away:
                    self._away = not await self._answers()
                elif time.monotonic() - max(self._heard, since) > SILENT_SECONDS:
                    if await self._answers():
                        self._heard = time.monotonic()
                        continue
                    self._away = True
                    for connection in list(self._open):
                        connection.terminate()
        finally:
            self._drop()

    def _without(self) -> bool:
        return self._own is None or self._own.is_closed()

    async def _answers(self) -> bool:
        asking = asyncio.ensure_future(self._ask())
        try:
            patience = CONNECT_SECONDS if self._without() else MISSED_SECONDS
            done, _ = await asyncio.wait({asking}, timeout=patience)
            if not done:
                # Where our own loop was busy the answer lies there unread.
                done, _ = await asyncio.wait({asking}, timeout=0.05)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        error = None if asking.cancelled() else asking.exception()
        if asking.cancelled() or error is not None:
            self._drop()
        # Who is refused a connection, or loses one, because the server says so has been answered.
        return not asking.cancelled() and (error is None or isinstance(error, asyncpg.PostgresError))

    async def _ask(self) -> None:
        if self._without():
            self._own = await self._connect(timeout=2 * CONNECT_SECONDS)
        await self._own.fetchval("SELECT 1")

    def _drop(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            with suppress(asyncpg.InterfaceError):
                own.terminate()
