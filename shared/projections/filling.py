"""Slots under construction, filled from the stores to their horizons: in bulk, and where something is unusual the consumer's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import Record
from shared.contracts.topics import TOPICS
from shared.feed.feed import Batch, Start
from shared.feed.scan import horizon, services_of
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.process.running import cycles_left_alone
from shared.projections.apply import Standing, apply_batches
from shared.projections.grouping import rounds
from shared.projections.loading import Loading, Stops, Unusual
from shared.projections.read_model import ReadModel
from shared.projections.refold import Stores
from shared.projections.slots import RebuildRefused
from shared.projections.standings import read_standings

GROUPS = 4
"""Into so many the parts are divided: a store is read once for each, and the rows of one are written as the next is folded."""
CHUNK = 20_000
ONE_PART = frozenset(topic.name for topic in TOPICS if topic.one_part)

Progress = Callable[[int], None]


class Filling:
    """Folds the stores into slots that `prepare` has emptied. `records`: how many events were folded by now."""

    def __init__(
        self, pool: Pool, schema: str, standings: Mapping[int, Sequence[Standing]], stores: Stores, progress: Progress
    ) -> None:
        self.pool, self.schema, self.stores, self.progress = pool, schema, stores, progress
        self.records = 0
        self._standings = standings
        self._at = {(one.reader.name, part): one for part, its in standings.items() for one in its}
        self._reached: dict[str, Cursor] = {}

    def place(self, name: str, part: int, topic: str) -> Cursor:
        """Where the slot of a read model stands."""
        return self._at[name, part].position.cursor(topic)

    def topics_of(self, name: str) -> Collection[str]:
        return next(iter(one.reader.topics for (its, _), one in self._at.items() if its == name), ())

    async def to_horizon(self, stops: Stops | None = None) -> None:
        """Fold everything that the stores show now, but nothing behind the stops. Raises PartLost, TooManyParked, RebuildRefused."""
        topics = {topic for one in self._at.values() for topic in one.reader.topics}
        ends = {service: await self._horizon(service) for service in services_of(topics)}
        after = {service: self._reached.get(service, _lowest(self._standings, service)) for service in ends}
        self._reached = dict(ends)
        with cycles_left_alone():
            await self._fill(after, ends, stops or {})

    async def _fill(self, after: Mapping[str, Cursor], ends: Mapping[str, Cursor], stops: Stops) -> None:
        writing: asyncio.Task[None] | None = None
        try:
            for group in _divided(sorted(self._standings)):
                its = {part: self._standings[part] for part in group}
                loading = await self._loaded(its, after, ends, stops)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._written(loading, its, after, ends, stops))
            if writing is not None:
                await writing
        finally:
            if writing is not None:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    async def _loaded(
        self, its: Mapping[int, Sequence[Standing]], after: Mapping[str, Cursor], ends: Mapping[str, Cursor], stops: Stops
    ) -> Loading | None:
        """Read and fold a group of parts; what is left is to write the last of it. None where it was done the consumer's way."""
        loading = None
        try:
            loading = Loading(self.pool, self.schema, its, stops)
            for service, end in ends.items():
                if after[service] < end:
                    await loading.read(self.stores, service, after[service], end)
                    self.progress(self.records + loading.records)
            await loading.hand_over()
        except Unusual:
            if loading is not None:
                await loading.settled()
            await self._as_consumed(its, after, ends, stops)
            return None
        except BaseException:
            if loading is not None:
                await loading.stop()
            raise
        self.records += loading.records
        for service, left in loading.first_left.items():
            # Read again from the first event on that one of them had to leave.
            self._reached[service] = min(self._reached[service], left._replace(pos=left.pos - 1))
        return loading

    async def _written(
        self,
        loading: Loading | None,
        its: Mapping[int, Sequence[Standing]],
        after: Mapping[str, Cursor],
        ends: Mapping[str, Cursor],
        stops: Stops,
    ) -> None:
        if loading is None:
            return
        try:
            await loading.written()
        except Unusual:
            await self._as_consumed(its, after, ends, stops)

    async def _as_consumed(
        self, its: Mapping[int, Sequence[Standing]], after: Mapping[str, Cursor], ends: Mapping[str, Cursor], stops: Stops
    ) -> None:
        """What is left of these parts, batch by batch: whatever cannot be folded or written is parked."""
        for service in ends:
            # Nobody has counted what the stops left.
            self._reached[service] = after[service]
        for part, standings in its.items():
            alike: dict[tuple[tuple[str, Cursor], ...] | None, list[Standing]] = {}
            for one in standings:
                stop = stops.get((one.position.read_model, part))
                alike.setdefault(None if stop is None else tuple(sorted(stop.items())), []).append(one)
            for stop_items, together in alike.items():
                await self._follow(part, together, ends, None if stop_items is None else dict(stop_items))

    async def _follow(
        self, part: int, standings: Sequence[Standing], ends: Mapping[str, Cursor], stop: Mapping[str, Cursor] | None
    ) -> None:
        topics = {topic for one in standings for topic in one.reader.topics if part == 0 or topic not in ONE_PART}
        if not topics:
            return
        feed = StoreFeed(self.stores)
        await feed.assign(
            {
                TopicPart(t, part): Start(min(one.position.cursor(t) for one in standings if t in one.reader.topics))
                for t in topics
            }
        )
        done = False
        while not done:
            batches = await feed.read(CHUNK, 0.0)
            done = feed.looked_through(ends)
            for together in rounds([_cut(batch, stop) for batch in batches]):
                await apply_batches(self.pool, self.schema, {part: standings}, [one for one in together if one.records])
            self.records += sum(len(batch.records) for batch in batches)
            self.progress(self.records)

    async def _horizon(self, service: str) -> Cursor:
        async with self.stores[service].acquire() as conn:
            return await horizon(conn, service)


async def under_construction(
    pool: Pool, schema: str, models: Sequence[ReadModel[Any]], parts: Sequence[int]
) -> dict[int, list[Standing]]:
    """Where the slots stand, by part. Raises RebuildRefused when one is not under construction."""
    async with pool.acquire() as conn:
        found = await read_standings(conn, schema, models, parts, "building")
    if any(len(found.get(part, ())) != len(models) for part in parts):
        names = ", ".join(f"{schema}.{model.name}" for model in models)
        raise RebuildRefused(f"{names}: no slot is under construction")
    return found


def _divided(parts: Sequence[int]) -> list[Sequence[int]]:
    size = -(-len(parts) // GROUPS)
    return [parts[at : at + size] for at in range(0, len(parts), size)]


def _lowest(standings: Mapping[int, Sequence[Standing]], service: str) -> Cursor:
    return min(
        one.position.cursor(topic)
        for part, its in standings.items()
        for one in its
        for topic in services_of(one.reader.topics).get(service, ())
        if part == 0 or topic not in ONE_PART
    )


def _cut(batch: Batch, stop: Mapping[str, Cursor] | None) -> Batch:
    if stop is None:
        return batch
    through = stop.get(batch.topic, START)
    records = [record for record in batch.records if isinstance(record, Record) and record.cursor <= through]
    return Batch(batch.topic, batch.part, list(records), None)
