"""A read model that only adds counts each event once: through batches, poison, values that no column takes, rebuilds and the check."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.read_models.sold import SOLD, split
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.transactions import SaleLine, SaleRecorded
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.parking import ask_retry, read_parked
from shared.projections.rebuild import rebuild
from shared.projections.slots import RebuildRefused
from shared.projections.verify import verify_read_models
from shared.testing.activity import SCHEMA, append, append_of, create_activity
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from shared.testing.following import caught_up, following

PoolOf = Callable[[Database, str], Awaitable[Pool]]
FIRST = date(2026, 1, 1)


def stores(pool: Pool) -> dict[str, Pool]:
    return {"cards": pool}


@pytest.fixture
async def pools(database: Database, pool_of: PoolOf) -> tuple[Pool, Pool, Pool]:
    """Of cards, of complaints, where the sums are kept here, and of the role that rebuilds."""
    await create_activity(database, SOLD, indexes=())
    return (
        await pool_of(database, "cards"),
        await pool_of(database, "complaints"),
        await pool_of(database, "complaints_rebuild"),
    )


def sold(customer: UUID, net: str, *articles: str, days: int = 0) -> SaleRecorded:
    lines = tuple(SaleLine(article=one, quantity=Decimal(1), net=Decimal("1.50"), unit_cost=Decimal("0.125")) for one in articles)
    return SaleRecorded(
        customer_id=customer, source="erp", source_event_id=str(uuid4()), sold_on=FIRST + timedelta(days=days),
        net=Money(Decimal(net), "CNY"), lines=lines,
    )  # fmt: skip


async def trade(cards: Pool, *facts: SaleRecorded) -> None:
    for fact in facts:
        await append(cards, "cards", append_of(f"ledger-{fact.customer_id}", fact.customer_id, fact))


async def go_on(cards: Pool, customers: list[UUID], random: Random, sales: int) -> None:
    for _ in range(sales):
        articles = [random.choice("ABCD") for _ in range(random.randrange(4))]
        await trade(cards, sold(random.choice(customers), "5.00", *articles, days=random.randrange(3)))


async def rows(pool: Pool, slot: str = "a") -> list[str]:
    async with pool.acquire() as conn:
        return [row[0] for row in await conn.fetch(f"SELECT t::text FROM {SCHEMA}.sold_{slot} t ORDER BY 1")]


async def nets(pool: Pool) -> dict[UUID, Decimal]:
    async with pool.acquire() as conn:
        return dict(await conn.fetch(f"SELECT customer_id, sum(net) FROM {SCHEMA}.sold_a GROUP BY 1"))


async def unparked(pool: Pool) -> None:
    async def none_left() -> bool:
        async with pool.acquire() as conn:
            return not await read_parked(conn, SCHEMA)

    await eventually(none_left, timeout=20)


async def test_a_rebuild_while_sales_arrive_gives_the_same_rows_byte_for_byte(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools
    customers, random = [uuid4() for _ in range(5)], Random(7)
    await go_on(cards, customers, random, 40)
    async with following(complaints, StoreFeed(stores(complaints)), [SOLD], max_records=3):
        await caught_up(complaints, SOLD)
        going_on = asyncio.create_task(go_on(cards, customers, random, 40))
        done = await rebuild(pool=builder, schema=SCHEMA, model=SOLD, stores=stores(builder))
        assert (done.slot, done.compared) == ("b", True)
        await going_on
        await caught_up(complaints, SOLD, "b")
        again = await rebuild(pool=builder, schema=SCHEMA, model=SOLD, stores=stores(builder))
        assert (again.slot, again.compared) == ("a", True)
    found = await rows(complaints, "a")
    assert found == await rows(complaints, "b")
    assert sum((await nets(complaints)).values()) == 80 * 5
    assert await verify_read_models(complaints, SCHEMA, [SOLD], stores(complaints)) == []


async def test_a_customer_that_cannot_be_folded_waits_while_others_flow_and_is_added_once_when_it_can(
    pools: tuple[Pool, Pool, Pool],
) -> None:
    cards, complaints, _ = pools
    poisoned, neighbour = uuid4(), uuid4()

    def choking(envelope: Envelope) -> Sequence[tuple[Any, ...]]:
        if isinstance(envelope.event, SaleRecorded) and envelope.event.net.amount == 13:
            raise ValueError
        return split(envelope)

    facts = [sold(poisoned, "5.00", "A"), sold(neighbour, "1.50", "A"), sold(poisoned, "13.00", "A"), sold(poisoned, "7.00", "A")]
    async with following(complaints, StoreFeed(stores(complaints)), [replace(SOLD, split=choking)]):
        await trade(cards, *facts, sold(neighbour, "2.00"))
        await caught_up(complaints, SOLD)
    assert await nets(complaints) == {poisoned: Decimal(5), neighbour: Decimal("3.50")}
    async with complaints.acquire() as conn:
        [one] = await read_parked(conn, SCHEMA)
        assert one.parked.key == str(poisoned)
        assert await ask_retry(conn, SCHEMA, SOLD.name) == 1
    # Whose rows wait are not compared, and those of the others are right.
    assert await verify_read_models(complaints, SCHEMA, [SOLD], stores(complaints)) == []
    async with following(complaints, StoreFeed(stores(complaints)), [SOLD]):
        await unparked(complaints)
        await trade(cards, sold(poisoned, "1.00"))
        await caught_up(complaints, SOLD)
    assert await nets(complaints) == {poisoned: Decimal(26), neighbour: Decimal("3.50")}
    assert await verify_read_models(complaints, SCHEMA, [SOLD], stores(complaints)) == []


async def test_what_no_column_takes_parks_its_customer_and_the_others_are_added_once(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, _ = pools
    strange, ordinary = uuid4(), uuid4()

    def unwritable(envelope: Envelope) -> Sequence[tuple[Any, ...]]:
        return [row._replace(article="\x00") if envelope.customer_id == strange else row for row in split(envelope)]

    await trade(cards, sold(ordinary, "1.50", "A"), sold(strange, "1.50", "A"), sold(ordinary, "2.00", "A"))
    async with following(complaints, StoreFeed(stores(complaints)), [replace(SOLD, split=unwritable)]):
        await caught_up(complaints, SOLD)
    assert await nets(complaints) == {ordinary: Decimal("3.50")}
    async with complaints.acquire() as conn:
        [one] = await read_parked(conn, SCHEMA)
        assert one.parked.key == str(strange)
        await ask_retry(conn, SCHEMA)
    async with following(complaints, StoreFeed(stores(complaints)), [SOLD]):
        await unparked(complaints)
    assert await nets(complaints) == {ordinary: Decimal("3.50"), strange: Decimal("1.50")}


async def test_the_check_names_what_differs_and_a_rebuild_does_not_show_it(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools
    changed, gone = uuid4(), uuid4()
    await trade(cards, sold(changed, "1.50", "A"), sold(gone, "1.50", "A"))
    async with following(complaints, StoreFeed(stores(complaints)), [SOLD]):
        await caught_up(complaints, SOLD)
    async with complaints.acquire() as conn:
        await conn.execute(f"UPDATE {SCHEMA}.sold_a SET net = 9 WHERE customer_id = $1", changed)
        await conn.execute(f"DELETE FROM {SCHEMA}.sold_a WHERE customer_id = $1", gone)
    found = " ".join(str(one) for one in await verify_read_models(complaints, SCHEMA, [SOLD], stores(complaints)))
    assert f"the row of {changed} differs in 2026-01-01 CNY A" in found
    assert f"the row of {gone} is missing" in found
    with pytest.raises(RebuildRefused, match="differs"):
        await rebuild(pool=builder, schema=SCHEMA, model=SOLD, stores=stores(builder))
    await rebuild(pool=builder, schema=SCHEMA, model=SOLD, stores=stores(builder), force=True)
    assert await verify_read_models(complaints, SCHEMA, [SOLD], stores(complaints)) == []
