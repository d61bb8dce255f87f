"""Every analysis says what one query written by hand over flat tables says; in small what `make benchanalyses` measures in large."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from shared.testing.databases import Database
from tests.performance.analyses import ZONE, compared
from tests.performance.analysis_data import fill


@pytest.mark.parametrize("seed", [0.1, 0.9])
async def test_analyses_answer_what_queries_by_hand_answer(database: Database, tmp_path: Path, seed: float) -> None:
    last = datetime.now(ZoneInfo(ZONE)).date()
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        await fill(admin, customers=600, lines=5000, last=last, seed=seed)
    finally:
        await admin.close()
    found = await compared(database, tmp_path, last, rounds=1)
    assert [one.name for one in found if not one.equal or not one.rows] == []
