"""The check that everything is what the stores say: topics record by record, read models row by row."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.contracts.cursor import PARTS, START, Cursor, TopicPart
from shared.contracts.envelope import Record, Undecodable
from shared.contracts.topics import TOPICS, Topic, topics_of, watermarks_topic
from shared.feed.feed import Feed, Start
from shared.feed.scan import scan_all
from shared.postgres.pool import Pool
from shared.projections.fold import gain, total_gain
from shared.projections.parking import read_parked
from shared.projections.positions import Position, read_positions
from shared.projections.read_model import ReadModel
from shared.projections.refold import Stores, refold_part
from shared.projections.routing import live_slot
from shared.projections.rows import fetch_part, fetch_totals

NAMED = 20
"""Differences that are named one by one in each place; more are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the stores say. `where`: a topic or a read model, with its part. `what`: a sentence."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Sent:
    event_id: UUID
    recorded_at: datetime


async def verify_read_models(
    pool: Pool, schema: str, models: Sequence[ReadModel[Any]], stores: Stores, parts: Collection[int] = range(PARTS)
) -> list[Difference]:
    """Fold every read model anew up to the position of its live slot and compare the rows and totals, part by part.

    Position and rows of a part are read in one snapshot, so the consumer may go on. Rows of parked keys are not compared.
    """
    found: list[Difference] = []
    for model in models:
        for part in parts:
            found += await _verify_part(pool, schema, model, stores, part)
    return found


async def _verify_part(pool: Pool, schema: str, model: ReadModel[Any], stores: Stores, part: int) -> list[Difference]:
    where = f"{schema}.{model.name}, part {part}"
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        slot = await live_slot(conn, schema, model)
        positions = await read_positions(conn, schema, {model.name: model.version}, [part])
        position = next((one for one in positions if one.slot == slot), None)
        rows = await fetch_part(conn, schema, model, slot, part)
        totals = {} if model.totals is None else await fetch_totals(conn, schema, model, slot, part)
        parked = {p.parked.key for p in await read_parked(conn, schema, [part]) if (p.read_model, p.slot) == (model.name, slot)}
    if position is None:
        return [Difference(where, "has rows and no position")] if rows else []
    return [Difference(where, what) for what in await _compare(model, stores, position, rows, totals, parked)]


async def _compare(
    model: ReadModel[Any],
    stores: Stores,
    position: Position,
    rows: Mapping[Hashable, Any],
    totals: Mapping[tuple[str, str], Any],
    parked: Collection[str],
) -> list[str]:
    expected = await refold_part(model, stores, position, frozenset(parked))
    skipped = {key for keys in expected.keys_of.values() for key in keys}
    skipped |= {key for key in (*rows, *expected.rows) if str(key) in parked}
    found = _Named()
    for key in sorted({*rows, *expected.rows} - skipped, key=str):
        if key not in rows:
            found.add(f"the row of {key} is missing")
        elif key not in expected.rows:
            found.add(f"the row of {key} should not be there")
        elif names := _unlike(model, rows[key], expected.rows[key]):
            found.add(f"the row of {key} differs in {', '.join(names)}")
    for key, one in expected.parked.items():
        if key not in parked:
            found.add(f"{key} cannot be folded from {one.topic} at {one.cursor} on ({one.cause}), yet it is not parked")
    if model.totals is not None:
        # What a parked row adds to the totals is what it added when it was parked.
        standing = {**expected.rows, **{key: rows.get(key) for key in skipped}}
        sums = total_gain(gain(model.totals, None, row) for row in standing.values())
        for slot in sorted({*sums, *totals}):
            if sums.get(slot, 0) != totals.get(slot, 0):
                found.add(f"the total {' / '.join(slot)} is {totals.get(slot, 0)} and should be {sums.get(slot, 0)}")
    return found.sentences()


def _unlike(model: ReadModel[Any], row: Any, expected: Any) -> list[str]:
    if row == expected:
        return []
    return [
        field.name
        for field in fields(model.row)
        if _value(model, field.name, getattr(row, field.name)) != _value(model, field.name, getattr(expected, field.name))
    ]


def _value(model: ReadModel[Any], column: str, value: Any) -> Any:
    # PostgreSQL writes jsonb in its own order and spacing.
    return json.loads(value, parse_float=Decimal) if model.columns[column] == "jsonb" and value is not None else value


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

    `feed` reads Kafka and is used up. Records that were sent twice are no difference. A log that begins later than its
    retention (`retention` by topic, None for ever; the published one by default) explains has lost records. `now`: aware.
    """
    topics = [topic for topic in TOPICS if topic.service == service and topic.name != watermarks_topic(service)]
    async with pool.acquire() as conn:
        row = await conn.fetchrow(_RELAYED.format(schema=service))
    relayed = START if row is None else Cursor(*row)
    found: list[Difference] = []
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


async def _held(feed: Feed, places: Collection[TopicPart], relayed: Cursor) -> dict[TopicPart, _Held]:
    held = {at: _Held({}, [], []) for at in places}
    ends = await feed.ends(places)
    await feed.assign({at: Start() for at in places})
    left = {at: end for at, end in ends.items() if end}
    quiet = 0
    while left and quiet < QUIET_READS:
        batches = await feed.read(5000, 0.5)
        # A log that retention has emptied has an end and no records.
        quiet = 0 if batches else quiet + 1
        for batch in batches:
            _hold(held[batch.at], batch.records, relayed)
            if batch.at in left and batch.next_offset is not None and batch.next_offset >= left[batch.at]:
                del left[batch.at]
                feed.pause([batch.at])
    feed.resume(places)
    return held


QUIET_READS = 4


def _hold(held: _Held, records: Sequence[Record | Undecodable], relayed: Cursor) -> None:
    last = max(held.events, default=START)
    for record in records:
        if isinstance(record, Undecodable):
            held.undecodable.append(record.offset)
        elif record.cursor <= relayed:
            if record.cursor < last and record.cursor not in held.events:
                held.misplaced.append(record.cursor)
            held.events[record.cursor] = record.event_id
            last = max(last, record.cursor)


def _lacks(stored: Mapping[Cursor, _Sent], held: _Held, oldest: datetime | None) -> list[str]:
    found = _Named()
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


class _Named:
    """Sentences; beyond a number only their count."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        if len(self._sentences) < NAMED:
            self._sentences.append(sentence)
        else:
            self._more += 1

    def sentences(self) -> list[str]:
        return [*self._sentences, f"and {self._more} more differences"] if self._more else self._sentences
