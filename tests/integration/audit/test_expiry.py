"""Reads expire by setting, their seals do not: what went by itself is told from what was taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from shared.audit.reads import record_all
from shared.audit.sealing import ForeignSeal, Sealing, seal_once
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


async def test_a_seal_that_nobody_has_signed_decides_nothing(database: Database, pool_of: PoolOf, tmp_path: Path) -> None:
    """INVARIANT: what is forgotten was signed away; breaks when `work` goes on from any seal that stands there, and signs what it says."""
    make_secrets(tmp_path)
    pool, folder = await pool_of(database, "cards"), tmp_path / "seals"
    sealing = Sealing(pool, "cards", Signer(tmp_path), folder, lambda: NOW)
    admin = await asyncpg.connect(database.dsn("postgres"))
    await record_all(pool, "cards", [read(), read()])
    await admin.execute("SET session_replication_role = replica")
    await admin.execute(_AGE)
    assert await seal_once(sealing) is not None
    # Whoever has the rights of the service writes one that says that nothing is kept.
    await pool.execute(
        "INSERT INTO cards.read_seals SELECT number + 1, gen, upto, 0, digest, previous, sealed_at, number + 1, key_id, signature"
        " FROM cards.read_seals"
    )
    await record_all(pool, "cards", [read()])
    with pytest.raises(ForeignSeal):
        await seal_once(sealing)
    assert await pool.fetchval("SELECT count(*) FROM cards.reads") == 3
    assert await pool.fetchval("SELECT max(number) FROM cards.read_seals") == 2
    # Should that one forget by itself what is old, it is missed.
    assert await pool.fetchval("SELECT cards.forget_reads()") == 2
    async with pool.acquire() as c:
        findings = (await verify(c, "cards", folder, [sealing.signer.public], NOW)).findings
    assert "seal 1: 0 reads where 2 were sealed" in findings
    # The owner takes the foreign seal away, and sealing goes on.
    await admin.execute("DELETE FROM cards.read_seals WHERE number = 2")
    going_on = await seal_once(sealing)
    assert going_on is not None and (going_on.number, going_on.kept_from) == (2, 1)
    await admin.close()


async def test_a_key_may_be_exchanged_where_the_one_before_is_named(database: Database, pool_of: PoolOf, tmp_path: Path) -> None:
    pool = await pool_of(database, "cards")
    for name in ("old", "new"):
        make_secrets(tmp_path / name)
    before, after = Signer(tmp_path / "old"), Signer(tmp_path / "new")
    sealing = Sealing(pool, "cards", before, tmp_path / "seals", lambda: NOW)
    await record_all(pool, "cards", [read()])
    assert await seal_once(sealing) is not None
    await record_all(pool, "cards", [read()])
    with pytest.raises(ForeignSeal):
        await seal_once(replace(sealing, signer=after))
    assert await seal_once(replace(sealing, signer=after, former=[before.public])) is not None
    async with pool.acquire() as c:
        assert (await verify(c, "cards", tmp_path / "seals", [before.public, after.public], NOW)).findings == []
