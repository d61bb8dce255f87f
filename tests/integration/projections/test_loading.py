"""Slots filled in bulk: the same rows as the consumer's, however much is folded and written at once, and what is unusual is parked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from services.classification.read_models.customer_sales import CUSTOMER_SALES
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections import loading
from shared.projections.parking import read_parked
from shared.projections.read_model import ReadModel
from shared.projections.rebuild import rebuild, rebuild_all
from shared.projections.verify import verify_read_models
from shared.testing.activity import (
    ACTIVITY,
    CHOKING,
    POISON,
    SCHEMA,
    Activity,
    Trade,
    append,
    append_of,
    create_activity,
    evolve,
    paid,
    received,
)
from shared.testing.databases import Database
from shared.testing.following import caught_up, contents, following
from tests.integration.projections.test_sums import go_on

PoolOf = Callable[[Database, str], Awaitable[Pool]]
STRANGE = ('a"b\\c', "x,y {}", "NULL", "", "tab\tline\nreturn\r", "\\N", "\\.")


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


async def parked(pool: Pool, slot: str) -> list[str]:
    async with pool.acquire() as conn:
        return [one.parked.key for one in await read_parked(conn, SCHEMA) if one.slot == slot]


@pytest.mark.parametrize(("piece", "waiting", "written"), [(1, 1, 1), (7, 5, 2), (3, 20, 1), (5000, 20_000, 12_000)])
async def test_whatever_is_read_and_written_at_once_the_tables_are_the_same(
    pools: tuple[Pool, Pool, Pool],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
    waiting: int,
    written: int,
) -> None:
    cards, complaints, builder = pools
    sales = replace(CUSTOMER_SALES, topics={CARDS_TRANSACTIONS: CUSTOMER_SALES.topics[CARDS_TRANSACTIONS]})
    await create_activity(database, sales, indexes=())
    models: list[ReadModel[object]] = [ACTIVITY, sales]  # type: ignore[list-item]
    trade = Trade(cards, complaints, seed=8, customers=9)
    async with following(complaints, StoreFeed(stores(complaints)), models, max_records=13):
        await trade.go_on(60)
        await go_on(cards, trade.customers, trade._random, 50)
        for model in models:
            await caught_up(complaints, model)
    for name, value in (("PIECE", piece), ("WAITING", waiting), ("WRITTEN", written)):
        monkeypatch.setattr(loading, name, value)
    done = await rebuild_all(pool=builder, schema=SCHEMA, models=models, stores=stores(builder))
    assert all(one.compared for one in done)
    for model in models:
        await caught_up(complaints, model, "b")
        assert await contents(complaints, model, "a") == await contents(complaints, model, "b")
    assert await verify_read_models(complaints, SCHEMA, models, stores(complaints)) == []


async def test_what_cannot_be_folded_is_parked_as_the_consumer_parks_it_and_the_others_are_rebuilt(
    pools: tuple[Pool, Pool, Pool],
) -> None:
    cards, complaints, builder = pools
    trade = Trade(cards, complaints, seed=9)
    await trade.go_on(40)
    poisoned = trade.customers[0]
    await append(complaints, "complaints", append_of("complaint-x", poisoned, received(poisoned, uuid4(), POISON)))
    await append(cards, "cards", append_of(f"ledger-{poisoned}", poisoned, paid(poisoned, "7.00")))
    async with following(complaints, StoreFeed(stores(complaints)), [CHOKING]):
        await caught_up(complaints, CHOKING)
    done = await rebuild(pool=builder, schema=SCHEMA, model=CHOKING, stores=stores(builder))
    assert done.compared
    assert await parked(complaints, "a") == await parked(complaints, "b") == [str(poisoned)]
    await caught_up(complaints, CHOKING, "b")
    rows = [[row for row in (await contents(complaints, CHOKING, slot))[0] if str(poisoned) not in row] for slot in "ab"]
    assert rows[0] == rows[1]
    assert len(rows[0]) > 20


async def test_what_no_column_takes_is_parked_by_a_rebuild_too(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools
    strange, ordinary = uuid4(), uuid4()
    for customer in (strange, ordinary):
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "5.00")))

    def unwritable(row: Activity | None, event: Envelope) -> Activity | None:
        new = evolve(row, event)
        return new if new is None or new.customer_id != strange else replace(new, open_complaints=("\x00",))

    model = replace(ACTIVITY, evolve=unwritable)
    await rebuild(pool=builder, schema=SCHEMA, model=model, stores=stores(builder), force=True)
    assert await parked(complaints, "b") == [str(strange)]
    [row] = (await contents(complaints, model, "b"))[0]
    assert str(ordinary) in row


async def test_texts_of_any_kind_are_copied_as_they_are(pools: tuple[Pool, Pool, Pool]) -> None:
    cards, complaints, builder = pools

    def odd(row: Activity | None, event: Envelope) -> Activity | None:
        new = evolve(row, event)
        return (
            None
            if new is None
            else replace(new, open_complaints=STRANGE, articles='{"a": "b\\\\c\\t\\"d\\n"}', last_paid_on=None)
        )

    model = replace(ACTIVITY, evolve=odd)
    customer = uuid4()
    await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "5.00")))
    async with following(complaints, StoreFeed(stores(complaints)), [model]):
        await caught_up(complaints, model)
    assert (await rebuild(pool=builder, schema=SCHEMA, model=model, stores=stores(builder))).compared
    async with complaints.acquire() as conn:
        found = await conn.fetchrow("SELECT * FROM complaints.activity_b")
    assert found is not None
    assert tuple(found["open_complaints"]) == STRANGE
    assert found["last_paid_on"] is None
    assert found["last_payment_recorded_at"].date() > date(2026, 1, 1)
    assert await contents(complaints, model, "a") == await contents(complaints, model, "b")
