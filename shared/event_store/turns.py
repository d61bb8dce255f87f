"""Commands that name no version take turns at a stream: else all but one of those that come at once would decide in vain."""

from __future__ import annotations

from shared.postgres.pool import Connection

# One number: those of the append and of the hierarchy are two, and never meet it.
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def wait_for_turn(tx: Connection, stream: str) -> None:
    """Wait for whoever came before, to the end of the transaction. Before anything is loaded; it takes no transaction id.

    It spares repetitions and guards nothing: the append checks the version. Raises asyncpg.LockNotAvailableError.
    """
    await tx.execute(_TURN, stream)
