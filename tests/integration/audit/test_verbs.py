"""`regulars audit`: who has read a card, and whether the log is what was sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
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
    complaints = await pool_of(database, "complaints")
    await record_all(complaints, "complaints", [replace(told, operation="complaints_get_complaint", purpose="COMPLAINT")])
    signer = Signer(tmp_path / "secrets")
    for log, its in (("cards", pool), ("complaints", complaints)):
        await seal_once(Sealing(its, log, signer, tmp_path / "seals", lambda: datetime.now(UTC)))

    async def said(*arguments: str) -> Result:
        at = ["--folder", str(tmp_path), "--dsn", database.dsn("auditor")]
        return await asyncio.to_thread(CliRunner().invoke, audit_verbs, [*arguments, *at])

    shown = await said("show", str(customer))
    assert shown.exit_code == 0 and "E-12" in shown.output
    # The latest first, of all services.
    places = [shown.output.index(word) for word in ("complaints_get_complaint", "COLLECTION", "VISIT")]
    assert places == sorted(places)
    assert "nobody has read it" in (await said("show", str(stranger))).output
    sound = await said("verify", "--public-key", signer.public.hex())
    assert (sound.exit_code, "2 reads under 1 seals, 1 seals in the second place" in sound.output) == (0, True)
    assert "complaints: 1 reads under 1 seals" in sound.output and "alerts: 0 reads under 0 seals" in sound.output
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        for log, reads in (("complaints", 1), ("cards", 2)):
            await admin.execute(f"UPDATE {log}.reads SET purpose = 'ORDER'")
            changed = await said("verify")
            told_of = f"{log}: seal 1: its {reads} reads are not those that were sealed"
            assert changed.exit_code == 1 and told_of in " ".join(changed.output.split())
    finally:
        await admin.close()
