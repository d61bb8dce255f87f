"""Schema migrations: one alembic tree and one schema a service, run by the owner role, one at a time."""

from __future__ import annotations

import asyncio

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.contracts.cursor import PARTS
from shared.postgres.revisions import migrations_folder
from shared.postgres.schema import within

_LOCK = 0x52454755  # any number, the same for ever: two migrations at once would both see the old revision
_READABLE_REVISION = "GRANT SELECT ON {schema}.schema_revision TO {schema}, {schema}_rebuild"
_RECORD_PARTS = "UPDATE {schema}.store SET parts = :parts WHERE parts IS NULL"


def migrate(service: str, owner_dsn: str, parts: int = PARTS, revision: str = "head") -> None:
    """Bring the service's schema to its newest revision, or to an older one to try an upgrade. Call it where no event loop runs.

    `parts` is recorded at the first migration and never changed afterwards. A statement that waits 5 s for a lock fails, so that a migration never queues the service's own traffic behind it.
    Raises sqlalchemy.exc.DBAPIError; the schema is then unchanged.
    """
    asyncio.run(_migrate(service, owner_dsn, parts, revision))


def run(connection: Connection, service: str) -> None:
    """Run the migrations of `env.py`'s service on this connection, in one transaction."""
    context.configure(connection=connection, version_table_schema=service, version_table="schema_revision")
    with context.begin_transaction():
        context.run_migrations()


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(service)))
    config.set_main_option("path_separator", "os")
    return config


async def _migrate(service: str, owner_dsn: str, parts: int, revision: str) -> None:
    url = make_url(owner_dsn).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"server_settings": {"lock_timeout": "5s"}})
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.commit()
            await connection.execute(text(within(service, "CREATE SCHEMA IF NOT EXISTS {schema}")))
            await connection.commit()
            await connection.run_sync(_upgrade, service, revision)
            await connection.execute(text(within(service, _READABLE_REVISION)))
            await connection.execute(text(within(service, _RECORD_PARTS)), {"parts": parts})
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, service: str, revision: str) -> None:
    config = _config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
