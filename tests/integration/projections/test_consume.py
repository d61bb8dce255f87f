"""The consumer over the event stores: rows, totals and positions move together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from shared.contracts.cards import TradeReleased
from shared.contracts.cursor import PARTS, TopicPart, part_of
from shared.contracts.topics import CARDS_EVENTS, COMPLAINTS_EVENTS
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.apply import Standing, apply_batch
from shared.projections.parking import TooManyParked, ask_retry, read_parked
from shared.projections.positions import PartLost, make_positions
from shared.projections.refold import refold_part
from shared.projections.routing import live_table, live_totals
from shared.projections.rows import fetch_part, fetch_totals
from shared.projections.standings import load_standings
from shared.projections.waiting import position_token, wait_for
from shared.testing.activity import ACTIVITY, CHOKING, POISON, SCHEMA, Trade, append, append_of, create_activity, paid, received
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from shared.testing.following import GivenParts, caught_up, contents, following, last_cursors

PoolOf = Callable[[Database, str], Awaitable[Pool]]


def store_feed(pool: Pool) -> StoreFeed:
    return StoreFeed({"cards": pool, "complaints": pool})


@pytest.fixture
async def pools(database: Database, pool_of: PoolOf) -> tuple[Pool, Pool]:
    await create_activity(database)
    return await pool_of(database, "cards"), await pool_of(database, "complaints")


async def as_the_stores_say(pool: Pool) -> None:
    stores = {"cards": pool, "complaints": pool}
    for part, standings in (await load_standings(pool, SCHEMA, [ACTIVITY], range(PARTS))).items():
        expected = await refold_part(ACTIVITY, stores, standings[0].position)
        async with pool.acquire() as conn:
            rows = await fetch_part(conn, SCHEMA, ACTIVITY, "a", part)
            totals = await fetch_totals(conn, SCHEMA, ACTIVITY, "a", part)
        assert rows == expected.rows
        sums: dict[tuple[str, str], object] = {}
        for row in expected.rows.values():
            for group, measures in ACTIVITY.totals(row).items():
                for measure, amount in measures.items():
                    sums[group, measure] = sums.get((group, measure), 0) + amount
        assert totals == {slot: amount for slot, amount in sums.items() if amount}


async def test_rows_are_the_fold_of_the_stores_whatever_the_batches(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    trade = Trade(cards, complaints, seed=1)
    await trade.go_on(40)
    async with following(complaints, store_feed(complaints), [ACTIVITY], max_records=3):
        await trade.go_on(60)
        await caught_up(complaints, ACTIVITY)
    await as_the_stores_say(complaints)
    async with following(complaints, store_feed(complaints), [ACTIVITY]):
        await trade.go_on(40)
        await caught_up(complaints, ACTIVITY)
    await as_the_stores_say(complaints)
