"""The server of our own: it keeps its data through kill -9 and is found again where it was."""

import asyncio
import stat

import asyncpg
import pytest

from deploy.local import postgres
from shared.event_store.append import append_many
from shared.event_store.load import load
from shared.postgres.migrate import migrate
from shared.postgres.pool import create_pool
from shared.postgres.revisions import head_revision
from shared.postgres.roles import OWNER, create_cluster_roles, login_roles
from shared.testing.databases import create_test_database, server_folder
from shared.testing.stored_events import releases


@pytest.fixture
def folder():
    with server_folder() as folder:
        yield folder


async def test_what_was_committed_survives_a_power_cut(folder):
    server = postgres.start(folder)
    admin = await asyncpg.connect(server.dsn())
    await admin.execute("CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)")
    postgres.kill(server)
    again = postgres.start(folder)
    try:
        assert (again.port, again.pid != server.pid) == (server.port, True)
        assert postgres.start(folder) == again
        admin = await asyncpg.connect(again.dsn())
        assert await admin.fetchval("SELECT count(*) FROM kept") == 1000
        assert await admin.fetchval(
            "SELECT bool_and(setting = 'on') FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')"
        )
        await admin.close()
    finally:
        postgres.stop(again)


async def test_the_password_is_needed_and_kept_from_others(own_cluster):
    secret = own_cluster.server.folder / "superuser"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:wrong@127.0.0.1:{own_cluster.port}/postgres")


async def test_migrations_and_roles_can_be_repeated(own_cluster, customers):
    database = await create_test_database(own_cluster)
    pool = await create_pool(database.dsn("cards"), name="test")
    async with pool.acquire() as connection, connection.transaction():
        await append_many(connection, "cards", [releases(customers[0])])
    admin = await asyncpg.connect(own_cluster.dsn("postgres", "postgres"))
    await create_cluster_roles(admin, {role: role for role in login_roles()})
    await admin.close()
    await asyncio.to_thread(migrate, "cards", database.dsn(OWNER), 6)
    assert (await pool.fetchval("SELECT version_num FROM cards.schema_revision")) == head_revision("cards")
    assert await pool.fetchval("SELECT parts FROM cards.store") == 12, "parts never change"
    async with pool.acquire() as connection:
        assert (await load(connection, "cards", f"card-{customers[0]}")).version == 1
    await pool.close()


async def test_every_transaction_has_its_time_limits(database, pool_of):
    pool = await pool_of(database, "cards")
    limits = await pool.fetchrow(
        "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('transaction_timeout'),"
        " current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('jit'), current_setting('timezone')"
    )
    assert tuple(limits) == ("10s", "30s", "7500ms", "10s", "off", "UTC")


async def test_a_stranger_cannot_connect(database):
    admin = await asyncpg.connect(database.dsn("postgres"))
    await admin.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(database.dsn("stranger"))
    finally:
        await admin.execute("DROP ROLE stranger")
        await admin.close()
