"""What a process checks before it serves: that its database keeps what it promises."""

from __future__ import annotations

from shared.postgres.pool import Connection, Pool
from shared.postgres.revisions import head_revision
from shared.postgres.schema import within

# Durability as this session has it: ALTER ROLE and ALTER DATABASE may weaken what the server's file says.
_DURABLE = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply"),
    "max_prepared_transactions": ("0",),
}

_REVISION = "SELECT version_num FROM {schema}.schema_revision"
_STORE = """
SELECT s.parts, (SELECT e.xid FROM {schema}.events e WHERE e.gen = s.gen ORDER BY e.gen DESC, e.xid DESC, e.pos DESC LIMIT 1)
                >= pg_snapshot_xmax(pg_current_snapshot()) AS ahead
  FROM {schema}.store s"""
_RIGHTS = """
SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole AS powerful,
       (SELECT min(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relowner = r.oid OR n.nspname = $1 AND n.nspowner = r.oid) AS owned,
       has_table_privilege(r.oid, $2, 'UPDATE, DELETE, TRUNCATE') AS rewrites
  FROM pg_roles r WHERE r.rolname = current_user"""


class StartupRefused(Exception):
    """The database is not fit; the message says why and is for the operator. The process must not serve."""


async def check_database(pool: Pool, service: str, parts: int) -> None:
    """Check the service's database. Raises StartupRefused, or asyncpg.PostgresError and OSError when it cannot be asked."""
    async with pool.acquire() as connection:
        await _check_durability(connection)
        await _check_revision(connection, service)
        await _check_rights(connection, service)
        await _check_store(connection, service, parts)


async def _check_durability(connection: Connection) -> None:
    for name, allowed in _DURABLE.items():
        found = await connection.fetchval("SELECT current_setting($1)", name)
        if found not in allowed:
            raise StartupRefused(f"{name} is {found}; it must be {' or '.join(allowed)}")


async def _check_revision(connection: Connection, service: str) -> None:
    head = head_revision(service)
    known = await connection.fetchval("SELECT to_regclass($1)", f"{service}.schema_revision")
    found = None if known is None else await connection.fetchval(within(service, _REVISION))
    if found != head:
        raise StartupRefused(
            f"the schema {service} is at revision {found or 'none'}, this program needs {head}: run the migrations"
        )


async def _check_rights(connection: Connection, service: str) -> None:
    found = await connection.fetchrow(_RIGHTS, service, f"{service}.events")
    assert found is not None  # current_user is a role
    if found["powerful"] or found["owned"] is not None or found["rewrites"]:
        reason = f"owns {found['owned']}" if found["owned"] is not None else "may change what is recorded"
        raise StartupRefused(f"the role of {service} {reason}; use the role without such rights")


async def _check_store(connection: Connection, service: str, parts: int) -> None:
    found = await connection.fetchrow(within(service, _STORE))
    if found is None or found["parts"] != parts:
        recorded = None if found is None else found["parts"]
        raise StartupRefused(f"the store of {service} has {recorded} parts, the settings say {parts}; parts never change")
    if found["ahead"]:
        # Transaction ids of a restored cluster begin anew, and what is appended now would sort below what was read long ago.
        raise StartupRefused(
            f"the store of {service} comes from another cluster: raise its generation as the restore runbook says"
        )
