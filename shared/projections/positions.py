"""How far a slot of a read model has got on one part: read, made, moved by compare-and-set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from shared.contracts.cursor import START, Cursor, parse_cursor
from shared.postgres.pool import Connection

State = Literal["live", "building", "old"]


class PartLost(Exception):
    """The position was moved by somebody else since it was read: another process works on the part, or the slot was swapped.

    Nothing of the transaction stands. Read the positions again, or leave the part.
    """


@dataclass(frozen=True, slots=True)
class Position:
    """One row for all topics of a part: to one revision belong the cursors reached and the next offsets."""

    read_model: str
    slot: str
    part: int
    version: int
    rev: int
    cursors: Mapping[str, Cursor]
    offsets: Mapping[str, int]

    def cursor(self, topic: str) -> Cursor:
        return self.cursors.get(topic, START)

    def moved(self, topic: str, cursor: Cursor, offset: int | None) -> Position:
        """The position after a batch of one topic. It never goes back; the offset follows where reading resumes."""
        cursors = {**self.cursors, topic: max(cursor, self.cursor(topic))}
        offsets = self.offsets if offset is None else {**self.offsets, topic: offset}
        return Position(self.read_model, self.slot, self.part, self.version, self.rev, cursors, offsets)

    def saved(self) -> Position:
        """The position as the database holds it after `move`."""
        return Position(self.read_model, self.slot, self.part, self.version, self.rev + 1, self.cursors, self.offsets)


_READ = """
SELECT read_model, slot, part, version, rev, cursors::text, offsets::text FROM {schema}.positions
 WHERE (read_model, version) IN (SELECT * FROM unnest($1::text[], $2::int[])) AND part = ANY($3::int[]) AND state = $4"""

_MAKE = """
INSERT INTO {schema}.positions (read_model, slot, part, version, state)
SELECT r.read_model, r.live, p.part, r.version, 'live'
  FROM {schema}.routing r CROSS JOIN unnest($3::int[]) AS p(part)
 WHERE (r.read_model, r.version) IN (SELECT * FROM unnest($1::text[], $2::int[]))
ON CONFLICT (read_model, slot, part) DO NOTHING"""

_MAKE_UNROUTED = """
INSERT INTO {schema}.positions (read_model, slot, part, version, state)
SELECT $1, 'a', p.part, 1, 'live' FROM unnest($2::int[]) AS p(part)
ON CONFLICT (read_model, slot, part) DO NOTHING"""

_MOVE = """
UPDATE {schema}.positions AS p SET rev = p.rev + 1, cursors = n.cursors::jsonb, offsets = n.offsets::jsonb
  FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[]) AS n(read_model, slot, part, rev, cursors, offsets)
 WHERE p.read_model = n.read_model AND p.slot = n.slot AND p.part = n.part AND p.rev = n.rev
RETURNING 1"""


async def read_positions(
    conn: Connection, schema: str, versions: Mapping[str, int], parts: Iterable[int], state: State = "live"
) -> list[Position]:
    """Positions of the named read models in exactly these versions."""
    found = await conn.fetch(_READ.format(schema=schema), list(versions), list(versions.values()), list(parts), state)
    return [
        Position(name, slot, part, version, rev, cursors_from(cursors), msgspec.json.decode(offsets, type=dict[str, int]))
        for name, slot, part, version, rev, cursors, offsets in found
    ]


async def make_positions(conn: Connection, schema: str, versions: Mapping[str, int], parts: Sequence[int]) -> None:
    """Make missing positions of read models whose live slot has the version given: they begin before every event."""
    await conn.execute(_MAKE.format(schema=schema), list(versions), list(versions.values()), list(parts))


async def make_unrouted(conn: Connection, schema: str, name: str, parts: Sequence[int]) -> None:
    """Make missing positions of a follower without a table, such as a reaction."""
    await conn.execute(_MAKE_UNROUTED.format(schema=schema), name, list(parts))


async def move(conn: Connection, schema: str, to: Sequence[Position]) -> None:
    """Move all these positions; in a transaction all or none. Raises PartLost.

    INVARIANT: rows are written only in a transaction in which this succeeded, or a worker that was paused and has lost
    its part would overwrite newer rows with older ones.
    """
    moved = await conn.fetch(
        _MOVE.format(schema=schema),
        [p.read_model for p in to],
        [p.slot for p in to],
        [p.part for p in to],
        [p.rev for p in to],
        [cursors_text(p.cursors) for p in to],
        [msgspec.json.encode(p.offsets).decode() for p in to],
    )
    if len(moved) != len(to):
        parts = sorted({p.part for p in to})
        raise PartLost(f"{schema}, parts {parts}: {len(to) - len(moved)} of {len(to)} positions were moved by another")


def cursors_text(cursors: Mapping[str, Cursor]) -> str:
    return msgspec.json.encode({topic: str(cursor) for topic, cursor in cursors.items()}).decode()


def cursors_from(text: str) -> dict[str, Cursor]:
    return {topic: parse_cursor(cursor) for topic, cursor in msgspec.json.decode(text, type=dict[str, str]).items()}
