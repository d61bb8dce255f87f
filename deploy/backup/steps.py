"""Backup and restore of a local installation, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import asyncpg

from deploy.backup.erasures import parse_ledger, replay
from deploy.backup.files import Backup, BackupFailed, lay_out, take
from deploy.backup.generation import begin_generation
from deploy.local import postgres
from deploy.local.database import addresses, prepare
from deploy.local.folder import Folder
from shared.contracts.cursor import PARTS, START, Cursor, parse_cursor
from shared.contracts.topics import SERVICES
from shared.postgres.roles import OWNER, login_roles
from shared.postgres.schema import within
from shared.privacy.secrets import load_secrets
from shared.privacy.wrapping import MasterKey

Say = Callable[[str], None]

_LAST = "SELECT gen, xid, pos FROM {schema}.events ORDER BY gen DESC, xid DESC, pos DESC LIMIT 1"


async def back_up(source: Folder, to: Path, say: Say) -> Backup:
    """Back up a running installation while it is in use. Raises BackupFailed, PostgresFailed."""
    # The server that runs is returned as it is; without one, it is started for the moment.
    was_running = postgres.is_running(source.postgres)
    server = await asyncio.to_thread(postgres.start, source.postgres)
    try:
        heads = await _heads(server.dsn("regulars"))
        taken = await asyncio.to_thread(take, server, source, to, heads)
    finally:
        if not was_running:
            await asyncio.to_thread(postgres.stop, server)
    say(f"backed up into {to}: " + ", ".join(f"{service} from {head}" for service, head in taken.heads.items()))
    say(f"not in it, and worth nothing without them: {source.secrets}")
    return taken


async def restore(backup: Path, into: Folder, secrets: Path, ledger: Sequence[str], above: int, say: Say) -> None:
    """Make a new installation of a backup; nothing of it runs afterwards. `ledger`: lines of the ledger of erasures. Raises BackupFailed, BadLedger, PostgresFailed."""
    erasures = parse_ledger(ledger, MasterKey(load_secrets(secrets).master)) if ledger else []
    taken = await asyncio.to_thread(lay_out, backup, into, secrets)
    say(f"laid out what was backed up on {taken.taken_at.isoformat(timespec='seconds')}")
    server = await asyncio.to_thread(postgres.start, into.postgres)
    try:
        passwords = into.passwords(login_roles())
        found = addresses("127.0.0.1", server.port, server.dsn("regulars"), passwords)
        await prepare(server.dsn(), found, passwords, PARTS, say)
        if short := shorter_than(taken.heads, await _heads(server.dsn("regulars"))):
            raise BackupFailed(f"events that the backup says it has are not there: {', '.join(short)}")
        # Before any process can open a field: who was erased after the backup must not be readable for a moment.
        if erasures:
            say(f"{await replay(found.admin, erasures)} of {len(erasures)} erased customers had come back, and are erased again")
        await begin_generation(found.by_role[OWNER], None, above=above, say=say)
    finally:
        await asyncio.to_thread(postgres.stop, server)
    into.restoring.unlink()


def shorter_than(heads: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The services whose log ends before the event that was its last when the backup was begun."""
    return [service for service, head in heads.items() if parse_cursor(found[service]) < parse_cursor(head)]


async def _heads(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = {service: await connection.fetchrow(within(service, _LAST)) for service in SERVICES}
    finally:
        await connection.close()
    return {service: str(START if row is None else Cursor(*row)) for service, row in rows.items()}
