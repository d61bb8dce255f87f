"""A store that was restored from a backup: its relay refuses the old topics, and goes on in a new generation with new ones."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from deploy.backup.generation import StillRunning, begin_generation
from shared.contracts.cursor import Cursor
from shared.kafka.settings import KafkaSettings
from shared.postgres.roles import OWNER
from shared.relay.recovery import RelayRefused
from shared.testing.databases import Database
from tests.integration.relay.trade import complete, customers, leading, sales, saved, stored

_POSITION = """
INSERT INTO cards.positions (read_model, slot, part, version, cursors, offsets, state)
VALUES ('receivables', 'a', 3, 1, '{"regulars.cards.transactions.v1": "1.5.5"}', '{"regulars.cards.transactions.v1": 77}', 'live')"""
_LOSE = "DELETE FROM cards.events WHERE pos > (SELECT max(pos) - 20 FROM cards.events)"


async def execute(database: Database, *statements: str) -> None:
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        for statement in statements:
            await admin.execute(statement)
    finally:
        await admin.close()


async def test_after_a_restore_new_events_sort_behind_all_that_was_lost(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    """INVARIANT: no cursor is given twice. Breaks when the generation stays, since the lost events' numbers are free again."""
    pool = await pool_of(database, "cards")
    await sales(pool, customers(30), each=3)
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    lost = (await stored(pool))[-1][0]
    # As a backup would leave it: the newest events are gone, and the relay's own notes with them.
    await execute(
        database, _LOSE, "DELETE FROM cards.relay_mark", "UPDATE cards.relay SET gen = 0, xid = '0', pos = 0", _POSITION
    )
    async with leading(database.dsn("cards"), kafka) as refusing:
        with pytest.raises(RelayRefused, match="raise its generation"):
            await refusing

    with pytest.raises(StillRunning, match="cards"):
        await begin_generation(database.dsn(OWNER), kafka)
    await pool.close()
    assert set((await begin_generation(database.dsn(OWNER), kafka, above=4)).values()) == {5}

    pool = await pool_of(database, "cards")
    assert await pool.fetchrow("SELECT offsets, cursors <> '{}', rev FROM cards.positions") == ("{}", True, 1)
    await sales(pool, customers(5))
    assert all(cursor.gen == 5 and cursor > lost for cursor, _ in (await stored(pool))[-5:])
    async with leading(database.dsn("cards"), kafka):
        raw = await complete(pool, kafka)
        await saved(pool)
    assert sum(map(len, raw.values())) == 75, "the topics hold what the store holds, each event once"


async def test_a_generation_is_above_those_that_the_topics_have_seen(
    database: Database, pool_of: Any, kafka: KafkaSettings
) -> None:
    """INVARIANT: restored twice from one backup, the second generation is another one; the topics remember the first."""
    pool = await pool_of(database, "cards")
    await pool.close()
    await begin_generation(database.dsn(OWNER), kafka, above=7)
    pool = await pool_of(database, "cards")
    await sales(pool, customers(3))
    async with leading(database.dsn("cards"), kafka):
        await saved(pool)
    await pool.close()
    await execute(database, "DELETE FROM cards.events", "UPDATE cards.store SET gen = 1")
    found = await begin_generation(database.dsn(OWNER), kafka)
    assert found["cards"] == 9
    pool = await pool_of(database, "cards")
    await sales(pool, customers(1))
    assert [cursor for cursor, _ in await stored(pool)] > [Cursor(9, 0, 0)]
