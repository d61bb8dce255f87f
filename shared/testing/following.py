"""Running a consumer in tests, and what must hold when it has come to rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.contracts.cursor import PARTS, Cursor, TopicPart
from shared.feed.feed import Feed, Membership, PartsChanged
from shared.feed.scan import END, scan_all, services_of
from shared.postgres.pool import Pool
from shared.projections.ddl import table_name, totals_name
from shared.projections.positions import cursors_from
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel
from shared.projections.runner import consume
from shared.testing.activity import SCHEMA
from shared.testing.eventually import eventually

_WRITTEN = "SELECT t::text FROM {table} t ORDER BY 1"


class GivenParts:
    """A membership whose parts the test sets, also to those of another worker."""

    def __init__(self, parts: Sequence[int] = tuple(range(PARTS))) -> None:
        self.parts = frozenset(parts)
        self._changed: list[PartsChanged] = []

    async def owned(self) -> frozenset[int]:
        return self.parts

    def on_change(self, changed: PartsChanged) -> None:
        self._changed.append(changed)
        changed(self.parts)

    def give(self, parts: Sequence[int]) -> None:
        self.parts = frozenset(parts)
        for changed in self._changed:
            changed(self.parts)

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def report(self, next_offsets: Mapping[TopicPart, int]) -> None:
        pass

    async def close(self) -> None:
        pass


@asynccontextmanager
async def following(
    pool: Pool,
    feed: Feed,
    models: Sequence[ReadModel[Any]],
    membership: Membership | None = None,
    reactions: Sequence[Reaction] = (),
    max_records: int = 5000,
) -> AsyncIterator[asyncio.Task[None]]:
    """A consumer that runs as long as the block; its failure fails the block."""
    task = asyncio.create_task(
        consume(
            pool=pool,
            schema=SCHEMA,
            feed=feed,
            membership=membership or GivenParts(),
            models=models,
            reactions=reactions,
            max_records=max_records,
        )
    )
    try:
        yield task
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def last_cursors(pool: Pool, model: ReadModel[Any]) -> dict[TopicPart, Cursor]:
    """The last event of each topic part that a read model follows, from the stores."""
    found: dict[TopicPart, Cursor] = {}
    for service in services_of(model.topics):
        async for records in scan_all(pool, service, END):
            for record in records:
                if record.topic in model.topics:
                    found[TopicPart(record.topic, record.part)] = record.cursor
    return found


async def reached(pool: Pool, model: ReadModel[Any], slot: str = "a") -> dict[TopicPart, Cursor]:
    """The place of a slot on each topic part."""
    async with pool.acquire() as conn:
        rows = await conn.fetch(
            "SELECT part, cursors::text FROM complaints.positions WHERE read_model = $1 AND slot = $2", model.name, slot
        )
    return {TopicPart(topic, part): cursor for part, cursors in rows for topic, cursor in cursors_from(cursors).items()}


async def caught_up(pool: Pool, model: ReadModel[Any], slot: str = "a", timeout: float = 20.0) -> None:
    """Wait until a slot has folded everything that is in the stores."""

    async def probe() -> bool:
        return await reached(pool, model, slot) == await last_cursors(pool, model)

    await eventually(probe, timeout=timeout)


async def contents(pool: Pool, model: ReadModel[Any], slot: str = "a") -> tuple[list[str], list[str]]:
    """Rows and totals of a slot as PostgreSQL writes them, to compare byte for byte."""
    async with pool.acquire() as conn:
        rows = await conn.fetch(_WRITTEN.format(table=table_name(SCHEMA, model.name, slot)))
        totals = await conn.fetch(_WRITTEN.format(table=totals_name(SCHEMA, model.name, slot)))
    return [row[0] for row in rows], [row[0] for row in totals]
