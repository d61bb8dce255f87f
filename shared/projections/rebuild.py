"""Read models made anew in their other slots while the live ones are read and written; several of a service in one pass.

Nothing here can have a side effect: the role `<schema>_rebuild` may write read models and positions and has no right to
append, and reactions are not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.cursor import PARTS, START, Cursor, TopicPart
from shared.contracts.envelope import Record
from shared.contracts.topics import TOPICS
from shared.feed.feed import Batch, Feed, Start
from shared.feed.scan import horizon, services_of
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.apply import Standing, apply_batches
from shared.projections.grouping import grouped, rounds
from shared.projections.positions import read_positions
from shared.projections.read_model import ReadModel
from shared.projections.refold import Stores
from shared.projections.slots import Contents, RebuildRefused, Routed, contents, prepare, swap
from shared.projections.standings import read_standings

LANES = 3
CHUNK = 20_000
PASSES = 2
BEHIND_SECONDS = 30.0
_ONE_PART = frozenset(topic.name for topic in TOPICS if topic.one_part)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did; `records` of all read models of its pass. `compared`: the new slot was the same as the live one at an equal position, part by part."""

    read_model: str
    slot: str
    version: int
    records: int
    compared: bool


async def rebuild(
    *,
    pool: Pool,
    schema: str,
    model: ReadModel[Any],
    stores: Stores,
    feed: Feed | None = None,
    parts: int = PARTS,
    anew: bool = False,
    force: bool = False,
    progress: Progress = lambda records: None,
) -> Rebuilt:
    """`rebuild_all` of one read model."""
    [done] = await rebuild_all(
        pool=pool, schema=schema, models=[model], stores=stores, feed=feed, parts=parts, anew=anew, force=force, progress=progress
    )
    return done


async def rebuild_all(
    *,
    pool: Pool,
    schema: str,
    models: Sequence[ReadModel[Any]],
    stores: Stores,
    feed: Feed | None = None,
    parts: int = PARTS,
    anew: bool = False,
    force: bool = False,
    progress: Progress = lambda records: None,
) -> list[Rebuilt]:
    """Fill the other slots from the stores in one pass, compare each with the live one where the version is the same, and swap.

    `feed` is asked for its end offsets only, so that the workers go on there instead of at the beginning. Interrupted, it
    goes on where it was. `force` swaps even if the slots differ or cannot be compared. Raises RebuildRefused, PartLost (a
    second rebuild is running), TooManyParked; what was swapped before stays swapped.
    """
    all_parts = range(parts)
    was = {model.name: await prepare(pool, schema, model, all_parts, anew=anew) for model in models}
    filling = _Filling(pool, schema, models, stores, progress)
    compared = {model.name for model in models if was[model.name].version == model.version and not force}
    if len(compared) > 1:
        # Each is compared where its live slot stands; up to the slowest of these one pass does for all.
        await filling.to_places(await _slowest(pool, schema, [model for model in models if model.name in compared], all_parts))
    for model in models:
        if model.name in compared:
            alone = _Filling(pool, schema, [model], stores, progress)
            await _compare(alone, was[model.name], all_parts)
            filling.records += alone.records
    offsets: Mapping[TopicPart, int | None] = {}
    for _ in range(PASSES):
        # Everything behind these ends is in the stores below the horizon that is read afterwards. The second pass is short.
        offsets = {} if feed is None else await feed.ends(_topic_parts(models, all_parts))
        await filling.to_horizon(all_parts)
    for model in models:
        by_part = {
            part: {at.topic: o for at, o in offsets.items() if at.part == part and at.topic in model.topics and o is not None}
            for part in all_parts
        }
        await swap(pool, schema, model, was[model.name], by_part)
    return [
        Rebuilt(model.name, was[model.name].other, model.version, filling.records, model.name in compared) for model in models
    ]


async def fill(
    *,
    pool: Pool,
    schema: str,
    model: ReadModel[Any],
    stores: Stores,
    parts: Sequence[int],
    progress: Progress = lambda records: None,
) -> int:
    """Fill some parts of a slot that `prepare` has emptied, to the horizon: several workers can share the work by part."""
    filling = _Filling(pool, schema, [model], stores, progress)
    await filling.to_horizon(parts)
    return filling.records


class _Filling:
    """Folds the stores into the slots under construction."""

    def __init__(self, pool: Pool, schema: str, models: Sequence[ReadModel[Any]], stores: Stores, progress: Progress) -> None:
        self.pool, self.schema, self.models, self.stores, self.progress = pool, schema, models, stores, progress
        self.records = 0

    async def to_horizon(self, parts: Sequence[int]) -> None:
        """Fold everything that the stores show now."""
        ends = {service: await self._horizon(service) for service in services_of(_topics(self.models))}
        feed, standings = await self._attached(parts)
        reading = asyncio.create_task(feed.read(CHUNK, 0.0))
        try:
            while True:
                batches = await reading
                done = feed.looked_through(ends)
                if not done:
                    # The next rows are read as these are written.
                    reading = asyncio.create_task(feed.read(CHUNK, 0.0))
                await self._apply(standings, batches)
                if done:
                    return
        finally:
            reading.cancel()

    async def to_places(self, places: Mapping[int, Mapping[str, Cursor]]) -> None:
        """Fold exactly up to these places. Raises RebuildRefused when a store does not reach them."""
        feed, standings = await self._attached(list(places))
        while not all(_arrived(standings[part], cursors) for part, cursors in places.items()):
            batches = await feed.read(CHUNK, 0.0)
            cut = [_cut(batch, places[batch.part].get(batch.topic, START)) for batch in batches]
            await self._apply(standings, [batch for batch in cut if batch.records])
            if not batches and feed.at_end():
                raise RebuildRefused(f"{self._names()}: the live slot is ahead of the stores; run verify")

    async def standings(self, parts: Sequence[int]) -> dict[int, list[Standing]]:
        """Where the slots stand. Raises RebuildRefused when one is not under construction."""
        async with self.pool.acquire() as conn:
            found = await read_standings(conn, self.schema, self.models, parts, "building")
        if any(len(found.get(part, ())) != len(self.models) for part in parts):
            raise RebuildRefused(f"{self._names()}: no slot is under construction")
        return found

    async def _attached(self, parts: Sequence[int]) -> tuple[StoreFeed, dict[int, list[Standing]]]:
        standings = await self.standings(parts)
        feed = StoreFeed(self.stores)
        starts: dict[TopicPart, Start] = {}
        for at in _topic_parts(self.models, parts):
            starts[at] = Start(min(one.position.cursor(at.topic) for one in standings[at.part] if at.topic in one.reader.topics))
        await feed.assign(starts)
        return feed, standings

    async def _horizon(self, service: str) -> Cursor:
        async with self.stores[service].acquire() as conn:
            return await horizon(conn, service)

    async def _apply(self, standings: Mapping[int, Sequence[Standing]], batches: Sequence[Batch]) -> None:
        lanes = asyncio.Semaphore(LANES)

        async def one_group(group: Sequence[Batch]) -> None:
            async with lanes:
                for each_of_its_part in rounds(group):
                    await apply_batches(self.pool, self.schema, standings, each_of_its_part)

        self.records += sum(len(batch.records) for batch in batches)
        await asyncio.gather(*(one_group(group) for group in grouped(batches)))
        self.progress(self.records)

    def _names(self) -> str:
        return ", ".join(f"{self.schema}.{model.name}" for model in self.models)


async def _slowest(
    pool: Pool, schema: str, models: Sequence[ReadModel[Any]], parts: Sequence[int]
) -> dict[int, dict[str, Cursor]]:
    """By part and topic, the place that the live slots of all these have reached."""
    async with pool.acquire() as conn:
        live = await read_positions(conn, schema, {model.name: model.version for model in models}, parts)
    cursors = {(p.read_model, p.part): p for p in live}
    return {
        part: {
            topic: min(
                cursors[model.name, part].cursor(topic) if (model.name, part) in cursors else START
                for model in models
                if topic in model.topics
            )
            for topic in _topics(models)
        }
        for part in parts
    }


async def _compare(filling: _Filling, was: Routed, parts: Sequence[int]) -> None:
    """Bring the new slot to where the live one stood at one moment, and compare. The live one goes on meanwhile."""
    pool, schema, [model] = filling.pool, filling.schema, filling.models
    deadline = asyncio.get_running_loop().time() + BEHIND_SECONDS
    while True:
        live = {part: found for part in parts if (found := await contents(pool, schema, model, was.live, part)) is not None}
        standings = await filling.standings(parts)
        ahead = [
            p
            for p, found in live.items()
            if any(standings[p][0].position.cursor(t) > c for t, c in _places(model, found).items())
        ]
        if not ahead:
            break
        # An interrupted rebuild may have got further than a consumer that lags.
        if asyncio.get_running_loop().time() > deadline:
            raise RebuildRefused(f"{schema}.{model.name}: the live slot stays behind on parts {ahead}; is the consumer running?")
        await asyncio.sleep(0.1)
    await filling.to_places({part: _places(model, found) for part, found in live.items()})
    for part, old in live.items():
        new = await contents(pool, schema, model, was.other, part, old.left_out)
        assert new is not None
        if (new.rows, new.rows_hash, new.totals, new.totals_hash) != (old.rows, old.rows_hash, old.totals, old.totals_hash):
            raise RebuildRefused(
                f"{schema}.{model.name}, part {part}: the rebuilt slot differs from the live one at the same position"
                f" ({new.rows} rows against {old.rows}, {new.totals} totals against {old.totals}); verify names the rows"
            )


def _places(model: ReadModel[Any], found: Contents) -> dict[str, Cursor]:
    return {topic: found.cursors.get(topic, START) for topic in model.topics}


def _arrived(standings: Sequence[Standing], places: Mapping[str, Cursor]) -> bool:
    return all(
        one.position.cursor(topic) >= cursor
        for one in standings
        for topic, cursor in places.items()
        if topic in one.reader.topics
    )


def _cut(batch: Batch, through: Cursor) -> Batch:
    records = [record for record in batch.records if isinstance(record, Record) and record.cursor <= through]
    return Batch(batch.topic, batch.part, list(records), None)


def _topics(models: Sequence[ReadModel[Any]]) -> set[str]:
    return {topic for model in models for topic in model.topics}


def _topic_parts(models: Sequence[ReadModel[Any]], parts: Sequence[int]) -> list[TopicPart]:
    return [TopicPart(topic, part) for topic in _topics(models) for part in parts if part == 0 or topic not in _ONE_PART]
