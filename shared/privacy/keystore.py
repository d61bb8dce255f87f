"""Installs the keystore: its schema, its role, its functions, and who may call them."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files

import asyncpg

from shared.postgres.pool import Connection

OWNER = "regulars_keystore"
_SERVICES = ("cards", "classification", "complaints", "alerts")
_READING = (
    "keys_for(uuid[])",
    "key_for(uuid)",
    "make_keys(uuid[], uuid[], bytea[])",
    "open_keys(uuid[])",
    "erased_customers()",
)
_DESTROYING = "destroy_key(uuid, uuid, timestamptz, bytea)"
_LOCK = 7_305_112_203


async def install(admin: Connection) -> None:
    """Create or bring up to date. `admin` may create roles and schemas. Roles of services that do not exist yet get nothing: run it again."""
    async with admin.transaction():
        await admin.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if not await admin.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", OWNER):
            # Roles belong to the cluster, the lock to one database: somebody may make the role at the same moment.
            with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                async with admin.transaction():
                    await admin.execute(f"CREATE ROLE {OWNER} NOLOGIN")
        await admin.execute(files("shared.privacy").joinpath("sql/keystore.sql").read_text("utf-8"))
        there = {
            row["rolname"] for row in await admin.fetch("SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)", list(_SERVICES))
        }
        for function in (*_READING, _DESTROYING):
            await admin.execute(f"ALTER FUNCTION keystore.{function} OWNER TO {OWNER}")
            await admin.execute(f"REVOKE ALL ON FUNCTION keystore.{function} FROM PUBLIC")
        for service in sorted(there):
            await admin.execute(f"GRANT USAGE ON SCHEMA keystore TO {service}")
            for function in _READING:
                await admin.execute(f"GRANT EXECUTE ON FUNCTION keystore.{function} TO {service}")
        if "cards" in there:
            await admin.execute(f"GRANT EXECUTE ON FUNCTION keystore.{_DESTROYING} TO cards")
