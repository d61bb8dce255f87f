"""Watermarks: "all that was recorded before T lies at or below this cursor".

INVARIANT: an append takes its transaction id before it reads the last tick. S is an id drawn in a transaction of its own
after the tick was committed. So an append either has an id below S, and is waited for, or it sees the tick and records
later than it. Breaks if S is drawn before the tick is committed, if the tick is taken from a clock alone, or if T is
published while a transaction below S is open or a row below S is not yet acknowledged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.relay.state import Mark

BUSY_SECONDS = 0.1
IDLE_SECONDS = 1.0
REMEMBERED = 1000

_TICK = """
UPDATE {schema}.store SET last_tick = greatest(clock_timestamp(), last_tick + interval '1 microsecond')
RETURNING gen, last_tick
"""
_DRAW = "SELECT pg_current_xact_id()"
_HEAD = """
SELECT s.gen AS now_gen, pg_snapshot_xmin(pg_current_snapshot()) AS xmin, h.gen, h.xid, h.pos
  FROM {schema}.store s
  LEFT JOIN LATERAL (
    SELECT e.gen, e.xid, e.pos FROM {schema}.events e
     WHERE e.gen < s.gen OR e.xid < pg_snapshot_xmin(pg_current_snapshot())
     ORDER BY e.gen DESC, e.xid DESC, e.pos DESC LIMIT 1) h ON true
"""
_PUBLISH = """
INSERT INTO {schema}.watermark AS w (t, gen, xid, pos) VALUES ($1, $2, $3, $4)
ON CONFLICT (one) DO UPDATE SET t = excluded.t, gen = excluded.gen, xid = excluded.xid, pos = excluded.pos
 WHERE w.t < excluded.t
"""


class Tick(NamedTuple):
    """A committed tick, the generation it was taken in, and a transaction id drawn after it."""

    t: datetime
    gen: int
    drawn: int


@dataclass(slots=True)
class Ticks:
    """Ticks that were taken and are not yet reached, oldest first, and when the next one is due.

    `clock` counts seconds and never goes back.
    """

    clock: Callable[[], float]
    waiting: list[Tick] = field(default_factory=list)
    _taken: float = float("-inf")
    _flowed: float = float("-inf")

    def flowed(self) -> None:
        """Events were seen: for the next second ticks are due more often."""
        self._flowed = self.clock()

    def due(self) -> bool:
        now = self.clock()
        return now - self._taken >= (BUSY_SECONDS if now - self._flowed < IDLE_SECONDS else IDLE_SECONDS)

    def add(self, tick: Tick) -> None:
        self._taken = self.clock()
        # Behind a transaction that stays open for minutes the old ones are worth more: they are reached first.
        if len(self.waiting) < REMEMBERED:
            self.waiting.append(tick)

    def reached(self, gen: int, complete_below: int) -> datetime | None:
        """The newest tick drawn in `gen` below this transaction id; it and all before it are forgotten, and those of other `gen`."""
        newest = None
        while self.waiting and (self.waiting[0].gen != gen or self.waiting[0].drawn < complete_below):
            tick = self.waiting.pop(0)
            if tick.gen == gen:
                newest = tick.t
        return newest


async def take_tick(connection: Connection, schema: str) -> Tick:
    """Tick, commit, and only then draw. `connection` must be outside a transaction."""
    row = await connection.fetchrow(within(schema, _TICK))
    assert row is not None
    drawn = await connection.fetchval(_DRAW)
    return Tick(row["last_tick"], row["gen"], drawn)


async def head(connection: Connection, schema: str) -> tuple[int, int, Cursor]:
    """Generation and horizon, and the last event below it; START when there is none. All of one snapshot."""
    row = await connection.fetchrow(within(schema, _HEAD))
    assert row is not None
    return row["now_gen"], row["xmin"], START if row["gen"] is None else Cursor(row["gen"], row["xid"], row["pos"])


async def publish(connection: Connection, schema: str, t: datetime, cursor: Cursor) -> None:
    """Put the watermark beside the published events; an older one changes nothing."""
    await connection.execute(within(schema, _PUBLISH), t, *cursor)


def record_value(t: datetime, cursor: Cursor, marks: Mapping[TopicPart, Mark]) -> bytes:
    """The watermark as it travels on Kafka. A topic part that never had a record is left out."""
    topics: dict[str, dict[str, list[str | int]]] = {}
    for at, mark in marks.items():
        topics.setdefault(at.topic, {})[str(at.part)] = [str(mark.cursor), mark.end_offset]
    return json.dumps({"t": t.isoformat(), "cursor": str(cursor), "topics": topics}, separators=(",", ":")).encode()
