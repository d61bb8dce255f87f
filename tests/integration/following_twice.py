"""The worst feed there may be: every record twice, in batches of any size, some of them long after."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from shared.contracts.cursor import PARTS
from shared.feed.feed import Batch
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.read_model import ReadModel
from shared.projections.refold import refold_part
from shared.projections.rows import fetch_part, fetch_totals
from shared.projections.runner import consume
from shared.projections.standings import load_standings
from shared.testing.eventually import eventually
from shared.testing.following import GivenParts, last_cursors


class Twice(StoreFeed):
    """Splits what the stores give at random and gives most pieces a second time, mixed with the others."""

    def __init__(self, pools: dict[str, Pool], seed: int) -> None:
        super().__init__(pools)
        self._random = Random(seed)

    async def read(self, max_records: int, timeout: float) -> list[Batch]:
        pieces: list[Batch] = []
        for batch in await super().read(max_records, timeout):
            records = list(batch.records)
            while records:
                size = self._random.randint(1, 4)
                piece, records = records[:size], records[size:]
                pieces.append(Batch(batch.topic, batch.part, piece, batch.next_offset))
        given: list[Batch] = []
        for piece in pieces:
            given.append(piece)
            if self._random.random() < 0.7:
                given.append(self._random.choice(given))
        return given


async def follow_to_the_end(
    pool: Pool, schema: str, stores: dict[str, Pool], models: Sequence[ReadModel[Any]], seed: int
) -> None:
    """Fold everything that is in the stores, from the worst feed."""
    feed = Twice(stores, seed)
    task = asyncio.create_task(
        consume(pool=pool, schema=schema, feed=feed, membership=GivenParts(), models=models, stores=stores)
    )

    async def there() -> bool:
        if task.done():
            task.result()
        found = await load_standings(pool, schema, models, range(PARTS))
        for model in models:
            wanted = await last_cursors(pool, model)
            for at, cursor in wanted.items():
                (standing,) = [one for one in found[at.part] if one.reader is model]
                if standing.position.cursor(at.topic) != cursor:
                    return False
        return True

    try:
        await eventually(there, timeout=20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def assert_as_the_stores_say(pool: Pool, schema: str, stores: dict[str, Pool], models: Sequence[ReadModel[Any]]) -> int:
    """Rows and totals are what a fold of the stores from their beginning gives. Answers how many rows there are."""
    rows_seen = 0
    for part, standings in (await load_standings(pool, schema, models, range(PARTS))).items():
        for standing in standings:
            model = standing.reader
            assert isinstance(model, ReadModel)
            assert not standing.parked
            expected = await refold_part(model, stores, standing.position)
            async with pool.acquire() as c:
                rows = await fetch_part(c, schema, model, standing.position.slot, part)
                totals = {} if model.totals is None else await fetch_totals(c, schema, model, standing.position.slot, part)
            assert rows == expected.rows
            sums: dict[tuple[str, str], Any] = {}
            for row in expected.rows.values():
                for group, measures in ({} if model.totals is None else model.totals(row)).items():
                    for measure, amount in measures.items():
                        sums[group, measure] = sums.get((group, measure), 0) + amount
            assert totals == {slot: amount for slot, amount in sums.items() if amount}
            rows_seen += len(rows)
    return rows_seen
