"""The database of an installation: roles, one database, the schemas of the services, the keystore."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg

from shared.contracts.topics import SERVICES
from shared.postgres.migrate import migrate
from shared.postgres.roles import OWNER, create_cluster_roles, create_database, login_roles
from shared.privacy.keystore import install

DATABASE = "regulars"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of the database, by role; `admin` is of the superuser."""

    admin: str
    by_role: Mapping[str, str]


def addresses(host: str, port: int, admin: str, passwords: Mapping[str, str]) -> Addresses:
    return Addresses(admin, {role: f"postgresql://{role}:{passwords[role]}@{host}:{port}/{DATABASE}" for role in login_roles()})


async def prepare(
    cluster_dsn: str, found: Addresses, passwords: Mapping[str, str], parts: int, say: Callable[[str], None]
) -> None:
    """Make what is missing and bring every schema to its newest revision. Repeatable.

    `cluster_dsn` is the superuser's address of the maintenance database. Raises asyncpg or sqlalchemy errors; what was done stays.
    """
    admin = await asyncpg.connect(cluster_dsn)
    try:
        await create_cluster_roles(admin, passwords)
        if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", DATABASE):
            await create_database(admin, DATABASE)
    finally:
        await admin.close()
    await migrate_all(found.by_role[OWNER], parts, say)
    admin = await asyncpg.connect(found.admin)
    try:
        await install(admin)
    finally:
        await admin.close()


async def migrate_all(owner_dsn: str, parts: int, say: Callable[[str], None]) -> None:
    """Bring the schemas of the four services to their newest revisions, one after the other."""
    for service in SERVICES:
        await asyncio.to_thread(migrate, service, owner_dsn, parts)
        say(f"{service}: schema is up to date")
