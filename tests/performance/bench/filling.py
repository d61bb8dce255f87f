"""Putting facts into a store as an import does, ten thousand a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from shared.event_store.append import append_facts
from shared.event_store.events import Fact
from shared.postgres.pool import Pool

A_CALL = 10_000


async def append_all(pool: Pool, facts: Sequence[Fact]) -> None:
    """All of them have to be new."""
    for at in range(0, len(facts), A_CALL):
        async with pool.acquire() as c, c.transaction():
            verdicts = await append_facts(c, "cards", facts[at : at + A_CALL])
        assert verdicts.count("recorded") == len(verdicts)
