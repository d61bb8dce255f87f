"""A process that dies just before or just after the commit of an append, as seen by PostgreSQL and by the caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias
from unittest.mock import patch

from asyncpg.transaction import Transaction

Crash: TypeAlias = Literal["before commit", "after commit"]
_COMMIT = "_Transaction__commit"
_HAS_APPENDED = "SELECT coalesce(current_setting('regulars.appended', true), '') = 'y'"


@contextmanager
def crashing(moment: Crash) -> Iterator[list[Crash]]:
    """The first transaction that has appended loses its connection at this moment. What is given says whether it came to that."""
    commit = getattr(Transaction, _COMMIT)
    crashed: list[Crash] = []

    async def commit_or_crash(self: Any) -> None:
        connection = self._connection
        if crashed or not await connection.fetchval(_HAS_APPENDED):
            await commit(self)
            return
        crashed.append(moment)
        if moment == "after commit":
            await commit(self)
        connection.terminate()
        raise ConnectionResetError

    with patch.object(Transaction, _COMMIT, commit_or_crash):
        yield crashed
