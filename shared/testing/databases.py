"""PostgreSQL for tests: one real server a test process, one fresh database a test, copied from a migrated template."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from deploy.local import postgres
from shared.contracts.topics import SERVICES
from shared.postgres.migrate import migrate
from shared.postgres.roles import OWNER, create_cluster_roles, create_database, login_roles
from shared.privacy import keystore

TEMPLATE = "regulars_template"


@dataclass(frozen=True)
class Cluster:
    """A running test server. Passwords of roles are their names."""

    server: postgres.Server
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def pid(self) -> int:
        return self.server.pid

    @property
    def port(self) -> int:
        return self.server.port

    def dsn(self, role: str, database: str) -> str:
        """Address of a database for one of our roles or for the superuser "postgres"."""
        if role == postgres.SUPERUSER:
            return self.server.dsn(database)
        return f"postgresql://{role}:{role}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        postgres.stop(self.server)


@dataclass(frozen=True)
class Database:
    """A fresh database with every migration of the four services."""

    cluster: Cluster
    name: str

    def dsn(self, role: str) -> str:
        """Address for "cards", "cards_rebuild", "regulars_owner", "dashboards", "postgres" (superuser), ..."""
        return self.cluster.dsn(role, self.name)


def start_cluster(folder: Path) -> Cluster:
    """Start a server of its own in `folder`. Raises PostgresFailed."""
    return Cluster(postgres.start(folder))


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for a server, removed at the end. Not pytest's: every start of pytest closes its folders to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-postgres-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def running_cluster() -> AsyncIterator[Cluster]:
    """A server with roles and the migrated template, stopped and removed at the end."""
    with server_folder() as folder:
        cluster = start_cluster(folder)
        try:
            await create_template(cluster)
            yield cluster
        finally:
            cluster.stop()


async def create_template(cluster: Cluster) -> None:
    """Make the roles and the database that tests are copied from, by the same migrations as in production."""
    admin = await asyncpg.connect(cluster.dsn(postgres.SUPERUSER, "postgres"))
    try:
        await create_cluster_roles(admin, {role: role for role in login_roles()})
        await create_database(admin, TEMPLATE)
    finally:
        await admin.close()
    for service in SERVICES:
        await asyncio.to_thread(migrate, service, cluster.dsn(OWNER, TEMPLATE))
    admin = await asyncpg.connect(cluster.dsn(postgres.SUPERUSER, TEMPLATE))
    try:
        await keystore.install(admin)
    finally:
        await admin.close()


async def create_test_database(cluster: Cluster) -> Database:
    """A copy of the template, about 50 ms."""
    name = f"test_{next(cluster._numbers)}"
    admin = await asyncpg.connect(cluster.dsn(postgres.SUPERUSER, "postgres"))
    try:
        await create_database(admin, name, TEMPLATE)
    finally:
        await admin.close()
    return Database(cluster, name)


async def drop_test_database(database: Database) -> None:
    """Remove a database and whoever is still connected to it."""
    admin = await asyncpg.connect(database.cluster.dsn(postgres.SUPERUSER, "postgres"))
    try:
        await admin.execute(f"DROP DATABASE {database.name} WITH (FORCE)")
    finally:
        await admin.close()
