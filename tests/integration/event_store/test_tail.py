"""The tail loses nothing and sees each stream in order; and the hunt that says so finds the known mistakes."""

import re

import pytest

from shared.contracts.cursor import START, Cursor
from shared.event_store import tail as tail_module
from shared.event_store.append import append_many
from shared.event_store.tail import read_tail, tail
from shared.feed.scan import horizon, scan
from shared.testing.hunt import hunt
from shared.testing.stored_events import releases


async def test_nothing_is_lost_or_disordered_beside_many_writers(pool, admin):
    """INVARIANT: commit order, no gaps. Broken by an id taken before the locks, by a missing lock, by a reader without horizon."""
    found = await hunt(pool, admin, seed=1, seconds=4)
    assert found.violations == []
    assert found.ended["committed"] > 100
    assert found.ended["rolled back"] > 10
    assert found.ended["killed"] > 5


async def _function(admin, name: str) -> str:
    return await admin.fetchval(
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'cards'::regnamespace AND p.proname = $1", name
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("PERFORM cards.begin_append();", "PERFORM cards.begin_append(); PERFORM pg_current_xact_id();"),
        ("PERFORM pg_advisory_xact_lock(k.category, k.bucket)", "PERFORM (k.category, k.bucket)"),
        (
            "x := pg_current_xact_id();",
            "SELECT s.at INTO t FROM cards.append_time(false) s; PERFORM pg_sleep(0.005); x := pg_current_xact_id();",
        ),
    ],
    ids=["xid first", "no stream lock", "time first"],
)
async def test_the_hunt_catches_a_wrong_append(pool, admin, right, wrong):
    for name in ("append_many", "admit_facts"):
        definition = await _function(admin, name)
        assert right in definition
        definition = definition.replace(right, wrong)
        if wrong.startswith("SELECT s.at"):
            definition = re.sub(r"SELECT s.gen, s.at INTO g, t", "SELECT s.gen INTO g", definition)
        await admin.execute(definition)
    found = await hunt(pool, admin, seed=2, seconds=5)
    assert found.violations


async def test_the_hunt_catches_a_tail_without_horizon(pool, admin, monkeypatch):
    horizon = "AND (r.gen < (SELECT s.gen FROM {schema}.store s) OR r.xid < (SELECT pg_snapshot_xmin(pg_current_snapshot())))"
    assert horizon in tail_module._TAIL
    monkeypatch.setattr(tail_module, "_TAIL", tail_module._TAIL.replace(horizon, ""))
    found = await hunt(pool, admin, seed=3, seconds=5)
    assert found.violations


async def test_a_running_transaction_holds_back_what_comes_later(pool, customers):
    async with pool.acquire() as slow, pool.acquire() as reader:
        running = slow.transaction()
        await running.start()
        await append_many(slow, "cards", [releases(customers[0])])
        async with pool.acquire() as fast, fast.transaction():
            await append_many(fast, "cards", [releases(customers[1])])
        assert await tail(reader, "cards", START) == []
        horizon = (await read_tail(reader, "cards", START)).xmin
        await running.commit()
        rows = await tail(reader, "cards", START)
        assert [row.customer_id for row in rows] == customers[:2]
        assert horizon == rows[0].xid


async def test_a_transaction_that_only_reads_holds_back_nothing(pool, customers):
    async with pool.acquire() as reading, reading.transaction(isolation="repeatable_read"):
        await reading.fetchval("SELECT count(*) FROM cards.events")
        async with pool.acquire() as writer, writer.transaction():
            await append_many(writer, "cards", [releases(customers[0])])
        async with pool.acquire() as reader:
            assert len(await tail(reader, "cards", START)) == 1


async def test_pages_follow_one_another(pool, customers):
    for customer in customers:
        async with pool.acquire() as writer, writer.transaction():
            await append_many(writer, "cards", [releases(customer, count=3)])
    seen, cursor = [], START
    async with pool.acquire() as reader:
        while rows := await tail(reader, "cards", cursor, limit=2):
            seen += [(row.stream, row.version) for row in rows]
            cursor = rows[-1].cursor
    assert seen == [(f"card-{customer}", version) for customer in customers for version in (1, 2, 3)]


async def keep_from_before_a_restore(admin):
    """An event of the first generation, of a cluster that had given out more transaction ids than this one."""
    await admin.execute(
        "INSERT INTO cards.events (gen, xid, stream, version, event_id, type, part, occurred_at, recorded_at, body, meta)"
        " VALUES (1, '999999999999', 'card-old', 1, gen_random_uuid(), 'regulars.cards.trade-released.v1', 0, now(), now(), '{}', '{}')"
    )


async def test_a_new_generation_comes_after_every_older_one(pool, admin, customers):
    """After a restore transaction ids begin anew; the generation keeps the order and old rows are complete."""
    await admin.execute("UPDATE cards.store SET gen = 2")
    async with pool.acquire() as writer, writer.transaction():
        await append_many(writer, "cards", [releases(customers[0])])
    await keep_from_before_a_restore(admin)
    async with pool.acquire() as reader:
        rows = await tail(reader, "cards", START)
        assert [row.gen for row in rows] == [1, 2]
        assert [row.gen for row in await tail(reader, "cards", Cursor(1, 999999999999, rows[0].pos))] == [2]


async def test_what_is_published_of_a_restored_store_is_visible_before_anything_new_is_appended(pool, admin):
    await admin.execute("UPDATE cards.store SET gen = 2")
    await keep_from_before_a_restore(admin)
    async with pool.acquire() as reader:
        assert [record.stream for record in await scan(reader, "cards", START)] == ["card-old"]
        assert (await horizon(reader, "cards")).xid == 999999999999
