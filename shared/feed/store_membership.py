"""Who works on the parts where there is no broker: one process holds a lock and owns them all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import asyncpg

from shared.contracts.cursor import PARTS, TopicPart
from shared.feed.feed import FeedStuck, PartsChanged
from shared.postgres.leader_lock import LeadershipLost, while_leading


class StoreMembership:
    """All parts belong to whoever holds the lock of the service. `name` tells several followers of one service apart."""

    def __init__(self, dsn: str, service: str, parts: int = PARTS, *, name: str = "feed") -> None:
        self._dsn, self._service, self._name = dsn, service, name
        self._all = frozenset(range(parts))
        self._owned: frozenset[int] = frozenset()
        self._answered = asyncio.Event()
        self._changed: list[PartsChanged] = []
        self._watching = asyncio.Lock()

    async def owned(self) -> frozenset[int]:
        """Waits until the lock is held for the first time; `watch` takes it."""
        await self._answered.wait()
        return self._owned

    def on_change(self, changed: PartsChanged) -> None:
        self._changed.append(changed)
        if self._owned:
            changed(self._owned)

    async def watch(self) -> None:
        """A holder that was stopped for 3 s has lost the lock and learns of it here, by FeedStuck."""
        async with self._watching:
            try:
                await while_leading(
                    self._dsn, f"regulars.{self._service}.{self._name}", self._hold, application=f"{self._service}-{self._name}"
                )
            except (LeadershipLost, asyncpg.InternalClientError) as error:
                # The client does not expect that a session which the server has ended is used again.
                raise FeedStuck(f"the lock of {self._service} is lost") from error

    async def report(self, next_offsets: Mapping[TopicPart, int]) -> None:
        """There are no offsets to show."""

    async def close(self) -> None:
        """The lock goes with `watch`."""

    async def _hold(self) -> None:
        self._set(self._all)
        try:
            await asyncio.Event().wait()
        finally:
            self._set(frozenset())

    def _set(self, owned: frozenset[int]) -> None:
        self._owned = owned
        for changed in self._changed:
            changed(owned)
        self._answered.set()
