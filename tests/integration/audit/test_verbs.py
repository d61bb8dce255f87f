"""`regulars audit`: who has read a card, and whether the log is what was sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.audit_verbs import audit_verbs
from shared.audit.reads import Read, record_all
from shared.audit.sealing import Sealing, seal_once
from shared.audit.seals import Signer
from shared.postgres.pool import Pool
from shared.privacy.secrets import make_secrets
from shared.testing.databases import Database

PoolOf = Callable[[Database, str], Awaitable[Pool]]


@pytest.mark.requirement("S0.23", "S3.46")
async def test_an_auditor_sees_who_has_read_a_card_and_that_the_log_was_changed(
    database: Database, pool_of: PoolOf, tmp_path: Path
) -> None:
    make_secrets(tmp_path / "secrets")
    pool, customer, stranger = await pool_of(database, "cards"), uuid4(), uuid4()
    for purpose in ("VISIT", "COLLECTION"):
        told = Read(uuid4(), "k1", "E-12", "customers_get_customer", "OPENED", purpose, True, (customer,), None)
        await record_all(pool, "cards", [told])
    signer = Signer(tmp_path / "secrets")
    await seal_once(Sealing(pool, "cards", signer, tmp_path / "seals", lambda: datetime.now(UTC)))

    async def said(*arguments: str) -> Result:
        at = ["--folder", str(tmp_path), "--dsn", database.dsn("auditor")]
        return await asyncio.to_thread(CliRunner().invoke, audit_verbs, [*arguments, *at])

    shown = await said("show", str(customer))
    assert shown.exit_code == 0 and "E-12" in shown.output and shown.output.index("COLLECTION") < shown.output.index("VISIT")
    assert "nobody has read it" in (await said("show", str(stranger))).output
    sound = await said("verify", "--public-key", signer.public.hex())
    assert (sound.exit_code, "2 reads under 1 seals, 1 seals in the second place" in sound.output) == (0, True)
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        await admin.execute("UPDATE cards.reads SET purpose = 'VISIT'")
    finally:
        await admin.close()
    changed = await said("verify")
    assert changed.exit_code == 1 and "seal 1: its 2 reads are not those that were sealed" in " ".join(changed.output.split())
