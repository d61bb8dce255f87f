"""Reads expire by setting, their seals do not: what went by itself is told from what was taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from shared.audit.reads import record_all
from shared.audit.sealing import Sealing, seal_once
from shared.audit.seals import Signer
from shared.audit.verifying import verify
from shared.postgres.pool import Pool
from shared.privacy.secrets import make_secrets
from shared.testing.databases import Database
from tests.integration.audit.test_tampering import read

PoolOf = Callable[[Database, str], Awaitable[Pool]]
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=800)
_AGE = "UPDATE cards.reads SET read_at = read_at - interval '800 days'"


async def test_reads_of_old_seals_go_and_the_log_still_proves_itself(database: Database, pool_of: PoolOf, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    pool, folder = await pool_of(database, "cards"), tmp_path / "seals"
    sealing = Sealing(pool, "cards", Signer(tmp_path), folder, lambda: LONG_AGO)
    admin = await asyncpg.connect(database.dsn("postgres"))
    for _ in range(2):
        await record_all(pool, "cards", [read(), read()])
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(f"{_AGE} WHERE read_at > now() - interval '1 day'")
        assert await seal_once(sealing) is not None
    await record_all(pool, "cards", [read(), read(), read()])
    newest = await seal_once(replace(sealing, now=lambda: NOW))
    assert newest is not None
    assert newest.kept_from == 3
    assert await pool.fetchval("SELECT count(*) FROM cards.reads") == 3
    async with pool.acquire() as c:
        whole = await verify(c, "cards", folder, [sealing.signer.public], NOW)
        assert (whole.findings, whole.seals, whole.expired) == ([], 3, 2)
    await admin.execute("DELETE FROM cards.reads WHERE ctid = (SELECT min(ctid) FROM cards.reads)")
    async with pool.acquire() as c:
        assert (await verify(c, "cards", folder, [sealing.signer.public], NOW)).findings != []
    await admin.close()


async def test_no_seal_makes_young_reads_go(database: Database, pool_of: PoolOf, tmp_path: Path) -> None:
    """INVARIANT: the service cannot take back what it has recorded; breaks when the function believes the times of a seal."""
    make_secrets(tmp_path)
    pool = await pool_of(database, "cards")
    sealing = Sealing(pool, "cards", Signer(tmp_path), tmp_path / "seals", lambda: LONG_AGO)
    await record_all(pool, "cards", [read()])
    assert await seal_once(sealing) is not None
    await record_all(pool, "cards", [read()])
    assert await seal_once(replace(sealing, now=lambda: NOW)) is not None
    assert await pool.fetchval("SELECT cards.forget_reads()") == 0
    assert await pool.fetchval("SELECT count(*) FROM cards.reads") == 2
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM cards.reads")
