"""The check of the topics of a service against its store: record by record, part by part."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.contracts.cursor import PARTS, START, Cursor, TopicPart
from shared.contracts.envelope import Record, Undecodable
from shared.contracts.topics import TOPICS, Topic, topics_of, watermarks_topic
from shared.feed.feed import Feed, FeedStuck, Start
from shared.feed.scan import scan_all
from shared.postgres.pool import Pool
from shared.projections.differences import Difference, Named

READ_SECONDS = 0.5
STUCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Sent:
    event_id: UUID
    recorded_at: datetime


async def verify_topics(
    pool: Pool,
    service: str,
    feed: Feed,
    now: datetime,
    *,
    parts: int = PARTS,
    retention: Mapping[str, timedelta | None] | None = None,
) -> list[Difference]:
    """Compare what a service has stored with what its topics hold, up to the cursor of its relay, part by part.

    `feed` reads Kafka and is used up and closed. Records that were sent twice are no difference. A log that begins later than its
    retention (`retention` by topic, None for ever; the published one by default) explains has lost records. `now`: aware.
    Raises FeedStuck.
    """
    topics = [topic for topic in TOPICS if topic.service == service and topic.name != watermarks_topic(service)]
    async with pool.acquire() as conn:
        row = await conn.fetchrow(_RELAYED.format(schema=service))
    relayed = START if row is None else Cursor(*row)
    found: list[Difference] = []
    try:
        for part in range(parts):
            places = [TopicPart(topic.name, part) for topic in topics if part == 0 or not topic.one_part]
            stored = await _stored(pool, service, part, relayed, places)
            held = await _held(feed, places, relayed)
            for topic in topics:
                at = TopicPart(topic.name, part)
                if at in stored:
                    kept = _kept(topic) if retention is None or topic.name not in retention else retention[topic.name]
                    oldest = None if kept is None else now - kept
                    found += [Difference(f"{at.topic}, part {at.part}", what) for what in _lacks(stored[at], held[at], oldest)]
    finally:
        await feed.close()
    return found


_RELAYED = "SELECT gen, xid, pos FROM {schema}.relay"


def _kept(topic: Topic) -> timedelta | None:
    return None if topic.retention_ms < 0 else timedelta(milliseconds=topic.retention_ms)


async def _stored(
    pool: Pool, service: str, part: int, relayed: Cursor, places: Collection[TopicPart]
) -> dict[TopicPart, dict[Cursor, _Sent]]:
    found: dict[TopicPart, dict[Cursor, _Sent]] = {at: {} for at in places}
    async for records in scan_all(pool, service, relayed, parts=[part]):
        for record in records:
            for topic in topics_of(record.type, record.body):
                at = TopicPart(topic, record.part)
                if at in found:
                    found[at][record.cursor] = _Sent(record.event_id, record.recorded_at)
    return found


@dataclass(slots=True)
class _Held:
    """What a topic part holds up to the relay's cursor, in the order of the log."""

    events: dict[Cursor, UUID]
    misplaced: list[Cursor]
    undecodable: list[int]
    last: Cursor = START


async def _held(feed: Feed, places: Collection[TopicPart], relayed: Cursor) -> dict[TopicPart, _Held]:
    held = {at: _Held({}, [], []) for at in places}
    begins, ends = await feed.begins(places), await feed.ends(places)
    left = {at: end for at in places if (end := ends[at] or 0) > (begins[at] or 0)}
    if not left:
        return held
    await feed.assign({at: Start() for at in places})
    quiet = 0.0
    while left:
        batches = await feed.read(5000, READ_SECONDS)
        quiet = 0.0 if batches else quiet + READ_SECONDS
        if quiet > STUCK_SECONDS:
            raise FeedStuck(f"nothing comes of {sorted(left)}")
        for batch in batches:
            _hold(held[batch.at], batch.records, relayed)
            if batch.at in left and batch.next_offset is not None and batch.next_offset >= left[batch.at]:
                del left[batch.at]
                feed.pause([batch.at])
    feed.resume(places)
    return held


def _hold(held: _Held, records: Sequence[Record | Undecodable], relayed: Cursor) -> None:
    for record in records:
        if isinstance(record, Undecodable):
            held.undecodable.append(record.offset)
        elif record.cursor <= relayed:
            if record.cursor < held.last and record.cursor not in held.events:
                held.misplaced.append(record.cursor)
            held.events[record.cursor] = record.event_id
            held.last = max(held.last, record.cursor)


def _lacks(stored: Mapping[Cursor, _Sent], held: _Held, oldest: datetime | None) -> list[str]:
    found = Named()
    first = min(held.events, default=None)
    for cursor, sent in stored.items():
        there = held.events.get(cursor)
        if there is None:
            expired = oldest is not None and sent.recorded_at < oldest and (first is None or cursor < first)
            if not expired:
                found.add(f"event {sent.event_id} of {sent.recorded_at.isoformat()} at {cursor} is missing")
        elif there != sent.event_id:
            found.add(f"at {cursor} stands event {there} instead of {sent.event_id}")
    for cursor in sorted(held.events.keys() - stored.keys()):
        found.add(f"event {held.events[cursor]} at {cursor} is in no store")
    for cursor in held.misplaced:
        found.add(f"event {held.events[cursor]} at {cursor} stands behind a later one")
    for offset in held.undecodable:
        found.add(f"the record at offset {offset} has no readable headers")
    return found.sentences()
