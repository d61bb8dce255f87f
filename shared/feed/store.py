"""The feed without a broker: the event stores themselves, polled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import PassedOver, Record, Undecodable
from shared.contracts.topics import ALERT_KIND_TOPICS, topics_of
from shared.feed.feed import Batch, Start
from shared.feed.scan import read_watermark, scan, services_of
from shared.postgres.pool import Pool

POLL_SECONDS = 0.03


@dataclass(slots=True)
class _Source:
    """One service's store: what is read of it, and the places to which each topic part has been looked through."""

    pool: Pool
    through: dict[TopicPart, Cursor]
    complete: bool = False
    reached: dict[TopicPart, datetime] = field(default_factory=dict)


class StoreFeed:
    """Polls `<service>.published_events` and `published_watermark`, one look at each service per poll.

    `pools` says by service where its published view is read. Records carry no offset and no predecessor: the cursor is all.
    """

    def __init__(self, pools: Mapping[str, Pool], *, poll_seconds: float = POLL_SECONDS) -> None:
        self._pools = pools
        self._poll = poll_seconds
        self._sources: dict[str, _Source] = {}
        self._paused: set[TopicPart] = set()

    async def assign(self, starts: Mapping[TopicPart, Start]) -> None:
        """Read these topic parts from now on. Raises KeyError for a topic of a service whose store is not known."""
        self._paused &= set(starts)
        self._sources = {
            service: _Source(self._pools[service], {at: start.cursor for at, start in starts.items() if at.topic in topics})
            for service, topics in services_of({at.topic for at in starts}).items()
        }

    def pass_over(self, types: PassedOver) -> None:
        """Nothing is saved here: a row of the store is read whole."""

    async def read(self, max_records: int, timeout: float) -> list[Batch]:
        deadline = time.monotonic() + timeout
        while True:
            batches: list[Batch] = []
            for service, source in self._sources.items():
                batches += await self._look(service, source, max_records)
            left = deadline - time.monotonic()
            if batches or left <= 0:
                return batches
            await asyncio.sleep(min(self._poll, left))

    async def rewind(self, at: TopicPart) -> None:
        for source in self._sources.values():
            if at in source.through:
                source.through[at] = START

    async def ends(self, of: Collection[TopicPart]) -> Mapping[TopicPart, int | None]:
        return dict.fromkeys(of)

    async def begins(self, of: Collection[TopicPart]) -> Mapping[TopicPart, int | None]:
        return dict.fromkeys(of)

    def complete_through(self, at: TopicPart) -> datetime | None:
        return next((source.reached.get(at) for source in self._sources.values() if at in source.through), None)

    def behind(self, at: TopicPart) -> int | None:
        """Nought or not known: nothing is counted here."""
        return 0 if any(source.complete for source in self._sources.values() if at in source.through) else None

    def at_end(self) -> bool:
        """Whether the last read returned everything that was visible."""
        return all(source.complete for source in self._sources.values())

    def looked_through(self, services: Mapping[str, Cursor]) -> bool:
        """Whether of each of these stores everything up to the cursor, or all that is visible, has been returned."""
        return all(
            source.complete or min(source.through.values(), default=cursor) >= cursor
            for service, cursor in services.items()
            if (source := self._sources.get(service)) is not None
        )

    def pause(self, parts: Collection[TopicPart]) -> None:
        self._paused.update(parts)

    def resume(self, parts: Collection[TopicPart]) -> None:
        self._paused.difference_update(parts)

    async def close(self) -> None:
        self._sources = {}

    async def _look(self, service: str, source: _Source, max_records: int) -> list[Batch]:
        through = {at: cursor for at, cursor in source.through.items() if at not in self._paused}
        if not through:
            return []
        after = min(through.values())
        parts = {at.part for at in through}
        async with source.pool.acquire() as conn:
            # The watermark first: what it covers is then in the snapshot of the scan.
            watermark = await read_watermark(conn, service)
            records = await scan(conn, service, after, limit=max_records, parts=parts)
        seen = records[-1].cursor if records else after
        source.complete = len(records) < max_records
        if source.complete and watermark is not None:
            seen = max(seen, watermark.cursor)
        batches = _by_place(records, through)
        for at, before in through.items():
            # Between the end of the records and the horizon nothing of these parts lies, so each place moves together.
            source.through[at] = max(before, seen)
            if watermark is not None and source.through[at] >= watermark.cursor:
                reached = source.reached.get(at)
                source.reached[at] = watermark.t if reached is None else max(reached, watermark.t)
        return batches


def _by_place(records: Collection[Record], through: Mapping[TopicPart, Cursor]) -> list[Batch]:
    of_kinds = any(at.topic in ALERT_KIND_TOPICS.values() for at in through)
    found: dict[TopicPart, list[Record | Undecodable]] = {}
    for record in records:
        at = TopicPart(record.topic, record.part)
        before = through.get(at)
        if before is not None and record.cursor > before:
            found.setdefault(at, []).append(record)
        if of_kinds and record.topic.startswith("regulars.alerts."):
            for topic in topics_of(record.type, record.body)[1:]:
                at = TopicPart(topic, record.part)
                if at in through and record.cursor > through[at]:
                    found.setdefault(at, []).append(msgspec.structs.replace(record, topic=topic))
    return [Batch(at.topic, at.part, batch, None) for at, batch in found.items()]
