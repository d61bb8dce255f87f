"""Rebuilding into the other slot while events arrive, and the check of everything against the stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from shared.contracts.cursor import PARTS, part_of
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.event_store.append import append_many
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.rebuild import fill, rebuild, rebuild_all
from shared.projections.routing import live_slot
from shared.projections.slots import RebuildRefused, prepare
from shared.projections.verify import verify_read_models
from shared.testing.activity import ACTIVITY, SCHEMA, Trade, append, append_of, create_activity, evolve, paid
from shared.testing.databases import Database
from shared.testing.following import caught_up, contents, following

PoolOf = Callable[[Database, str], Awaitable[Pool]]


def stores(pool: Pool) -> dict[str, Pool]:
    return {"cards": pool, "complaints": pool}


@pytest.fixture
async def pools(database: Database, pool_of: PoolOf) -> tuple[Pool, Pool, Pool]:
    """Of cards, of complaints, and of the role that rebuilds the read models of complaints."""
    await create_activity(database)
    return (
        await pool_of(database, "cards"),
        await pool_of(database, "complaints"),
        await pool_of(database, "complaints_rebuild"),
    )


async def slot(pool: Pool) -> str:
    async with pool.acquire() as conn:
        return await live_slot(conn, SCHEMA, ACTIVITY)


async def test_a_rebuild_while_events_arrive_gives_the_same_tables_and_the_worker_goes_on_with_it(
    pools: tuple[Pool, Pool, Pool],
) -> None:
    cards, complaints, builder = pools
    trade = Trade(cards, complaints, seed=3)
    await trade.go_on(60)
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY], max_records=11):
        await caught_up(complaints, ACTIVITY)
        going_on = asyncio.create_task(trade.go_on(60))
        done = await rebuild(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder))
        assert (done.slot, done.version, done.compared) == ("b", 1, True)
        assert await slot(complaints) == "b"
        await going_on
        await caught_up(complaints, ACTIVITY, "b")
        # The slot that was left stands still; filled again, it is the same byte for byte.
        again = await rebuild(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder))
        assert (again.slot, again.compared) == ("a", True)
        assert await contents(complaints, ACTIVITY, "a") == await contents(complaints, ACTIVITY, "b")
        await trade.go_on(20)
        await caught_up(complaints, ACTIVITY, "a")
    assert await verify_read_models(complaints, SCHEMA, [ACTIVITY], stores(complaints)) == []


async def test_several_read_models_are_rebuilt_in_one_pass_though_they_stand_at_different_places(
    database: Database, pools: tuple[Pool, Pool, Pool]
) -> None:
    cards, complaints, builder = pools
    paying = replace(ACTIVITY, name="paying", topics={CARDS_TRANSACTIONS: ACTIVITY.topics[CARDS_TRANSACTIONS]})
    await create_activity(database, paying)
    trade = Trade(cards, complaints, seed=5)
    await trade.go_on(40)
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY, paying]):
        await caught_up(complaints, ACTIVITY)
        await caught_up(complaints, paying)
    await trade.go_on(20)
    # One of them stands still meanwhile, so the new slots have to be compared at different places.
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY]):
        await caught_up(complaints, ACTIVITY)
    done = await rebuild_all(pool=builder, schema=SCHEMA, models=[ACTIVITY, paying], stores=stores(builder))
    assert [(one.read_model, one.slot, one.compared) for one in done] == [("activity", "b", True), ("paying", "b", True)]
    assert trade.appended <= done[0].records < 2 * trade.appended
    for model in (ACTIVITY, paying):
        await caught_up(complaints, model, "b")
    assert await contents(complaints, ACTIVITY, "a") == await contents(complaints, ACTIVITY, "b")
    assert await verify_read_models(complaints, SCHEMA, [ACTIVITY, paying], stores(complaints)) == []


async def test_an_interrupted_rebuild_goes_on_and_two_workers_share_the_parts(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools
    trade = Trade(cards, complaints, seed=4)
    await trade.go_on(50)
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY]):
        await caught_up(complaints, ACTIVITY)
    await prepare(builder, SCHEMA, [ACTIVITY], range(PARTS), anew=False)
    first = await fill(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder), parts=range(5))
    second = await fill(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder), parts=range(5, PARTS))
    assert first > 0 and second > 0
    done = await rebuild(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder))
    assert done.records == 0
    assert done.compared
    assert await contents(complaints, ACTIVITY, "a") == await contents(complaints, ACTIVITY, "b")


async def test_a_slot_that_differs_is_not_shown_unless_forced(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools
    customer = uuid4()
    await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "10.00")))
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY]):
        await caught_up(complaints, ACTIVITY)
    async with complaints.acquire() as conn:
        await conn.execute("UPDATE complaints.activity_a SET paid = 11")
    with pytest.raises(RebuildRefused, match="differs"):
        await rebuild(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder))
    assert await slot(complaints) == "a"
    await rebuild(pool=builder, schema=SCHEMA, model=ACTIVITY, stores=stores(builder), force=True)
    assert await slot(complaints) == "b"
    assert await verify_read_models(complaints, SCHEMA, [ACTIVITY], stores(complaints)) == []


async def test_a_new_version_is_built_beside_the_old_one_whose_workers_go_on(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools
    doubled = replace(
        ACTIVITY,
        version=2,
        evolve=lambda row, event: None if (new := evolve(row, event)) is None else replace(new, busy=not new.busy),
    )
    trade = Trade(cards, complaints, seed=5)
    await trade.go_on(20)
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY]):
        await caught_up(complaints, ACTIVITY)
        done = await rebuild(pool=builder, schema=SCHEMA, model=doubled, stores=stores(builder))
        assert (done.slot, done.version, done.compared) == ("b", 2, False)
        await trade.go_on(20)
        await caught_up(complaints, ACTIVITY, "a")
    async with following(complaints, StoreFeed(stores(complaints)), [doubled]):
        await caught_up(complaints, doubled, "b")
    assert await verify_read_models(complaints, SCHEMA, [doubled], stores(complaints)) == []


async def test_the_role_that_rebuilds_cannot_append(pools: tuple[Pool, Pool, Pool]) -> None:
    _, _, builder = pools
    customer = uuid4()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with builder.acquire() as conn, conn.transaction():
            await append_many(conn, SCHEMA, [append_of(f"ledger-{customer}", customer, paid(customer, "1.00"))])


async def test_the_check_names_every_row_and_total_that_is_not_as_the_stores_say(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, _ = pools
    changed, invented = uuid4(), uuid4()
    # Totals are kept by part: two customers of one part would have one total.
    gone = next(one for one in iter(uuid4, None) if part_of(str(one)) != part_of(str(changed)))
    for customer in (changed, gone):
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "10.00")))
    async with following(complaints, StoreFeed(stores(complaints)), [ACTIVITY]):
        await caught_up(complaints, ACTIVITY)
    assert await verify_read_models(complaints, SCHEMA, [ACTIVITY], stores(complaints)) == []
    async with complaints.acquire() as conn:
        await conn.execute("UPDATE complaints.activity_a SET paid = 11, releases = 1 WHERE customer_id = $1", changed)
        await conn.execute("DELETE FROM complaints.activity_a WHERE customer_id = $1", gone)
        await conn.execute(
            "INSERT INTO complaints.activity_a (customer_id, releases, paid, open_complaints, busy, part)"
            " VALUES ($1, 0, $2, '{}', false, 3)",
            invented,
            Decimal(5),
        )
        await conn.execute("UPDATE complaints.activity_totals_a SET value = 7 WHERE measure = 'paid'")
    found = " ".join(str(one) for one in await verify_read_models(complaints, SCHEMA, [ACTIVITY], stores(complaints)))
    assert f"the row of {changed} differs in releases, paid" in found
    assert f"the row of {gone} is missing" in found
    assert f"the row of {invented} should not be there" in found
    assert "the total all / paid is 7 and should be 10.00" in found
    assert found.count("complaints.activity, part") >= 4
