"""A process refuses a database that does not keep what it promises."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.contracts.cursor import PARTS
from shared.postgres import guards
from shared.postgres.guards import StartupRefused, check_database
from shared.postgres.pool import Pool, create_pool
from shared.testing.databases import Database, create_test_database, drop_test_database
from shared.testing.eventually import eventually


@pytest.fixture
async def fit(own_cluster) -> AsyncIterator[Database]:
    database = await create_test_database(own_cluster)
    yield database
    await drop_test_database(database)


@pytest.fixture
async def admin(fit) -> AsyncIterator[asyncpg.Connection]:
    admin = await asyncpg.connect(fit.dsn("postgres"))
    yield admin
    await admin.close()


@asynccontextmanager
async def pool_as(database: Database, role: str) -> AsyncIterator[Pool]:
    pool = await create_pool(database.dsn(role), name="test")
    try:
        yield pool
    finally:
        await pool.close()


async def checked(database: Database, service: str = "cards", role: str = "cards", parts: int = PARTS) -> None:
    async with pool_as(database, role) as pool:
        await check_database(pool, service, parts)


@pytest.mark.parametrize("service", ["cards", "classification", "complaints", "alerts"])
async def test_a_migrated_database_is_fit(fit, service):
    await checked(fit, service, service)


@asynccontextmanager
async def altered(admin: asyncpg.Connection, name: str, value: str) -> AsyncIterator[None]:
    async def reloaded() -> None:
        await admin.execute("SELECT pg_reload_conf()")

    await admin.execute(f"ALTER SYSTEM SET {name} = {value}")
    await reloaded()
    try:
        await eventually(lambda: admin.fetchval("SELECT current_setting($1) = $2", name, value))
        yield
    finally:
        await admin.execute(f"ALTER SYSTEM RESET {name}")
        await reloaded()
        await eventually(lambda: admin.fetchval("SELECT current_setting($1) <> $2", name, value))


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_server_that_may_lose_commits_is_refused(fit, admin, name):
    async with altered(admin, name, "off"):
        with pytest.raises(StartupRefused, match=name):
            await checked(fit)
    await checked(fit)


@pytest.mark.parametrize("weak", ["off", "local", "remote_write"])
async def test_a_role_that_may_lose_commits_is_refused(fit, admin, weak):
    await admin.execute(f"ALTER ROLE cards IN DATABASE {fit.name} SET synchronous_commit = {weak}")
    with pytest.raises(StartupRefused, match="synchronous_commit"):
        await checked(fit)


async def test_prepared_transactions_are_refused(fit, monkeypatch):
    """A change of this setting needs another server; that it is asked for is shown by asking for another value."""
    monkeypatch.setitem(guards._DURABLE, "max_prepared_transactions", ("1",))
    with pytest.raises(StartupRefused, match="max_prepared_transactions is 0"):
        await checked(fit)


async def test_another_number_of_parts_is_refused(fit, admin):
    with pytest.raises(StartupRefused, match="12 parts, the settings say 6"):
        await checked(fit, parts=6)
    await admin.execute("UPDATE cards.store SET parts = 24")
    with pytest.raises(StartupRefused, match="24 parts"):
        await checked(fit)


async def test_a_wrong_revision_is_refused(fit, admin):
    await admin.execute("UPDATE cards.schema_revision SET version_num = '0000'")
    with pytest.raises(StartupRefused, match="revision 0000"):
        await checked(fit)
    await admin.execute("DROP TABLE cards.schema_revision")
    with pytest.raises(StartupRefused, match="revision none"):
        await checked(fit)


@pytest.mark.parametrize("role", ["postgres", "regulars_owner"])
async def test_a_role_with_too_much_power_is_refused(fit, role):
    with pytest.raises(StartupRefused, match="role of cards"):
        await checked(fit, role=role)


async def test_a_role_that_owns_a_table_is_refused(fit, admin):
    await admin.execute("CREATE TABLE cards.mine (); ALTER TABLE cards.mine OWNER TO cards")
    with pytest.raises(StartupRefused, match="owns mine"):
        await checked(fit)


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
async def test_a_role_that_may_rewrite_events_is_refused(fit, admin, right):
    await admin.execute(f"GRANT {right} ON cards.events TO cards")
    with pytest.raises(StartupRefused, match="may change what is recorded"):
        await checked(fit)


async def test_a_store_restored_into_a_younger_cluster_is_refused(fit, admin):
    await admin.execute(
        "INSERT INTO cards.events (gen, xid, stream, version, event_id, type, part, occurred_at, recorded_at, body, meta)"
        " VALUES (1, '999999999999', 'card-1', 1, gen_random_uuid(), 'regulars.cards.trade-released.v1', 0, now(), now(), '{}', '{}')"
    )
    with pytest.raises(StartupRefused, match="another cluster"):
        await checked(fit)
    await admin.execute("UPDATE cards.store SET gen = 2")
    await checked(fit)
