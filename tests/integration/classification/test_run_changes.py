"""What was told is forgotten when a run ends, and with it what runs before have left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from services.classification.read_models import run_changes
from services.classification.read_models.run_changes import Change
from shared.postgres.pool import Connection
from shared.testing.databases import Database
from tests.integration.classification.conftest import PoolOf

AT = datetime(2026, 3, 1, tzinfo=UTC)
RUN = """
INSERT INTO classification.value_class_runs (run_id, principal, fingerprint, state, period_from, period_to, standard_version, a_below,
       b_below, made_at)
VALUES ($1, $1, '', $2, $3, $3, 0, $4, $4, $5)"""
LEFT = "SELECT run_id FROM classification.value_class_changes"


async def begun(c: Connection, state: str) -> UUID:
    run_id = uuid4()
    await c.execute(RUN, run_id, state, date(2026, 3, 1), Decimal("0.8"), AT)
    await run_changes.keep(c, "classification", "value_class", run_id, [Change(uuid4(), 0, "{}")])
    return run_id


async def test_the_end_of_a_run_forgets_what_ended_runs_have_left(database: Database, pool_of: PoolOf) -> None:
    pool = await pool_of(database, "classification")
    async with pool.acquire() as c:
        ending, waiting = await begun(c, "APPENDING"), await begun(c, "APPENDING")
        for state in ("FAILED", "DONE"):
            await begun(c, state)
        await run_changes.finish(c, "classification", "value_class", ending, AT)
        assert [row["run_id"] for row in await c.fetch(LEFT)] == [waiting]
