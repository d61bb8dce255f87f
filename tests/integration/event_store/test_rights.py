"""What is recorded stays: no role of a running service can change it."""

import asyncpg
import pytest

from shared.event_store.append import append_many
from shared.testing.stored_events import releases


@pytest.fixture
async def service(untouched_database, pool_of):
    return await pool_of(untouched_database, "cards")


@pytest.mark.parametrize("table", ["events", "commands", "external_ids"])
@pytest.mark.parametrize(
    "statement", ["UPDATE cards.{} SET {}", "DELETE FROM cards.{}", "TRUNCATE cards.{}", "DROP TABLE cards.{}"]
)
async def test_the_service_can_neither_change_nor_delete(service, table, statement):
    column = {"events": "part = 1", "commands": "status = 1", "external_ids": "value = ''"}[table]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute(statement.format(table, column))


@pytest.mark.parametrize(
    "statement", ["UPDATE cards.store SET parts = 1", "UPDATE cards.store SET gen = 9", "DELETE FROM cards.store"]
)
async def test_the_service_can_move_nothing_but_the_tick(service, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute(statement)
    await service.execute("UPDATE cards.store SET last_tick = clock_timestamp()")


async def test_a_rebuild_reads_and_cannot_append(untouched_database, pool_of, customers):
    rebuild = await pool_of(untouched_database, "cards_rebuild")
    assert await rebuild.fetchval("SELECT count(*) FROM cards.events") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with rebuild.acquire() as connection, connection.transaction():
            await append_many(connection, "cards", [releases(customers[0])])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await rebuild.execute("INSERT INTO cards.external_ids VALUES ('erp', 'K-1', gen_random_uuid())")


@pytest.mark.parametrize("role", ["alerts", "alerts_rebuild", "classification", "complaints"])
async def test_other_services_read_what_is_published_and_nothing_else(untouched_database, pool_of, role):
    other = await pool_of(untouched_database, role)
    assert await other.fetchval("SELECT count(*) FROM cards.published_events") == 0
    assert await other.fetchval("SELECT count(*) FROM cards.published_watermark") is not None
    for table in ("events", "commands", "external_ids", "store"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.fetchval(f"SELECT count(*) FROM cards.{table}")


@pytest.mark.parametrize("table", ["events", "published_events", "external_ids"])
async def test_dashboards_read_no_events(untouched_database, pool_of, table):
    dashboards = await pool_of(untouched_database, "dashboards")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await dashboards.fetchval(f"SELECT count(*) FROM cards.{table}")
