"""One leader among several processes: an advisory lock on a connection of its own, watched by a heartbeat.

A lock is no fence: a holder that was stopped does not know that it lost it. So whoever leads must also hold something
that only the newest holder can write with (the relay's epoch), and must end when it learns of the loss.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from hashlib import blake2b

import asyncpg

from shared.postgres.pool import session_settings

IDLE_SESSION = "3s"
"""The server ends the holder's session after this silence, so that a stopped process cannot keep the lock."""
HEARTBEAT_SECONDS = 1.0
MISSED_SECONDS = 2.5
TRY_SECONDS = 0.5

# The internal error is what the driver says where a connection ends in the middle of an answer.
_LINE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_TRY = "SELECT pg_try_advisory_lock($1)"


class LeadershipLost(Exception):
    """The heartbeat was missed: somebody else may lead by now. The process must end."""


async def while_leading(dsn: str, name: str, work: Callable[[], Awaitable[None]], *, application: str) -> None:
    """Wait, as long as it takes, for the lock `name` of this database, then run `work` while the lock is held.

    Raises what `work` raises, LeadershipLost when the heartbeat fails, or asyncpg.PostgresError and OSError while waiting.
    Never through a transaction pooler: the lock belongs to the session.
    """
    connection = await asyncpg.connect(
        dsn,
        timeout=5,
        command_timeout=10,
        server_settings=session_settings(application) | {"idle_session_timeout": IDLE_SESSION},
    )
    try:
        held = await connection.fetchval(_TRY, _key(name))
        while not held:
            await asyncio.sleep(TRY_SECONDS)
            held = await connection.fetchval(_TRY, _key(name))
        beating = asyncio.ensure_future(_beat(connection, name))
        working = asyncio.ensure_future(work())
        try:
            done, _ = await asyncio.wait({beating, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (beating, working):
                task.cancel()
            await asyncio.gather(beating, working, return_exceptions=True)
        for task in (working, beating):
            if task in done:
                task.result()
    finally:
        # A lost session must not hold up the end of the process.
        with contextlib.suppress(*_LINE_ERRORS):
            await connection.close(timeout=1)


async def _beat(connection: asyncpg.Connection[asyncpg.Record], name: str) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        beat = asyncio.ensure_future(connection.fetchval("SELECT 1"))
        # Whoever ends meanwhile closes the connection under it: that is heard too, and is no news.
        beat.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        done, _ = await asyncio.wait({beat}, timeout=MISSED_SECONDS - HEARTBEAT_SECONDS)
        if not done:
            # Where our own loop was busy the answer lies there unread, and the server still counts the session as alive.
            done, _ = await asyncio.wait({beat}, timeout=0.05)
        if not done:
            beat.cancel()
            raise LeadershipLost(f"{name}: no answer to the heartbeat")
        try:
            beat.result()
        except _LINE_ERRORS as error:
            raise LeadershipLost(f"{name}: {type(error).__name__}") from error


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
