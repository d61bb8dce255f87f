"""An event store as its SQL functions leave it: appends under locks, transaction ids, a horizon, ticks; and the statements on it.

Statements are known by the shipped texts. Of a text whose conditions matter here (horizon, epoch) they are read from it, so that a
condition that somebody leaves out is left out here too.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.event_store import load, tail
from shared.event_store.events import StoredRow
from shared.feed import scan
from shared.postgres.schema import within
from shared.relay import recovery, state, watermark
from shared.relay.state import Mark
from tests.chaos.simulation.database import Database, Row, Session, Statement, row_type
from tests.chaos.simulation.world import BEGIN

MICRO = timedelta(microseconds=1)
_Tail = row_type(*StoredRow.__struct_fields__)
_Events = row_type(
    "gen", "xid", "pos", "version", "event_id", "type", "customer_id", "part", "occurred_at", "recorded_at", "body"
)
_Answered = row_type("fingerprint", "status", "answer", "results", *_Events.names)
_Epoch = row_type("epoch", "gen", "xid", "pos")
_Mark = row_type("topic", "part", "gen", "xid", "pos", "end_offset")
_Tick = row_type("gen", "last_tick")
_Head = row_type("now_gen", "xmin", "gen", "xid", "pos")
_Known = row_type("n", "event_id")
_Watermark = row_type("t", "gen", "xid", "pos")
GEN = 1
_BELOW_HORIZON = "OR r.xid < (SELECT pg_snapshot_xmin(pg_current_snapshot()))" in tail._TAIL
_OF_THIS_EPOCH = "WHERE epoch = $1" in state._SAVE
_place = itemgetter(0, 1)


class _New(msgspec.Struct):
    id: UUID
    type: str
    at: datetime
    meta: dict[str, str]
    body: msgspec.Raw


class _Append(msgspec.Struct):
    stream: str
    expected: int | None
    customer: UUID | None
    part: int
    events: list[_New]


_appends = msgspec.json.Decoder(list[_Append])


@dataclass
class Store:
    """The store of one service."""

    database: Database
    schema: str
    parts: int
    log: list[tuple[int, int, StoredRow]] = field(default_factory=list)
    streams: dict[str, list[StoredRow]] = field(default_factory=dict)
    commands: dict[tuple[str, str, str], tuple[str, int, Any, list[Any]]] = field(default_factory=dict)
    ticked: datetime = BEGIN
    epoch: int = 0
    cursor: Cursor = START
    marks: dict[TopicPart, Mark] = field(default_factory=dict)
    watermark: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        self.ticked = self.database.world.wall()

    def events(self) -> list[StoredRow]:
        """Everything committed, in commit order."""
        return [row for _, _, row in self.log]

    def put(
        self, session: Session, stream: str, part: int, customer: UUID | None, new: list[tuple[UUID, str, datetime, str, str]]
    ) -> Cursor | None:
        """Add events (id, type, occurred, body, meta) to a stream whose lock is held; they are there with the commit."""
        before = self.streams.get(stream, ())
        xid = session.draw()
        at = max(self.database.world.wall(), self.ticked + MICRO)
        if before:
            at = max(at, before[-1].recorded_at + MICRO)
        row: StoredRow | None = None
        for i, (event_id, type_name, occurred_at, body, meta) in enumerate(new):
            self.database.last_pos += 1
            row = StoredRow(
                GEN,
                xid,
                self.database.last_pos,
                stream,
                len(before) + i + 1,
                event_id,
                type_name,
                customer,
                part,
                occurred_at,
                at + i * MICRO,
                body,
                meta,
            )
            session.at_commit.append(_committing(self, row))
        return None if row is None else row.cursor

    def append_many(self, session: Session, arguments: tuple[Any, ...]) -> list[Any]:
        text, command, _, skip_existing = arguments
        if session.appended or session.xid is not None:
            raise asyncpg.ActiveSQLTransactionError("append must be the first write")
        appends = _appends.decode(text)
        asked = None if command is None else msgspec.json.decode(command)
        key = None if asked is None else (asked["principal"], asked["route"], asked["key"])
        for name in sorted({one.stream for one in appends} | (set() if key is None else {"command-" + "/".join(key)})):
            session.lock((self.schema, name))
        session.appended = True
        if asked is not None and key is not None and (stored := self.commands.get(key)) is not None:
            fingerprint, status, answer, results = stored
            if fingerprint != asked["fingerprint"]:
                return _one({"outcome": "key_reused"})
            return _one({"outcome": "replayed", "status": status, "answer": answer, "results": results})
        results, bad = [], []
        outcomes: list[str] = []
        for one in appends:
            head = len(self.streams.get(one.stream, ()))
            outcome = "appended"
            if one.expected == 0 and head:
                outcome = "exists"
            elif one.expected and one.expected != head:
                outcome = "conflict"
            outcomes.append(outcome)
            if outcome == "conflict" or (outcome == "exists" and not skip_existing):
                bad.append({"stream": one.stream, "outcome": outcome, "version": head})
        if bad:
            return _one({"outcome": "conflict", "results": bad})
        for one, outcome in zip(appends, outcomes, strict=True):
            head = len(self.streams.get(one.stream, ()))
            cursor, count = None, 0
            if outcome == "appended":
                new = [(e.id, e.type, e.at, bytes(e.body).decode(), msgspec.json.encode(e.meta).decode()) for e in one.events]
                cursor, count = self.put(session, one.stream, one.part, one.customer, new), len(new)
            place = None if cursor is None else str(cursor)
            results.append({"stream": one.stream, "outcome": outcome, "version": head + count, "cursor": place})
        if asked is not None and key is not None:
            session.draw()
            stored = asked["fingerprint"], asked["status"], asked["answer"], results
            session.at_commit.append(lambda: self.commands.update({key: stored}))
            return _one({"outcome": "appended", "status": asked["status"], "answer": asked["answer"], "results": results})
        return _one({"outcome": "appended", "results": results})

    def statements(self) -> Mapping[str, Statement]:
        """By text, what each statement of the store, its relay and its readers does."""
        return {text: partial(does, self) for text, does in _statements(self.schema).items()}

    def _load(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        return [_Events(_of_stream(row)) for row in self.streams.get(arguments[0], ())]

    def _load_or_answer(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        stream, principal, route, key = arguments
        stored = self.commands.get((str(principal), route, key))
        if stored is not None:
            fingerprint, status, answer, results = stored
            texts = msgspec.json.encode(answer).decode(), msgspec.json.encode(results).decode()
            return [_Answered((bytes.fromhex(fingerprint), status, *texts, *([None] * len(_Events.names))))]
        rows = self.streams.get(stream, ())
        empty = (None, None, None, None)
        return [_Answered((*empty, *_of_stream(row))) for row in rows] or [_Answered((*empty, *([None] * len(_Events.names))))]

    def _begin(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        session.draw()
        self.epoch += 1
        return [_Epoch((self.epoch, *self.cursor))]

    def _tick(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        session.draw()
        self.ticked = max(self.database.world.wall(), self.ticked + MICRO)
        return [_Tick((GEN, self.ticked))]

    def _head(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        xmin = self.database.xmin()
        last = next((row for xid, _, row in reversed(self.log) if xid < xmin), None)
        return [_Head((GEN, xmin, *((None,) * 3 if last is None else last.cursor)))]

    def _tail(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        _, xid, pos, limit = arguments
        xmin = self.database.xmin()
        begin = bisect_right(self.log, (int(xid), pos), key=_place)
        rows = [row for x, _, row in self.log[begin : begin + limit] if x < xmin or not _BELOW_HORIZON]
        return [_Tail((GEN, xmin, *(None,) * 11)), *(_Tail(msgspec.structs.astuple(row)) for row in rows)]

    def _marks(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        return [_Mark((*at, *mark.cursor, mark.end_offset)) for at, mark in self.marks.items()]

    def _save(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        epoch, gen, xid, pos, *columns = arguments
        session.draw()
        if _OF_THIS_EPOCH and epoch != self.epoch:
            return _one(0)
        self.cursor = Cursor(gen, xid, pos)
        for topic, part, *place, end in zip(*columns, strict=True):
            self.marks[TopicPart(topic, part)] = Mark(Cursor(*place), end)
        return _one(1)

    def _parts(self, session: Session, arguments: tuple[Any, ...]) -> list[Any]:
        return _one(self.parts)

    def _watermark(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        return [] if self.watermark is None else [_Watermark(self.watermark)]

    def _publish(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        session.draw()
        if self.watermark is None or self.watermark[0] < arguments[0]:
            self.watermark = arguments
        return []

    def _known(self, session: Session, arguments: tuple[Any, ...]) -> list[Row]:
        stored = {row.cursor: row.event_id for row in self.events()}
        return [_Known((n, stored.get(Cursor(*place)))) for n, place in enumerate(zip(*arguments, strict=True), 1)]

    def _scan(self, session: Session, arguments: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        after, through, (parts, types, limit, customer) = arguments[:3], arguments[3:6], arguments[6:]
        xmin = self.database.xmin()
        found = []
        for xid, _, row in self.log:
            if not (after < row.cursor <= through and xid < xmin) or len(found) >= limit:
                continue
            if (
                (parts is None or row.part in parts)
                and (types is None or row.type in types)
                and customer in (None, row.customer_id)
            ):
                found.append(msgspec.structs.astuple(row)[:-1])
        return found


@lru_cache
def _statements(schema: str) -> Mapping[str, Callable[[Store, Session, tuple[Any, ...]], Any]]:
    return {
        f"SELECT {schema}.append_many($1, $2, $3, $4)": Store.append_many,
        within(schema, load._EVENTS): Store._load,
        within(schema, load._EVENTS_OR_ANSWER): Store._load_or_answer,
        within(schema, tail._TAIL): Store._tail,
        within(schema, state._BEGIN): Store._begin,
        within(schema, state._MARKS): Store._marks,
        within(schema, state._SAVE): Store._save,
        within(schema, watermark._TICK): Store._tick,
        within(schema, watermark._HEAD): Store._head,
        within(schema, watermark._PUBLISH): Store._publish,
        within(schema, recovery._KNOWN): Store._known,
        f"SELECT parts FROM {schema}.store": Store._parts,
        scan._SCAN.format(service=schema): Store._scan,
        scan._WATERMARK.format(service=schema): Store._watermark,
    }


def _committing(store: Store, row: StoredRow) -> Callable[[], None]:
    def commit() -> None:
        insort(store.log, (row.xid, row.pos, row), key=_place)
        store.streams.setdefault(row.stream, []).append(row)

    return commit


def draw(session: Session, arguments: tuple[Any, ...]) -> list[Any]:
    """SELECT pg_current_xact_id()"""
    return _one(session.draw())


def _of_stream(row: StoredRow) -> tuple[Any, ...]:
    return (
        row.gen,
        row.xid,
        row.pos,
        row.version,
        row.event_id,
        row.type,
        row.customer_id,
        row.part,
        row.occurred_at,
        row.recorded_at,
        row.body,
    )


def _one(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = msgspec.json.encode(value).decode()
    return [(value,)]
