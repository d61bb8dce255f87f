"""Batches of different parts, applied to all read models and reactions in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import Passed, Record, Undecodable
from shared.event_store.append import append_many
from shared.event_store.events import Append
from shared.feed.feed import Batch
from shared.postgres.pool import Connection, Pool
from shared.projections import metrics
from shared.projections.fold import (
    CAUSE_LENGTH,
    Folded,
    Interest,
    Item,
    Keyed,
    Parked,
    cause_of,
    fold,
    interest,
    keyed,
    read_item,
    total_gain,
    wide_key,
)
from shared.projections.parking import keep_raw, park
from shared.projections.positions import PartLost, Position, move
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel
from shared.projections.rows import Changed, fetch_rows, write_added, write_rows, write_totals

APPEND_ATTEMPTS = 5


class MissingRecord(Exception):
    """The feed went from one record to another that names a different predecessor. Seek back; if it stays missing, rebuild."""

    def __init__(self, at: TopicPart, text: str) -> None:
        super().__init__(f"{at.topic}, part {at.part}: {text}")
        self.at = at


class ReactionRefused(Exception):
    """A reaction's appends were in conflict again and again: it expects versions instead of "any" or "new". A fault in the program."""


class _Conflict(Exception):
    """A reaction's append met another writer; the transaction begins again."""


@dataclass(slots=True)
class Standing:
    """A follower of the feed on one part: a read model in one slot, or a reaction; where it stands, what is parked."""

    reader: ReadModel[Any] | Reaction
    position: Position
    parked: set[str]
    interests: dict[str, dict[str, Interest]] = field(default_factory=dict)

    def wants(self, topic: str, type_name: str) -> Interest:
        kinds = self.interests.setdefault(topic, {})
        if type_name not in kinds:
            kinds[type_name] = interest(self.reader.topics.get(topic, frozenset()), type_name)
        return kinds[type_name]


@dataclass(slots=True)
class _Work:
    """What one standing makes of the batch."""

    standing: Standing
    to: Position
    keyed: Keyed
    folded: Folded[Any] = field(default_factory=lambda: Folded({}, {}))
    before: Mapping[Any, Any] = field(default_factory=dict)
    appends: list[Append] = field(default_factory=list)

    @property
    def part(self) -> int:
        return self.to.part

    def parked(self) -> dict[str, Parked]:
        return self.keyed.parked | self.folded.parked

    def idle(self) -> bool:
        return not self.keyed.entries and not self.keyed.parked


async def apply_batches(pool: Pool, schema: str, standings: Mapping[int, Sequence[Standing]], batches: Sequence[Batch]) -> None:
    """Fold batches, each of a part of its own, into every standing of its part that follows its topic, and move their positions.

    All or nothing. What few records cost is mostly the statements, and these are as many for twelve parts as for one. Raises
    MissingRecord before anything is written; PartLost, TooManyParked, RowOfAnotherPart, ReactionRefused, or what the database
    raises.
    """
    works = [work for batch in batches for work in _works(schema, standings[batch.part], batch)]
    raw = [record for batch in batches for record in batch.records if isinstance(record, Undecodable)]
    for one in raw:
        metrics.UNDECODABLE.labels(schema, one.topic).inc()
    with metrics.BATCH_SECONDS.labels(schema).time():
        if not raw and all(work.idle() for work in works):
            if works:
                async with pool.acquire() as conn:
                    await _moved(conn, schema, works)
        else:
            await _transact(pool, schema, works, raw)
    for work in works:
        work.standing.position = work.to.saved()
        if parked := work.parked():
            work.standing.parked.update(parked)
            metrics.PARKED.labels(schema, work.standing.reader.name).inc(len(parked))
        if work.keyed.entries:
            metrics.FOLDED.labels(schema, work.standing.reader.name).inc(len(work.keyed.entries))


def _works(schema: str, standings: Sequence[Standing], batch: Batch) -> list[_Work]:
    records: list[Record | Passed] = [record for record in batch.records if isinstance(record, Record)]
    if batch.passed:
        # One chain of predecessors runs through both.
        records = sorted([*records, *batch.passed], key=_offset)
    items: dict[int, Item] = {}
    fresh_after: dict[Cursor, tuple[list[int], Cursor]] = {}
    works = []
    for standing in standings:
        if batch.topic not in standing.reader.topics:
            continue
        after = standing.position.cursor(batch.topic)
        if after not in fresh_after:
            fresh_after[after] = _fresh(schema, batch.at, records, after)
        fresh, last = fresh_after[after]
        if not fresh and not _offset_news(standing.position, batch):
            continue
        wanted: list[Item] = []
        skipped, kinds = 0, standing.interests.setdefault(batch.topic, {})
        for i in fresh:
            record = records[i]
            if not isinstance(record, Record):
                skipped += 1
                continue
            its_interest = kinds.get(record.type) or standing.wants(batch.topic, record.type)
            if its_interest == "skip":
                skipped += 1
                continue
            item = items.get(i)
            if item is None:
                item = items[i] = read_item(record, its_interest)
            wanted.append(item)
        if skipped:
            metrics.SKIPPED.labels(schema, standing.reader.name).inc(skipped)
        to = standing.position.moved(batch.topic, last, batch.next_offset)
        key = standing.reader.key if isinstance(standing.reader, ReadModel) else wide_key
        works.append(_Work(standing, to, keyed(key, wanted, standing.parked)))
    return works


def _offset(record: Record | Passed) -> int:
    return -1 if record.offset is None else record.offset


def _offset_news(position: Position, batch: Batch) -> bool:
    known = position.offsets.get(batch.topic)
    return batch.next_offset is not None and (known is None or known < batch.next_offset)


def _fresh(schema: str, at: TopicPart, records: Sequence[Record | Passed], after: Cursor) -> tuple[list[int], Cursor]:
    """Places of the records that are new behind `after`, and the last cursor. INVARIANT: what was sent twice is folded once,
    and a record whose predecessor was not seen is not folded at all."""
    fresh: list[int] = []
    last = after
    for i, record in enumerate(records):
        if record.cursor <= last:
            continue
        if record.prev is not None and record.prev > last:
            raise MissingRecord(at, f"after {last} comes {record.cursor}, which follows {record.prev}")
        last = record.cursor
        fresh.append(i)
    if len(fresh) < len(records):
        metrics.REPEATED.labels(schema, at.topic).inc(len(records) - len(fresh))
    return fresh, last


async def _transact(pool: Pool, schema: str, works: Sequence[_Work], raw: Sequence[Undecodable]) -> None:
    alike = _by_slot(works)
    careful = False
    for _ in range(APPEND_ATTEMPTS):
        try:
            async with pool.acquire() as conn, conn.transaction():
                for its in alike:
                    await _compute(conn, schema, its)
                await _append(conn, schema, [append for work in works for append in work.appends])
                if careful:
                    await _leave_out_unwritable(conn, schema, works)
                await _moved(conn, schema, works)
                for its in alike:
                    await _write(conn, schema, its)
                await keep_raw(conn, schema, raw)
            return
        except _Conflict:
            continue
        except asyncpg.DataError:
            if careful:
                raise
            careful = True
    raise ReactionRefused(f"{schema}: the appends of a reaction were refused {APPEND_ATTEMPTS} times")


def _by_slot(works: Iterable[_Work]) -> list[list[_Work]]:
    """Works of one slot on different parts: one statement serves them all."""
    found: dict[tuple[str, str], list[_Work]] = {}
    for work in works:
        found.setdefault((work.standing.reader.name, work.to.slot), []).append(work)
    return list(found.values())


async def _compute(conn: Connection, schema: str, alike: Sequence[_Work]) -> None:
    """Of works of one slot, what the rows become and what the reactions append."""
    reader, slot = alike[0].standing.reader, alike[0].to.slot
    if isinstance(reader, Reaction):
        for work in alike:
            _react(reader, work)
        return
    told = [work for work in alike if work.keyed.entries]
    if told and reader.split is None:
        before = await fetch_rows(
            conn, schema, reader, slot, {work.part: {key for key, _ in work.keyed.entries} for work in told}
        )
        for work in told:
            work.before = before[work.part]
    for work in told:
        work.folded = fold(reader, work.before, work.keyed.entries, work.standing.parked)


def _react(reaction: Reaction, work: _Work) -> None:
    work.folded, work.appends = Folded({}, {}), []
    for key, event in work.keyed.entries:
        if str(key) in work.folded.parked:
            continue
        try:
            work.appends += reaction.react(event)
        except Exception as error:
            work.folded.parked[str(key)] = Parked(str(key), event.topic, event.cursor, cause_of(error))


async def _append(conn: Connection, schema: str, appends: Sequence[Append]) -> None:
    # The first write of the transaction: locks on streams come before a transaction id exists.
    if appends and (await append_many(conn, schema, appends, skip_existing=True)).outcome != "appended":
        raise _Conflict


async def _moved(conn: Connection, schema: str, works: Sequence[_Work]) -> None:
    try:
        await move(conn, schema, [work.to for work in works])
    except asyncpg.DeadlockDetectedError as error:
        parts = sorted({work.part for work in works})
        raise PartLost(f"{schema}, parts {parts}: two processes move their positions") from error


async def _write(conn: Connection, schema: str, alike: Sequence[_Work]) -> None:
    reader, slot = alike[0].standing.reader, alike[0].to.slot
    changed = {work.part: work.folded.changed for work in alike if work.folded.changed}
    if isinstance(reader, ReadModel) and changed:
        await _write_changed(conn, schema, reader, slot, changed)
        gained = {work.part: total_gain(work.folded.gains.values()) for work in alike if work.folded.gains}
        await write_totals(conn, schema, reader, slot, gained)
    for work in alike:
        await park(conn, schema, work.to, work.parked().values())


async def _write_changed(conn: Connection, schema: str, model: ReadModel[Any], slot: str, changed: Changed) -> None:
    await (write_rows if model.split is None else write_added)(conn, schema, model, slot, changed)


async def _leave_out_unwritable(conn: Connection, schema: str, works: Iterable[_Work]) -> None:
    """Park the rows that PostgreSQL does not take (a NUL in a text, a number out of range), one try each, so that the rest flows."""
    for work in works:
        reader = work.standing.reader
        if not isinstance(reader, ReadModel):
            continue
        last = dict(work.keyed.entries)
        for key, row in list(work.folded.changed.items()):
            attempt = conn.transaction()
            await attempt.start()
            try:
                await _write_changed(conn, schema, reader, work.to.slot, {work.part: {key: row}})
            except asyncpg.DataError as error:
                del work.folded.changed[key]
                work.folded.gains.pop(key, None)
                event = last[key]
                cause = f"{type(error).__name__}: a column does not take the value"[:CAUSE_LENGTH]
                work.folded.parked[str(key)] = Parked(str(key), event.topic, event.cursor, cause)
            finally:
                # Written for good with all the others: what is added must be added once.
                await attempt.rollback()
