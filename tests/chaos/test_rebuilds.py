"""A few rebuilds under load; `make rebuilds` does a hundred."""

from __future__ import annotations

from pathlib import Path

from services.cards.read_models import READ_MODELS
from shared.testing.databases import Database
from tests.chaos.history.place import serving
from tests.chaos.rebuilds import rebuilds


async def test_a_list_that_is_made_anew_under_load_is_the_same_bytes(database: Database, tmp_path: Path) -> None:
    """INVARIANT: a row is a pure function of the events; breaks with a clock, an order of arrival or a batch in a fold."""
    async with serving(database, tmp_path, apis=1) as place:
        verdict = await rebuilds(place, runs=4, seconds=60, seed=3)
    assert verdict.differences == []
    assert verdict.compared == 4 + len(READ_MODELS)
    assert verdict.alike == len(READ_MODELS)
    assert verdict.operations and verdict.reads
