"""The consumer of `work`: reads the parts that this process owns and applies batch after batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.topics import TOPICS
from shared.feed.feed import Batch, Feed, Membership, Start, traced
from shared.postgres.pool import Pool
from shared.projections import metrics
from shared.projections.apply import MissingRecord, Standing, apply_batches
from shared.projections.fold import interest
from shared.projections.grouping import grouped, rounds
from shared.projections.parking import check_rate, retries_wanted
from shared.projections.positions import PartLost, read_positions
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel
from shared.projections.refold import Stores, retry_parked
from shared.projections.standings import load_standings, versions_of
from shared.telemetry.spans import of_events

MAX_RECORDS = 20_000
READ_SECONDS = 0.3
HOUSEKEEPING_SECONDS = 1.0
LANES = 3
ONE_PART = frozenset(topic.name for topic in TOPICS if topic.one_part)
"""Topics whose records all belong to part 0."""


async def consume(
    *,
    pool: Pool,
    schema: str,
    feed: Feed,
    membership: Membership,
    models: Sequence[ReadModel[Any]],
    reactions: Sequence[Reaction] = (),
    stores: Stores | None = None,
    max_records: int = MAX_RECORDS,
) -> None:
    """Fold the feed into all live read models and answer it with reactions, for ever.

    A record of a one-part topic belongs to part 0. `stores` says where parked keys are folded anew from; by default all
    published views are read through `pool`. Any error ends the process, which begins again where the positions stand:
    MissingRecord, TooManyParked and FeedStuck say that a person must look, PartLost is handled here.
    """
    consumer = _Consumer(pool, schema, feed, models, reactions, stores, max_records)
    membership.on_change(consumer.parts_changed)
    metrics.follow_places(schema, consumer.places)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(membership.watch())
            tasks.create_task(consumer.run(membership))
    finally:
        await feed.close()
        await membership.close()


class _Consumer:
    """What one process knows of its parts: positions and parked keys, fenced by the revisions in the database."""

    def __init__(
        self,
        pool: Pool,
        schema: str,
        feed: Feed,
        models: Sequence[ReadModel[Any]],
        reactions: Sequence[Reaction],
        stores: Stores | None,
        max_records: int,
    ) -> None:
        self.pool, self.schema, self.feed, self.max_records = pool, schema, feed, max_records
        self.readers: list[ReadModel[Any] | Reaction] = [*models, *reactions]
        self.topics = {topic for reader in self.readers for topic in reader.topics}
        feed.pass_over(self._passed_over)
        self.stores = stores if stores is not None else {topic.split(".", 2)[1]: pool for topic in self.topics}
        self.owned: frozenset[int] = frozenset()
        self.standings: dict[int, list[Standing]] = {}
        self.stale: set[int] = set()
        self.rewound: dict[TopicPart, Cursor] = {}
        self.running: dict[int, asyncio.Task[None]] = {}
        self.reported: dict[TopicPart, int] = {}
        self.unwanted: dict[tuple[str, str], bool] = {}

    def _passed_over(self, topic: str, type_name: str) -> bool:
        known = self.unwanted.get((topic, type_name))
        if known is None:
            known = all(interest(one.topics.get(topic, frozenset()), type_name) == "skip" for one in self.readers)
            self.unwanted[topic, type_name] = known
        return known

    def parts_changed(self, owned: frozenset[int]) -> None:
        """Take note of the parts held; what runs for a lost part is cancelled at once, never finished quickly."""
        for part in self.owned - owned:
            if (task := self.running.get(part)) is not None:
                task.cancel()
        self.stale |= self.owned ^ owned
        self.owned = owned
        metrics.PARTS_OWNED.labels(self.schema).set(len(owned))

    async def run(self, membership: Membership) -> None:
        next_housekeeping = time.monotonic()
        while True:
            if self.stale:
                await self._assign()
            if self.standings:
                await self._process(await self.feed.read(self.max_records, READ_SECONDS))
            else:
                await asyncio.sleep(READ_SECONDS)
            if time.monotonic() >= next_housekeeping:
                await self._housekeep(membership)
                next_housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS

    async def _assign(self) -> None:
        stale, self.stale = self.stale, set()
        for part in stale:
            self.standings.pop(part, None)
        wanted = sorted(self.owned & stale)
        if wanted:
            for part, standings in (await load_standings(self.pool, self.schema, self.readers, wanted)).items():
                self.standings[part] = standings
        starts = self._starts()
        # What is being read again from its beginning goes on so: the offset kept for it is what had led past a record.
        again = {at: Start(start.cursor) for at, start in starts.items() if self.rewound.get(at) == start.cursor}
        await self.feed.assign(starts | again)

    def _starts(self) -> dict[TopicPart, Start]:
        starts: dict[TopicPart, Start] = {}
        for part, standings in self.standings.items():
            for topic in self.topics:
                following = [one.position for one in standings if topic in one.reader.topics]
                if following and (part == 0 or topic not in ONE_PART):
                    offsets = [one.offsets.get(topic) for one in following]
                    known = [offset for offset in offsets if offset is not None]
                    offset = min(known) if len(known) == len(offsets) else None
                    starts[TopicPart(topic, part)] = Start(min(one.cursor(topic) for one in following), offset)
        return starts

    async def _process(self, batches: Sequence[Batch]) -> None:
        lanes = asyncio.Semaphore(LANES)
        groups = [
            (frozenset(batch.part for batch in group), asyncio.create_task(self._group(lanes, group)))
            for group in grouped(batch for batch in batches if batch.part in self.standings and batch.part not in self.stale)
        ]
        self.running = {part: task for parts, task in groups for part in parts}
        try:
            results = await asyncio.gather(*(task for _, task in groups), return_exceptions=True)
        finally:
            # Only when this task itself is cancelled are some still running.
            for _, task in groups:
                task.cancel()
            self.running = {}
        for (parts, _), result in zip(groups, results, strict=True):
            if isinstance(result, PartLost):
                metrics.PARTS_LOST.labels(self.schema).inc()
                self.stale |= parts
            elif isinstance(result, asyncio.CancelledError):
                self.stale |= parts
            elif isinstance(result, BaseException):
                raise result

    async def _group(self, lanes: asyncio.Semaphore, batches: Sequence[Batch]) -> None:
        async with lanes:
            for each_of_its_part in rounds(batches):
                await self._apply(each_of_its_part)

    async def _apply(self, batches: Sequence[Batch]) -> None:
        while batches:
            try:
                with of_events(f"fold into {self.schema}", "CONSUMER", (one for b in batches for one in traced(b.records))):
                    await apply_batches(self.pool, self.schema, self.standings, batches)
                return
            except MissingRecord as missing:
                here = self._starts()[missing.at].cursor
                if self.rewound.get(missing.at) == here:
                    raise
                # It may have been passed over after a lost tail of the log: look once from the beginning.
                self.rewound[missing.at] = here
                metrics.REWOUND.labels(self.schema, missing.at.topic).inc()
                await self.feed.rewind(missing.at)
                batches = [batch for batch in batches if batch.at != missing.at]

    def places(self) -> list[metrics.Place]:
        """How far each read model is on each part, for whoever looks at the metrics."""
        found = []
        for part, standings in self.standings.items():
            for one in standings:
                name, topics = one.reader.name, one.reader.topics
                ats = [TopicPart(topic, part) for topic in topics if part == 0 or topic not in ONE_PART]
                if not ats:
                    continue
                behind = [self.feed.behind(at) for at in ats]
                through = [self.feed.complete_through(at) for at in ats]
                waiting = None if None in behind else sum(filter(None, behind))
                known = [moment for moment in through if moment is not None]
                found.append(metrics.Place(name, part, waiting, min(known) if len(known) == len(ats) else None))
        return found

    async def _housekeep(self, membership: Membership) -> None:
        if not self.owned:
            return
        owned = list(self.owned)
        async with self.pool.acquire() as conn:
            # Once more here: parts that park at the same time do not see each other.
            await check_rate(conn, self.schema)
            wanted = await retries_wanted(conn, self.schema, owned)
            found = await read_positions(conn, self.schema, versions_of(self.readers), owned)
        # A part on which nothing happens would not notice otherwise that a rebuild has swapped the slots.
        now = {(p.read_model, p.slot, p.part, p.rev) for p in found}
        mine = {(p.read_model, p.slot, p.part, p.rev) for p in (one.position for its in self.standings.values() for one in its)}
        self.stale |= {part for _, _, part, _ in now ^ mine}
        for name, slot, part in wanted:
            for standing in self.standings.get(part, ()) if part not in self.stale else ():
                if (standing.position.read_model, standing.position.slot) == (name, slot):
                    try:
                        await retry_parked(self.pool, self.schema, standing, self.stores)
                    except PartLost:
                        self.stale.add(part)
        places = {at: start.offset for at, start in self._starts().items()}
        news = {at: offset for at, offset in places.items() if offset is not None and self.reported.get(at) != offset}
        if news:
            await membership.report(news)
            self.reported.update(news)
