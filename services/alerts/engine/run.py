"""The loop of the engine: reads the parts that this process owns and advances each as far as its watermarks allow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.engine import metrics
from services.alerts.engine.buffer import PartBuffer
from services.alerts.engine.items import CONTROL_TOPICS, topics_of_part
from services.alerts.engine.part import Part, advance
from services.alerts.engine.retry import retry_parked
from services.alerts.read_models.watched_customers import NAME, SCHEMA, next_timer, read_places
from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import Record
from shared.feed.feed import Batch, Feed, Membership, Start
from shared.postgres.pool import Pool
from shared.projections.parking import keep_raw, read_parked, retries_wanted
from shared.projections.positions import PartLost

MAX_RECORDS = 20_000
READ_SECONDS = 0.1
FULL = 20_000
HOUSEKEEPING_SECONDS = 1.0
STEPS_IN_A_ROW = 50
LANES = 2


class RecordsMissing(Exception):
    """A topic gives a record whose predecessor has not been read, also when read anew. A person must look."""


async def watch(*, pool: Pool, feed: Feed, membership: Membership, zone: ZoneInfo, stores: Mapping[str, Pool]) -> None:
    """Judge customers by the feed, for ever. Any error ends the process, which begins again where the places stand.

    `stores` says by service where its published view is read when a parked customer is folded anew.
    """
    engine = _Engine(pool, feed, zone, stores)
    membership.on_change(engine.parts_changed)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(membership.watch())
            engine.parts_changed(await membership.owned())
            tasks.create_task(engine.run())
    finally:
        await feed.close()
        await membership.close()


class _Engine:
    """What one process holds. Positions are compared and set, so holding a part too long harms nobody."""

    def __init__(self, pool: Pool, feed: Feed, zone: ZoneInfo, stores: Mapping[str, Pool]) -> None:
        self.pool, self.feed, self.zone, self.stores = pool, feed, zone, stores
        self.owned: frozenset[int] = frozenset()
        self.parts: dict[int, Part] = {}
        self.assigned: frozenset[int] | None = None
        self.lost: set[int] = set()
        self.seen: dict[TopicPart, Cursor] = {}
        self.rewound: set[TopicPart] = set()
        self.paused: set[TopicPart] = set()

    def parts_changed(self, owned: frozenset[int]) -> None:
        self.owned = owned

    async def run(self) -> None:
        next_housekeeping = time.monotonic()
        while True:
            if self.lost or self.owned != self.assigned:
                await self._assign()
            if not self.parts:
                await asyncio.sleep(READ_SECONDS)
                continue
            for batch in await self.feed.read(MAX_RECORDS, READ_SECONDS):
                await self._sort_in(batch)
            judged = await self._advance_all()
            known = [through for through in judged if through is not None]
            if judged and len(known) == len(judged):
                metrics.JUDGED_THROUGH.set(min(known).timestamp())
            self._hold_back()
            if time.monotonic() >= next_housekeeping:
                await self._retry_parked()
                next_housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS

    async def _assign(self) -> None:
        """Load the places of parts that were won or lost to a twin, and read on from there; the others keep what they have read."""
        lost, self.lost = self.lost, set()
        owned = self.assigned = self.owned
        self.parts = {number: part for number, part in self.parts.items() if number in owned and number not in lost}
        wanted = sorted(owned - self.parts.keys())
        async with self.pool.acquire() as conn:
            parked: dict[tuple[str, int], set[UUID]] = {}
            for one in await read_parked(conn, SCHEMA, wanted):
                if one.read_model == NAME:
                    parked.setdefault((one.slot, one.part), set()).add(UUID(one.parked.key))
            for place in await read_places(conn, wanted):
                timer = await next_timer(conn, place)
                waiting = parked.get((place.slot, place.part), set())
                self.parts[place.part] = Part(place, PartBuffer(place.starts, place.reached), self.zone, waiting, timer)
        starts: dict[TopicPart, Start] = {}
        for part in self.parts.values():
            for at in topics_of_part(part.number):
                start = part.buffer.read_through(at.topic)
                starts[at] = min(starts.get(at, start), start, key=lambda one: one.cursor)
        self.seen = {at: start.cursor for at, start in starts.items()}
        self.paused = set()
        # What is being read again from its beginning goes on so: the offset kept for it is what had led past a record.
        again = {at: Start(start.cursor) for at, start in starts.items() if at in self.rewound}
        await self.feed.assign(starts | again)

    async def _sort_in(self, batch: Batch) -> None:
        at = batch.at
        records: list[Record] = []
        for record in batch.records:
            if not isinstance(record, Record):
                async with self.pool.acquire() as conn:
                    await keep_raw(conn, SCHEMA, [record])
                continue
            seen = self.seen.get(at, START)
            if record.cursor <= seen:
                continue
            if record.prev is not None and record.prev > seen:
                if at in self.rewound:
                    raise RecordsMissing(f"{at.topic}, part {at.part}: nothing between {seen} and {record.cursor}")
                self.rewound.add(at)
                await self.feed.rewind(at)
                return
            self.seen[at] = record.cursor
            records.append(record)
        if records:
            self.rewound.discard(at)
        owners = self.parts.values() if at.topic in CONTROL_TOPICS else [self.parts[at.part]] if at.part in self.parts else []
        for part in owners:
            part.buffer.add(at.topic, records, batch.next_offset)

    async def _advance_all(self) -> list[datetime | None]:
        """The moments through which parts have been judged. One part computes while another one waits for the database."""
        lanes = asyncio.Semaphore(LANES)

        async def one(part: Part) -> datetime | None:
            async with lanes:
                return await self._advance(part)

        # Others go on while one fails, so that none is left running when the process ends.
        results = await asyncio.gather(*map(one, self.parts.values()), return_exceptions=True)
        judged: list[datetime | None] = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            judged.append(result)
        return judged

    async def _advance(self, part: Part) -> datetime | None:
        """The moment through which the part has been judged; None while that is not known, or not reached yet."""
        reached = [self.feed.complete_through(at) for at in topics_of_part(part.number)]
        known = [one for one in reached if one is not None]
        if len(known) < len(reached):
            return None
        try:
            for _ in range(STEPS_IN_A_ROW):
                if part.number not in self.owned:
                    return None
                if not await advance(self.pool, part, min(known)):
                    return min(known)
        except PartLost:
            self.lost.add(part.number)
        return None

    def _hold_back(self) -> None:
        """Pause what has run ahead of the slowest topic of a full part; the slowest itself is always read on."""
        ahead: set[TopicPart] = set()
        for part in self.parts.values():
            if len(part.buffer) < FULL:
                continue
            own = [at for at in topics_of_part(part.number) if at.topic not in CONTROL_TOPICS]
            reached = {at: self.feed.complete_through(at) for at in topics_of_part(part.number)}
            known = [one for one in reached.values() if one is not None]
            slowest = min(known) if len(known) == len(reached) else None
            for at in own:
                through = reached[at]
                if through is not None and (slowest is None or through > slowest):
                    ahead.add(at)
        self.feed.pause(ahead - self.paused)
        self.feed.resume(self.paused - ahead)
        self.paused = ahead

    async def _retry_parked(self) -> None:
        if not self.parts:
            return
        async with self.pool.acquire() as conn:
            wanted = await retries_wanted(conn, SCHEMA, list(self.parts))
        for name, slot, number in wanted:
            part = self.parts.get(number)
            if name == NAME and part is not None and slot == part.place.slot:
                try:
                    await retry_parked(self.pool, self.stores, part)
                except PartLost:
                    self.lost.add(number)
