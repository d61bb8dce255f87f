from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace

from shared.contracts.cursor import START
from shared.event_store.append import append_facts, append_many
from shared.event_store.events import CommandRecord, Guard
from shared.event_store.fact_command import FactCommand, record_commands
from shared.event_store.load import load
from shared.event_store.tail import tail
from shared.testing.stored_events import payment, releases, stub


async def in_bulk(pool, facts, stubs=()):
    async with pool.acquire() as connection, connection.transaction():
        return await append_facts(connection, "cards", facts, stubs)


async def as_command(pool, facts, stubs=()):
    command = CommandRecord(uuid4(), "/facts", "key", b"f", 207, {})
    (done,) = await record_commands(pool, "cards", [FactCommand(facts, stubs, command)])
    return done.verdicts


@pytest.fixture(params=[in_bulk, as_command])
def recorded(request):
    """Both ways to record facts."""
    return request.param


async def versions(pool, stream):
    async with pool.acquire() as connection:
        return [event.version for event in (await load(connection, "cards", stream)).events]


async def test_each_row_has_its_verdict(pool, customers, recorded):
    one = customers[0]
    assert await recorded(pool, [payment(one, "1"), payment(one, "2")]) == ["recorded", "recorded"]
    rows = [
        payment(one, "1"),
        payment(one, "2", "99.00"),
        payment(one, "3"),
        payment(one, "3"),
        payment(one, "3", "5.00"),
        payment(one, "x" * 70_000),
        payment(one, "nul \x00"),
        payment(one, "1", source="shop"),
    ]
    verdicts = ["duplicate", "conflict", "recorded", "duplicate", "conflict", "rejected", "rejected", "recorded"]
    assert await recorded(pool, rows) == verdicts
    assert await versions(pool, f"ledger-{one}") == [1, 2, 3, 4]


async def test_rows_keep_their_order_within_a_stream(pool, customers, recorded):
    rows = [payment(customers[i % 3], str(i)) for i in range(60)]
    assert set(await recorded(pool, rows)) == {"recorded"}
    more = [payment(customers[i % 3], str(i)) for i in range(30, 90)]
    assert await recorded(pool, more) == ["duplicate"] * 30 + ["recorded"] * 30
    async with pool.acquire() as connection:
        seen = [row.event_id for row in await tail(connection, "cards", START)]
    assert seen == [row.event_id for row in (*rows, *more[30:])]
    for customer in customers[:3]:
        assert await versions(pool, f"ledger-{customer}") == list(range(1, 31))


async def test_facts_follow_what_the_stream_holds_already(pool, customers, recorded):
    async with pool.acquire() as connection, connection.transaction():
        await append_many(connection, "cards", [releases(customers[0], count=2)])
    await recorded(pool, [payment(customers[0], "1", stream="card")])
    async with pool.acquire() as connection:
        events = (await load(connection, "cards", f"card-{customers[0]}")).events
    assert [event.version for event in events] == [1, 2, 3]
    assert events[1].recorded_at < events[2].recorded_at


async def test_after_a_step_of_the_clock_backwards_facts_are_still_later_than_their_stream(pool, admin, customers, recorded):
    one, other = customers[:2]
    await recorded(pool, [payment(one, "1")])
    ahead = await admin.fetchval("UPDATE cards.events SET recorded_at = recorded_at + interval '1 hour' RETURNING recorded_at")
    await recorded(pool, [payment(one, "2"), payment(other, "3"), payment(one, "4"), payment(other, "5")])
    async with pool.acquire() as connection:
        late = [event.recorded_at for event in (await load(connection, "cards", f"ledger-{one}")).events]
        now = [event.recorded_at for event in (await load(connection, "cards", f"ledger-{other}")).events]
    us = timedelta(microseconds=1)
    assert late == [ahead, ahead + us, ahead + 2 * us]
    assert now[1] == now[0] + us < ahead


async def test_a_body_prepared_by_the_caller_is_stored_as_it_is(pool, customers, recorded):
    fact = replace(payment(customers[0], "1"), body=b'{"prepared": true}', meta={"correlationid": "c-1"})
    await recorded(pool, [fact])
    row = await pool.fetchrow("SELECT body::text, meta::text, source, source_event_id, fingerprint FROM cards.events")
    assert tuple(row) == ('{"prepared": true}', '{"correlationid": "c-1"}', "erp/payment", "1", fact.fingerprint)


def of_size(fact, written):
    """The fact with a body that is smaller when it is sent than the table writes it: a space behind each comma and the colon."""
    commas = written // 3 - 10
    list_of_numbers = b'{"n":[' + b"1," * commas + b"1]"
    rest = written - (len(list_of_numbers) + commas + 1)
    body = list_of_numbers + b',"t":"' + b"x" * (rest - len(b',"t":""}') - 2) + b'"}'
    return replace(fact, body=body)


async def test_a_body_is_as_large_as_the_table_writes_it(pool, customers, recorded):
    largest, larger = of_size(payment(customers[0], "1"), 65_536), of_size(payment(customers[0], "2"), 65_537)
    assert len(larger.body) < 45_000
    assert await recorded(pool, [largest, larger, payment(customers[0], "3")]) == ["recorded", "rejected", "recorded"]
    assert await pool.fetchval("SELECT max(octet_length(body::text)) FROM cards.events") == 65_536


async def test_nothing_new_writes_nothing(pool, customers, recorded):
    await recorded(pool, [payment(customers[0], "1")])
    async with pool.acquire() as connection, connection.transaction():
        assert await append_facts(connection, "cards", [payment(customers[0], "1")]) == ["duplicate"]
        assert await connection.fetchval("SELECT pg_current_xact_id_if_assigned() IS NULL")
    assert await recorded(pool, []) == []


async def test_a_fact_for_an_unknown_number_opens_a_stub_before_it(pool, customers, recorded):
    one = customers[0]
    assert await recorded(pool, [payment(one, "1"), payment(one, "2")], [stub(one, "K-1"), stub(one, "K-1b")]) == ["recorded"] * 2
    async with pool.acquire() as connection:
        rows = await tail(connection, "cards", START)
    assert [row.stream for row in rows] == [f"card-{one}", f"ledger-{one}", f"ledger-{one}"]
    assert await pool.fetch("SELECT value, customer_id FROM cards.external_ids ORDER BY value") == [("K-1", one), ("K-1b", one)]


async def test_a_stub_is_opened_once(pool, customers, recorded):
    one = customers[0]
    await recorded(pool, [payment(one, "1")], [stub(one, "K-1")])
    assert await recorded(pool, [payment(one, "1"), payment(one, "2")], [stub(one, "K-1")]) == ["duplicate", "recorded"]
    assert await versions(pool, f"card-{one}") == [1]


async def test_no_stub_without_a_recorded_fact(pool, customers, recorded):
    await recorded(pool, [payment(customers[0], "1")])
    rows = [payment(customers[1], "1"), payment(customers[2], "x" * 70_000), payment(customers[3], "2")]
    stubs = [stub(customers[1], "K-1"), stub(customers[2], "K-2"), stub(customers[3], "K-3")]
    assert await recorded(pool, rows, stubs) == ["duplicate", "rejected", "recorded"]
    assert await pool.fetchval("SELECT array_agg(value) FROM cards.external_ids") == ["K-3"]


async def test_facts_of_a_number_that_belongs_to_another_customer_are_moved(pool, customers, recorded):
    owner, mistaken, other = customers[:3]
    async with pool.acquire() as connection, connection.transaction():
        await append_many(connection, "cards", [releases(owner)], guards=[Guard("erp", "K-1", owner)])
    verdicts = await recorded(pool, [payment(mistaken, "1"), payment(other, "2")], [stub(mistaken, "K-1"), stub(other, "K-2")])
    assert verdicts == ["moved", "recorded"]
    assert await versions(pool, f"ledger-{mistaken}") == await versions(pool, f"card-{mistaken}") == []
    assert await recorded(pool, [payment(owner, "1")]) == ["recorded"]


async def test_a_fact_is_no_repeat_of_one_that_was_moved(pool, customers, recorded):
    owner, mistaken = customers[:2]
    async with pool.acquire() as connection, connection.transaction():
        await append_many(connection, "cards", [releases(owner)], guards=[Guard("erp", "K-1", owner)])
    assert await recorded(pool, [payment(mistaken, "1"), payment(owner, "1")], [stub(mistaken, "K-1")]) == ["moved", "recorded"]
    assert await versions(pool, f"ledger-{owner}") == [1]


async def test_two_stubs_for_one_number_in_one_call_open_one_card(pool, customers, recorded):
    first, second = customers[:2]
    assert await recorded(pool, [payment(first, "1"), payment(second, "2")], [stub(first, "K-1"), stub(second, "K-1")]) == [
        "recorded",
        "moved",
    ]
    assert await pool.fetchval("SELECT count(*) FROM cards.events WHERE stream LIKE 'card-%'") == 1
