from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from shared.contracts.cards import TradeReleased
from shared.contracts.cursor import START
from shared.event_store.append import Unstorable, append_many
from shared.event_store.events import Append, AppendResult, Guard, NewEvent
from shared.event_store.load import load
from shared.event_store.tail import tail
from shared.testing.stored_events import NOON, ROUTE, command, completed_through, event_of, payment, releases


async def appended(pool, *appends, **how):
    async with pool.acquire() as connection, connection.transaction():
        return await append_many(connection, "cards", appends, **how)


async def loaded(pool, stream, asked=None):
    async with pool.acquire() as connection:
        return await load(connection, "cards", stream, asked)


async def test_a_stream_grows_by_versions(pool, customers):
    first = await appended(pool, releases(customers[0], "new", 2))
    second = await appended(pool, releases(customers[0], 2))
    assert [one.version for one in (*first.results, *second.results)] == [2, 3]
    stream = await loaded(pool, f"card-{customers[0]}")
    assert stream.version == 3
    assert [one.version for one in stream.events] == [1, 2, 3]
    assert stream.events[2].event == TradeReleased(customer_id=customers[0])
    assert stream.events[2].cursor == second.results[0].cursor
    assert stream.events[0].occurred_at == NOON
    assert stream.events[0].recorded_at < stream.events[1].recorded_at < stream.events[2].recorded_at


async def test_answers_name_the_place_of_each_append(pool, customers):
    answer = await appended(pool, releases(customers[0], "new", 2), releases(customers[1], "any"))
    async with pool.acquire() as connection:
        rows = await tail(connection, "cards", START)
    assert [one.cursor for one in answer.results] == [rows[1].cursor, rows[2].cursor]


async def test_one_append_that_does_not_fit_keeps_all_from_being_written(pool, customers):
    await appended(pool, releases(customers[0], "new", 2))
    answer = await appended(
        pool, releases(customers[1], "new"), releases(customers[0], 1), guards=[Guard("erp", "K-1", customers[1])]
    )
    assert answer.outcome == "conflict"
    assert answer.results == (AppendResult(f"card-{customers[0]}", "conflict", 2, None),)
    assert (await loaded(pool, f"card-{customers[1]}")).version == 0
    assert await pool.fetchval("SELECT count(*) FROM cards.external_ids") == 0


async def test_an_expected_version_beyond_the_head_is_a_conflict(pool, customers):
    assert (await appended(pool, releases(customers[0], 3))).outcome == "conflict"


async def test_a_new_stream_that_exists_says_so(pool, customers):
    await appended(pool, releases(customers[0], "new"))
    answer = await appended(pool, releases(customers[0], "new"))
    assert (answer.outcome, answer.results[0].outcome, answer.results[0].version) == ("conflict", "exists", 1)


async def test_existing_streams_are_skipped_and_the_rest_is_appended(pool, customers):
    await appended(pool, releases(customers[0], "new"))
    answer = await appended(pool, releases(customers[0], "new"), releases(customers[1], "new"), skip_existing=True)
    assert answer.outcome == "appended"
    assert [(one.outcome, one.version) for one in answer.results] == [("exists", 1), ("appended", 1)]
    assert [one.cursor is None for one in answer.results] == [True, False]


async def test_a_call_in_which_all_is_skipped_writes_nothing(pool, customers):
    await appended(pool, releases(customers[0], "new"))
    async with pool.acquire() as connection, connection.transaction():
        answer = await append_many(connection, "cards", [releases(customers[0], "new")], skip_existing=True)
        assert answer.results[0].outcome == "exists"
        assert await connection.fetchval("SELECT pg_current_xact_id_if_assigned() IS NULL")


async def test_a_conflict_is_no_reason_to_skip(pool, customers):
    await appended(pool, releases(customers[0], "new", 2))
    assert (await appended(pool, releases(customers[0], 1), skip_existing=True)).outcome == "conflict"


async def test_appends_to_one_stream_in_one_call_follow_one_another(pool, customers):
    one = customers[0]
    answer = await appended(
        pool, releases(one, "new", 2), releases(one, "any"), releases(one, 3), releases(one, "new"), skip_existing=True
    )
    assert [(each.outcome, each.version) for each in answer.results] == [
        ("appended", 2),
        ("appended", 3),
        ("appended", 4),
        ("exists", 4),
    ]
    times = [event.recorded_at for event in (await loaded(pool, f"card-{one}")).events]
    assert times == sorted(set(times))


async def test_an_external_id_has_one_customer(pool, customers):
    mine = [Guard("erp", "K-1", customers[0])]
    assert (await appended(pool, releases(customers[0], "new"), guards=mine)).outcome == "appended"
    assert (await appended(pool, releases(customers[0]), guards=mine)).outcome == "appended"
    answer = await appended(
        pool, releases(customers[1], "new"), guards=[Guard("erp", "K-1", customers[1]), Guard("shop", "9", customers[1])]
    )
    assert (answer.outcome, answer.taken) == ("taken", (Guard("erp", "K-1", customers[0]),))
    assert await pool.fetchval("SELECT count(*) FROM cards.external_ids") == 1
    assert (await loaded(pool, f"card-{customers[1]}")).version == 0


async def test_one_call_cannot_claim_an_external_id_for_two(pool, customers):
    answer = await appended(pool, guards=[Guard("erp", "K-1", customers[0]), Guard("erp", "K-1", customers[1])])
    assert answer.taken == (Guard("erp", "K-1", customers[0]),)


async def test_a_repeated_command_gets_its_first_answer(pool, customers):
    asked = command("key-1", number="K-1")
    first = await appended(pool, releases(customers[0], "new"), command=asked)
    again = await appended(pool, releases(uuid4(), "new"), command=asked)
    assert (again.outcome, again.status, again.answer, again.results) == ("replayed", 201, {"number": "K-1"}, first.results)
    stored = (await loaded(pool, f"card-{customers[0]}", (asked.principal, ROUTE, "key-1"))).stored
    assert (stored.status, stored.answer, stored.results, stored.fingerprint) == (
        201,
        {"number": "K-1"},
        first.results,
        asked.fingerprint,
    )
    assert await pool.fetchval("SELECT count(*) FROM cards.events") == 1


async def test_a_key_used_for_something_else_is_told_apart(pool, customers):
    await appended(pool, releases(customers[0], "new"), command=command("key-1"))
    assert (await appended(pool, releases(customers[1], "new"), command=command("key-1", "other"))).outcome == "key_reused"
    assert (
        await appended(pool, releases(customers[1], "new"), command=command("key-1", principal=uuid4()))
    ).outcome == "appended"


async def test_a_refusal_is_remembered_without_events(pool, customers):
    await appended(pool, releases(customers[0], "new", 2))
    refusal = Append(f"card-{customers[0]}", "any", customers[0], 0, [])
    answer = await appended(pool, refusal, command=command("key-1", status=409, code="ALREADY"))
    assert (answer.outcome, answer.results) == ("appended", (AppendResult(refusal.stream, "appended", 2, None),))
    again = await loaded(pool, refusal.stream, (command("key-1").principal, ROUTE, "key-1"))
    assert (again.stored.status, again.stored.answer, again.events) == (409, {"code": "ALREADY"}, ())
    other = await loaded(pool, refusal.stream, (uuid4(), ROUTE, "key-1"))
    assert (other.stored, other.version) == (None, 2)


async def test_a_stream_nobody_wrote_is_empty(pool):
    nothing = await loaded(pool, "card-none")
    assert (nothing.version, nothing.events, nothing.stored) == (0, (), None)
    assert await loaded(pool, "card-none", (uuid4(), ROUTE, "key")) == nothing


async def test_an_append_is_the_first_write_and_the_only_append(pool, customers):
    async with pool.acquire() as connection:
        for before in ("SELECT pg_current_xact_id()", "SELECT 1 FROM cards.begin_append()"):
            with pytest.raises(asyncpg.ActiveSQLTransactionError):
                async with connection.transaction():
                    await connection.execute(before)
                    await append_many(connection, "cards", [releases(customers[0])])


@pytest.mark.parametrize("weak", ["SET LOCAL synchronous_commit = off", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"])
async def test_an_append_refuses_a_weak_transaction(pool, customers, weak):
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.ActiveSQLTransactionError):
            async with connection.transaction():
                await connection.execute(weak)
                await append_many(connection, "cards", [releases(customers[0])])


async def test_a_clock_that_goes_back_keeps_the_order_of_times(pool, admin, customers):
    """The last tick lies ahead of the clock, as after a step backwards."""
    await admin.execute("UPDATE cards.store SET last_tick = clock_timestamp() + interval '1 hour'")
    tick = await admin.fetchval("SELECT last_tick FROM cards.store")
    await appended(pool, releases(customers[0]))
    await admin.execute("UPDATE cards.store SET last_tick = clock_timestamp() - interval '1 hour'")
    await appended(pool, releases(customers[0]))
    times = [event.recorded_at for event in (await loaded(pool, f"card-{customers[0]}")).events]
    assert tick < times[0] < times[1]


async def test_completeness_is_recorded_later_than_every_fact(pool, admin, customers):
    """INVARIANT: also when the clock goes back between the facts and the declaration."""
    await admin.execute("UPDATE cards.store SET last_tick = clock_timestamp() + interval '1 hour'")
    await appended(pool, releases(customers[0], count=3))
    latest = await pool.fetchval("SELECT max(recorded_at) FROM cards.events")
    await admin.execute("UPDATE cards.store SET last_tick = clock_timestamp() - interval '1 hour'")
    await appended(pool, releases(customers[1]))
    await appended(pool, completed_through("erp"))
    declared = (await loaded(pool, "source-erp")).events[0].recorded_at
    assert latest < declared <= latest + timedelta(milliseconds=1)
    assert (await loaded(pool, f"card-{customers[1]}")).events[0].recorded_at < latest


async def test_what_postgresql_cannot_hold_is_refused_before_it_is_sent(pool, customers):
    # The middle one is small enough when it is sent, and too large as the table writes it.
    for wrong in ("x" * 70_000, "x" * (65_530 - len(payment(customers[0], "").body)), "a\x00b"):
        event = event_of(payment(customers[0], wrong))
        with pytest.raises(Unstorable):
            await appended(pool, Append("card-1", "any", None, 0, [NewEvent(uuid4(), event, NOON)]))
    fine = event_of(payment(customers[0], r"a backslash \u0000 in plain letters"))
    assert (await appended(pool, Append("card-1", "any", None, 0, [NewEvent(uuid4(), fine, NOON)]))).outcome == "appended"
    assert (await loaded(pool, "card-1")).events[0].event == fine
