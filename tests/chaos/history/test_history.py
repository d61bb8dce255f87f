"""Streams through HTTP are registers that are appended to, whatever lines are cut and processes killed."""

from __future__ import annotations

from pathlib import Path

from shared.testing.databases import Database
from tests.chaos.history.__main__ import history
from tests.chaos.history.place import serving


async def test_what_many_clients_see_is_what_one_register_would_answer(database: Database, tmp_path: Path) -> None:
    """INVARIANT: one append a version, none twice, none in silence, and nobody reads the past; breaks without locks, versions or answers kept."""
    async with serving(database, tmp_path, apis=2) as place:
        verdict = await history(place, seed=1, operations=5000, seconds=30, kill_every=8)
    assert verdict.violations == {}, verdict.examples
    assert verdict.unexpected == {}
    assert verdict.errors == []
    assert verdict.kills
    for what in ("appends", "appends refused as stale", "appends without an answer", "repeats", "lists", "lines cut"):
        assert verdict.counts[what], what
