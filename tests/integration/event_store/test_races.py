"""What two or more do at the same moment."""

import asyncio
import contextlib
import random
from collections import Counter
from uuid import uuid4

import pytest

from shared.event_store.append import append_facts, append_many
from shared.event_store.events import Guard
from shared.event_store.load import load
from shared.testing.hunt import LOST_CONNECTION
from shared.testing.stored_events import ROUTE, command, payment, releases, stub


async def appended(pool, *appends, **how):
    async with pool.acquire() as connection, connection.transaction():
        await asyncio.sleep(0)
        return await append_many(connection, "cards", appends, **how)


async def recorded(pool, facts, stubs=()):
    async with pool.acquire() as connection, connection.transaction():
        return await append_facts(connection, "cards", facts, stubs)


@pytest.mark.parametrize("expected", ["new", 1])
async def test_of_many_writers_that_saw_the_same_version_one_wins(pool, customers, expected):
    for customer in customers:
        if expected == 1:
            await appended(pool, releases(customer, "new"))
        answers = await asyncio.gather(*(appended(pool, releases(customer, expected)) for _ in range(16)))
        assert Counter(answer.outcome for answer in answers) == {"appended": 1, "conflict": 15}


async def test_writers_of_many_streams_do_not_deadlock(pool, customers):
    """All take their locks in the same order, whatever the order of their appends."""
    orders = [random.Random(i).sample(customers, len(customers)) for i in range(24)]
    answers = await asyncio.gather(*(appended(pool, *(releases(customer) for customer in order)) for order in orders))
    assert {answer.outcome for answer in answers} == {"appended"}
    assert await pool.fetchval(
        "SELECT min(n) = 24 AND max(n) = 24 FROM (SELECT max(version) n FROM cards.events GROUP BY stream) s"
    )


async def test_two_registrations_of_one_number_at_once_make_one_customer(pool):
    for number in range(10):
        ids = [uuid4() for _ in range(4)]
        answers = await asyncio.gather(
            *(appended(pool, releases(one, "new"), guards=[Guard("erp", f"K-{number}", one)]) for one in ids)
        )
        assert Counter(answer.outcome for answer in answers) == {"appended": 1, "taken": 3}
        winner = next(one for one, answer in zip(ids, answers, strict=True) if answer.outcome == "appended")
        assert {answer.taken[0].customer_id for answer in answers if answer.taken} == {winner}
    assert await pool.fetchval("SELECT count(*) FROM cards.events") == 10


async def test_stubs_and_a_registration_of_one_number_at_once_make_one_customer(pool):
    for number in range(10):
        ids = [uuid4() for _ in range(4)]
        results = await asyncio.gather(
            appended(pool, releases(ids[0], "new"), guards=[Guard("erp", f"K-{number}", ids[0])]),
            *(recorded(pool, [payment(one, f"{number}-{one}")], [stub(one, f"K-{number}")]) for one in ids[1:]),
        )
        registered, verdicts = results[0].outcome == "appended", [verdict for (verdict,) in results[1:]]
        assert Counter(verdicts) == ({"moved": 3} if registered else {"recorded": 1, "moved": 2})
    assert await pool.fetchval("SELECT count(DISTINCT customer_id) FROM cards.events") == 10
    assert await pool.fetchval("SELECT count(*) FROM cards.external_ids") == 10


async def test_the_same_command_sent_many_times_at_once_is_done_once(pool):
    answers = await asyncio.gather(
        *(appended(pool, releases(uuid4(), "new"), command=command("key-1", asked="the same")) for _ in range(16))
    )
    assert Counter(answer.outcome for answer in answers) == {"appended": 1, "replayed": 15}
    assert len({answer.results for answer in answers}) == 1
    assert await pool.fetchval("SELECT count(*) FROM cards.events") == 1


async def retried(pool, asked, customer):
    while True:
        # The pool may hand out the dead connection once more before it has noticed.
        with contextlib.suppress(*LOST_CONNECTION):
            async with pool.acquire() as connection, connection.transaction():
                before = await load(connection, "cards", f"card-{customer}", (asked.principal, ROUTE, asked.key))
                return before, await append_many(connection, "cards", [releases(customer, "new")], command=asked)
        await asyncio.sleep(0)


async def test_a_retry_whose_first_answer_was_lost_gets_the_first_answer(pool, admin, customers):
    """The connection dies around the commit. Whatever the database made of it, the retry ends with one customer."""
    outcomes = Counter()
    for i in range(30):
        asked, customer = command(f"key-{i}", number=str(i)), uuid4()
        with contextlib.suppress(*LOST_CONNECTION):
            async with pool.acquire() as connection, connection.transaction():
                await append_many(connection, "cards", [releases(customer, "new")], command=asked)
                pid = connection.get_server_pid()
                killing = asyncio.create_task(admin.execute("SELECT pg_terminate_backend($1)", pid))
                await asyncio.sleep(random.Random(i).choice((0, 0, 0.001)))
        await killing
        before, again = await retried(pool, asked, customer)
        outcomes[again.outcome] += 1
        assert again.answer == {"number": str(i)}
        assert (before.stored is None) == (again.outcome == "appended")
        assert before.stored is None or before.stored.results == again.results
    assert set(outcomes) <= {"appended", "replayed"}
    assert await pool.fetchval("SELECT count(*) FROM cards.events") == 30
    assert await pool.fetchval("SELECT max(version) FROM cards.events") == 1


async def test_two_imports_of_overlapping_files_at_once_record_each_fact_once(pool):
    """10,000 streams each, 5,000 in common, in opposite orders, 2,000 rows a call."""
    ids = [uuid4() for _ in range(15_000)]
    files = [ids[:10_000], ids[:4_999:-1]]

    async def imported(file):
        verdicts = Counter()
        for start in range(0, len(file), 2000):
            verdicts.update(await recorded(pool, [payment(one, str(one)) for one in file[start : start + 2000]]))
        return verdicts

    first, second = await asyncio.gather(*(imported(file) for file in files))
    assert first + second == {"recorded": 15_000, "duplicate": 5_000}
    assert await pool.fetchval("SELECT count(DISTINCT source_event_id) FROM cards.events") == 15_000
    assert await pool.fetchval("SELECT max(version) FROM cards.events") == 1


async def test_one_fact_that_comes_for_several_customers_at_once_is_recorded_once(pool, customers):
    """Their streams differ, so nothing but the lock of the fact itself makes them wait for each other."""
    for number in range(10):
        facts = [payment(customer, str(number)) for customer in customers]
        answers = await asyncio.gather(*(recorded(pool, [fact]) for fact in facts))
        assert Counter(verdict for (verdict,) in answers) == {"recorded": 1, "duplicate": 4}
    assert await pool.fetchval("SELECT count(*) FROM cards.events") == 10


async def test_one_call_may_touch_ten_thousand_streams(pool):
    """The lock table must hold them all beside those of another call."""
    calls = [[payment(uuid4(), uuid4().hex) for _ in range(10_000)] for _ in range(2)]
    verdicts = await asyncio.gather(*(recorded(pool, facts) for facts in calls))
    assert Counter(verdicts[0] + verdicts[1]) == {"recorded": 20_000}
