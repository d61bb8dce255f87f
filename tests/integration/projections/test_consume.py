"""The consumer over the event stores: rows, totals and positions move together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest

from shared.contracts.cards import TradeReleased
from shared.contracts.complaints import ComplaintWithdrawn
from shared.contracts.cursor import PARTS, START, Cursor, TopicPart, part_of
from shared.contracts.envelope import Envelope, Passed, Undecodable
from shared.contracts.topics import CARDS_TRANSACTIONS, COMPLAINTS_EVENTS
from shared.contracts.transactions import PaymentReceived
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.feed import Batch, Start
from shared.feed.scan import scan
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.apply import MissingRecord, Standing, apply_batches
from shared.projections.parking import TooManyParked, ask_retry, read_parked
from shared.projections.positions import PartLost
from shared.projections.reaction import Reaction
from shared.projections.refold import refold_part, retry_parked
from shared.projections.routing import live_table, live_totals
from shared.projections.rows import fetch_part, fetch_totals
from shared.projections.standings import load_standings
from shared.projections.waiting import position_token, wait_for
from shared.testing.activity import ACTIVITY, CHOKING, POISON, SCHEMA, Trade, append, append_of, create_activity, paid, received
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from shared.testing.following import GivenParts, caught_up, contents, following

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


async def test_a_parked_key_waits_while_its_neighbours_flow_and_is_folded_anew_on_request(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    poisoned, neighbour, complaint = uuid4(), uuid4(), uuid4()
    async with following(complaints, store_feed(complaints), [CHOKING]):
        await append(cards, "cards", append_of(f"ledger-{poisoned}", poisoned, paid(poisoned, "10.00")))
        await caught_up(complaints, ACTIVITY)
        await append(complaints, SCHEMA, append_of(f"complaint-{complaint}", poisoned, received(poisoned, complaint, POISON)))
        await caught_up(complaints, ACTIVITY)
        for customer in (poisoned, neighbour):
            await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "5.00")))
        await caught_up(complaints, ACTIVITY)
        async with complaints.acquire() as conn:
            table = await live_table(conn, SCHEMA, ACTIVITY)
            sums = dict(await conn.fetch(f"SELECT customer_id, paid::int FROM {table}"))
            [one] = await read_parked(conn, SCHEMA)
        assert sums == {poisoned: 10, neighbour: 5}
        assert (one.parked.key, one.parked.topic, one.retry) == (str(poisoned), COMPLAINTS_EVENTS, False)
        assert one.parked.cause.startswith("ValueError in evolve_that_chokes, line")
        assert POISON not in one.parked.cause.removesuffix("evolve_that_chokes")
        async with complaints.acquire() as conn:
            assert await ask_retry(conn, SCHEMA, ACTIVITY.name) == 1

        async def refused_again() -> bool:
            async with complaints.acquire() as conn:
                return not (await read_parked(conn, SCHEMA))[0].retry

        await eventually(refused_again)
    async with complaints.acquire() as conn:
        await ask_retry(conn, SCHEMA)
    async with following(complaints, store_feed(complaints), [ACTIVITY]):

        async def unparked() -> bool:
            async with complaints.acquire() as conn:
                return not await read_parked(conn, SCHEMA)

        await eventually(unparked)
    await as_the_stores_say(complaints)


async def test_more_than_twenty_keys_parked_in_a_minute_stop_the_consumer(pools: tuple[Pool, Pool]) -> None:
    _, complaints = pools
    for _ in range(21):
        customer = uuid4()
        await append(complaints, SCHEMA, append_of(f"complaint-{customer}", customer, received(customer, uuid4(), POISON)))
    with pytest.raises(ExceptionGroup) as stopped:
        async with following(complaints, store_feed(complaints), [CHOKING]) as task:
            await asyncio.wait_for(task, 10)
    assert stopped.group_contains(TooManyParked)


async def test_what_a_column_cannot_hold_parks_its_key_only(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools

    def evolve(row, event):
        new = ACTIVITY.evolve(row, event)
        return replace(new, releases=2**40) if new and new.customer_id == strange else new

    strange, ordinary = uuid4(), uuid4()
    async with following(complaints, store_feed(complaints), [replace(ACTIVITY, evolve=evolve)]):
        for customer in (strange, ordinary):
            await append(cards, "cards", append_of(f"card-{customer}", customer, TradeReleased(customer_id=customer)))
        await caught_up(complaints, ACTIVITY)
    async with complaints.acquire() as conn:
        [one] = await read_parked(conn, SCHEMA)
        rows = await conn.fetch(f"SELECT customer_id FROM {await live_table(conn, SCHEMA, ACTIVITY)}")
        total = await conn.fetchval(
            f"SELECT sum(value) FROM {await live_totals(conn, SCHEMA, ACTIVITY)} WHERE measure = 'customers' AND group_key = 'all'"
        )
    assert one.parked.key == str(strange)
    assert [row["customer_id"] for row in rows] == [ordinary]
    assert total == 1


async def test_a_worker_that_lost_its_part_writes_nothing(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    customer = uuid4()
    part = part_of(str(customer))
    await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "10.00"), paid(customer, "7.00")))
    [zombie] = (await load_standings(complaints, SCHEMA, [ACTIVITY], [part]))[part]
    [owner] = (await load_standings(complaints, SCHEMA, [ACTIVITY], [part]))[part]
    feed = store_feed(complaints)
    await feed.assign({TopicPart(topic, part): Start() for topic in ACTIVITY.topics})
    [batch] = await feed.read(100, 1)
    await apply_batches(complaints, SCHEMA, {part: [owner]}, [batch])
    before = await contents(complaints, ACTIVITY)
    with pytest.raises(PartLost):
        await apply_batches(complaints, SCHEMA, {part: [zombie]}, [batch])
    assert await contents(complaints, ACTIVITY) == before
    await as_the_stores_say(complaints)


async def of_twelve_parts(cards: Pool, complaints: Pool) -> tuple[dict[int, list[Standing]], list[Batch]]:
    """The standings of all parts, and a batch of each with the payment of one customer."""
    wanted: dict[int, UUID] = {}
    while len(wanted) < PARTS:
        customer = uuid4()
        wanted[part_of(str(customer))] = customer
    for customer in wanted.values():
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "10.00")))
    standings = await load_standings(complaints, SCHEMA, [ACTIVITY], range(PARTS))
    feed = store_feed(complaints)
    await feed.assign({TopicPart(CARDS_TRANSACTIONS, part): Start() for part in range(PARTS)})
    batches: list[Batch] = []
    while len(batches) < PARTS:
        batches += await feed.read(100, 1)
    return standings, batches


async def test_parts_that_are_folded_together_cost_as_many_statements_as_one(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    standings, batches = await of_twelve_parts(cards, complaints)
    sent: list[str] = []
    async with complaints.acquire() as conn:
        # The pool gives out the connection that was released last.
        conn.add_query_logger(lambda query: sent.append(query.query))
    await apply_batches(complaints, SCHEMA, standings, batches[:1])
    alone, sent[:] = len(sent), []
    await apply_batches(complaints, SCHEMA, standings, batches[1:])
    assert 0 < len(sent) <= alone
    await as_the_stores_say(complaints)


async def test_parts_that_are_folded_together_stand_or_fall_together(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    zombie, batches = await of_twelve_parts(cards, complaints)
    owner = await load_standings(complaints, SCHEMA, [ACTIVITY], [batches[5].part])
    await apply_batches(complaints, SCHEMA, owner, [batches[5]])
    before = await contents(complaints, ACTIVITY)
    with pytest.raises(PartLost):
        await apply_batches(complaints, SCHEMA, zombie, batches)
    assert await contents(complaints, ACTIVITY) == before
    again = await load_standings(complaints, SCHEMA, [ACTIVITY], range(PARTS))
    await apply_batches(complaints, SCHEMA, again, batches)
    await as_the_stores_say(complaints)


async def test_repeats_are_dropped_and_a_missing_predecessor_is_noticed(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    customer = uuid4()
    part = part_of(str(customer))
    for amount in ("1.00", "2.00", "3.00", "4.00"):
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, amount)))
    async with complaints.acquire() as conn:
        bare = await scan(conn, "cards", START, parts=[part])
    linked = [msgspec.structs.replace(record, offset=i, prev=bare[i - 1].cursor if i else None) for i, record in enumerate(bare)]

    def batch(*places: int) -> Batch:
        return Batch(CARDS_TRANSACTIONS, part, [linked[i] for i in places], max(places) + 1)

    standings = (await load_standings(complaints, SCHEMA, [ACTIVITY], [part]))[part]
    await apply_batches(complaints, SCHEMA, {part: standings}, [batch(0, 1, 0, 1)])
    with pytest.raises(MissingRecord):
        await apply_batches(complaints, SCHEMA, {part: standings}, [batch(3)])
    await apply_batches(complaints, SCHEMA, {part: standings}, [batch(1, 2, 0, 1, 2, 3, 2)])
    await apply_batches(complaints, SCHEMA, {part: standings}, [batch(0, 1, 2, 3)])
    await as_the_stores_say(complaints)


async def test_the_chain_of_predecessors_runs_through_what_is_passed_over(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    customer = uuid4()
    part = part_of(str(customer))
    await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "1.00")))
    async with complaints.acquire() as conn:
        [first] = await scan(conn, "cards", START, parts=[part])
    places = [first.cursor, *(first.cursor._replace(pos=first.cursor.pos + n) for n in (1, 2, 3))]
    wanted = [
        msgspec.structs.replace(first, offset=0),
        msgspec.structs.replace(first, offset=2, cursor=places[2], prev=places[1]),
    ]
    passed = [Passed(1, places[1], places[0]), Passed(3, places[3], places[2])]
    standings = (await load_standings(complaints, SCHEMA, [ACTIVITY], [part]))[part]
    with pytest.raises(MissingRecord):
        await apply_batches(complaints, SCHEMA, {part: standings}, [Batch(CARDS_TRANSACTIONS, part, list(wanted), 4, passed[1:])])
    await apply_batches(complaints, SCHEMA, {part: standings}, [Batch(CARDS_TRANSACTIONS, part, list(wanted), 4, passed)])
    assert standings[0].position.cursor(CARDS_TRANSACTIONS) == places[3]
    with pytest.raises(MissingRecord):
        gap = Batch(CARDS_TRANSACTIONS, part, [], 6, [Passed(5, Cursor(9, 9, 9), Cursor(9, 9, 8))])
        await apply_batches(complaints, SCHEMA, {part: standings}, [gap])


async def test_an_unknown_type_of_a_subscribed_family_parks_the_customer_and_other_types_are_skipped(
    pools: tuple[Pool, Pool],
) -> None:
    cards, complaints = pools
    customer = uuid4()
    part = part_of(str(customer))
    for amount in ("1.00", "2.00", "3.00"):
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, amount)))
    async with complaints.acquire() as conn:
        records = await scan(conn, "cards", START, parts=[part])
    records[0] = msgspec.structs.replace(records[0], type="regulars.cards.never-heard-of.v1")
    records[1] = msgspec.structs.replace(records[1], type="regulars.cards.payment-received.v9")
    standings = (await load_standings(complaints, SCHEMA, [ACTIVITY], [part]))[part]
    await apply_batches(complaints, SCHEMA, {part: standings}, [Batch(CARDS_TRANSACTIONS, part, list(records), 3)])
    async with complaints.acquire() as conn:
        [one] = await read_parked(conn, SCHEMA)
        assert await conn.fetch(f"SELECT 1 FROM {await live_table(conn, SCHEMA, ACTIVITY)}") == []
    assert (one.parked.key, one.parked.cursor) == (f"customer:{customer}", records[1].cursor)
    # The store knows these records under their true types, so folding the customer anew succeeds.
    await retry_parked(complaints, SCHEMA, standings[0], {"cards": complaints, "complaints": complaints})
    async with complaints.acquire() as conn:
        assert await read_parked(conn, SCHEMA) == []
    await as_the_stores_say(complaints)


async def test_a_record_without_readable_headers_is_kept_as_it_came(pools: tuple[Pool, Pool]) -> None:
    _, complaints = pools
    standings = (await load_standings(complaints, SCHEMA, [ACTIVITY], [3]))[3]
    junk = Undecodable(CARDS_TRANSACTIONS, 3, 17, b"\x00junk")
    for _ in range(2):
        await apply_batches(complaints, SCHEMA, {3: standings}, [Batch(CARDS_TRANSACTIONS, 3, [junk], 18)])
    async with complaints.acquire() as conn:
        kept = await conn.fetch("SELECT topic, part, record_offset, raw FROM complaints.raw_records")
        assert await read_parked(conn, SCHEMA) == []
    assert [tuple(row) for row in kept] == [(CARDS_TRANSACTIONS, 3, 17, b"\x00junk")]
    assert standings[0].position.offsets == {CARDS_TRANSACTIONS: 18}


async def test_a_reaction_answers_each_event_once_and_a_parked_one_when_it_is_tried_again(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    stubborn = [uuid4()]

    def react(event: Envelope) -> list[Append]:
        assert event.customer_id is not None
        if event.customer_id in stubborn:
            raise ValueError("not yet")
        answer = ComplaintWithdrawn(complaint_id=event.event_id, customer_id=event.customer_id, withdrawn_on=date(2026, 5, 5))
        new = NewEvent(uuid5(event.event_id, "answer"), answer, event.occurred_at)
        return [Append(f"complaint-{event.event_id}", "new", event.customer_id, event.part, [new])]

    reaction = Reaction("withdraw", {CARDS_TRANSACTIONS: frozenset({PaymentReceived.type})}, react)
    ordinary = uuid4()

    async def answers() -> int:
        async with complaints.acquire() as conn:
            return int(await conn.fetchval("SELECT count(*) FROM complaints.events"))

    async def answered(count: int) -> None:
        async def probe() -> bool:
            return await answers() >= count

        await eventually(probe)

    for customer in (ordinary, stubborn[0], ordinary, stubborn[0]):
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "1.00")))
    async with following(complaints, store_feed(complaints), [ACTIVITY], reactions=[reaction], max_records=2):
        await answered(2)
        await caught_up(complaints, ACTIVITY)
    assert await answers() == 2
    customer = stubborn.pop()
    async with complaints.acquire() as conn:
        await ask_retry(conn, SCHEMA, "reaction:withdraw")
    async with following(complaints, store_feed(complaints), [ACTIVITY], reactions=[reaction]):
        await answered(4)
        await append(cards, "cards", append_of(f"ledger-{customer}", customer, paid(customer, "1.00")))
        await answered(5)
    assert await answers() == 5


async def test_waiting_for_ones_own_write(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    customer = uuid4()
    part = part_of(str(customer))
    async with following(complaints, store_feed(complaints), [ACTIVITY]):
        async with cards.acquire() as conn, conn.transaction():
            done = await append_many(conn, "cards", [append_of(f"ledger-{customer}", customer, paid(customer, "1.00"))])
        cursor = done.results[0].cursor
        assert cursor is not None
        token = position_token(TopicPart(CARDS_TRANSACTIONS, part), cursor)
        assert await wait_for(complaints, SCHEMA, ACTIVITY, token)
        later = position_token(TopicPart(CARDS_TRANSACTIONS, part), cursor._replace(pos=cursor.pos + 1))
        assert not await wait_for(complaints, SCHEMA, ACTIVITY, f"{token},{later}", timeout=0.1)
        assert await wait_for(complaints, SCHEMA, ACTIVITY, "regulars.alerts.events.v1/3/1.2.3", timeout=0.1)
    with pytest.raises(ValueError):
        await wait_for(complaints, SCHEMA, ACTIVITY, "nonsense")


async def test_parts_move_between_workers_while_events_flow(pools: tuple[Pool, Pool]) -> None:
    cards, complaints = pools
    trade = Trade(cards, complaints, seed=2)
    left, right = GivenParts(range(6)), GivenParts(range(6, PARTS))
    async with (
        following(complaints, store_feed(complaints), [ACTIVITY], left, max_records=7),
        following(complaints, store_feed(complaints), [ACTIVITY], right, max_records=5),
    ):
        for borders in ((0, 12), (4, 2), (9, 3), (12, 0), (6, 6)):
            await trade.go_on(15)
            # For a while both believe that they own the parts between the borders.
            right.give(range(borders[1], PARTS))
            left.give(range(borders[0]))
        left.give(range(7))
        right.give(range(7, PARTS))
        await caught_up(complaints, ACTIVITY)
    await as_the_stores_say(complaints)
