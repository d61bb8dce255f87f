"""Roles of the installation and what they may do.

`regulars_owner` owns schemas and tables and runs migrations. `<service>` is the login of its `api` and `work`.
`<service>_rebuild` reads stores and writes the slots being built; it has no right to append. `<service>_reader` (no login)
reads what the service publishes and is granted to the other services. `dashboards` reads the public views, `auditor` the
logs of reads and their seals.
Rights on tables and functions stand beside them, in the SQL that makes them.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.topics import SERVICES
from shared.postgres.pool import Connection

OWNER = "regulars_owner"
DASHBOARDS = "dashboards"
AUDITOR = "auditor"


def login_roles() -> tuple[str, ...]:
    """Every role that logs in, each with a password of its own."""
    return (OWNER, DASHBOARDS, AUDITOR, *SERVICES, *(f"{service}_rebuild" for service in SERVICES))


async def create_cluster_roles(admin: Connection, passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing and set the passwords given. Repeatable. `admin` may create roles.

    Raises KeyError when a role has to be made and has no password.
    """
    for role in login_roles():
        if not await _exists(admin, role):
            await _execute(admin, "CREATE ROLE %I LOGIN PASSWORD %L", role, passwords[role])
        elif role in passwords:
            await _execute(admin, "ALTER ROLE %I LOGIN PASSWORD %L", role, passwords[role])
    for service in SERVICES:
        if not await _exists(admin, f"{service}_reader"):
            await _execute(admin, "CREATE ROLE %I NOLOGIN", f"{service}_reader")
        for other in SERVICES:
            # A rebuild of the service's own read models starts from its own store.
            readers = (f"{other}_rebuild",) if other == service else (other, f"{other}_rebuild")
            for reader in readers:
                await _execute(admin, "GRANT %I TO %I", f"{service}_reader", reader)


async def create_database(admin: Connection, name: str, template: str | None = None) -> None:
    """Make a database owned by the owner role, where only our roles may connect. `template`: a database to copy."""
    if template is None:
        await _execute(admin, "CREATE DATABASE %I OWNER %I", name, OWNER)
    else:
        await _execute(admin, "CREATE DATABASE %I OWNER %I TEMPLATE %I", name, OWNER, template)
    await _execute(admin, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
    for role in login_roles():
        await _execute(admin, "GRANT CONNECT ON DATABASE %I TO %I", name, role)


async def _exists(admin: Connection, role: str) -> bool:
    return bool(await admin.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role))


async def _execute(admin: Connection, template: str, *values: str) -> None:
    # Statements on roles and databases take no parameters, so the server itself quotes the names.
    names = ", ".join(f"${i}::text" for i in range(2, len(values) + 2))
    await admin.execute(await admin.fetchval(f"SELECT format($1, {names})", template, *values))
