"""What consumers keep in PostgreSQL: positions, rows, totals, parked keys; and the statements on them.

As with the store, statements are known by the shipped texts, and conditions that matter are read from the texts.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from shared.projections import parking, positions, rows
from shared.projections.ddl import table_name, totals_name
from shared.projections.read_model import ReadModel
from shared.projections.rows import row_statements
from tests.chaos.simulation.database import Session, Statement, row_type

SLOT = "a"
_Total = row_type("gone", "group_key", "part", "measure")


class Place(NamedTuple):
    """A row of `positions`."""

    version: int
    rev: int
    cursors: str
    offsets: str
    state: str
    extra: str


NOWHERE = Place(1, 0, "{}", "{}", "live", "{}")


class ParkedRow(NamedTuple):
    part: int
    topic: str
    cursor: str
    cause: str
    retry: bool


def position_statements(schema: str, routed: Mapping[str, int]) -> dict[str, Statement]:
    """Of the positions of a schema. `routed`: versions of the read models that have a live slot."""
    table = f"{schema}.positions"
    compared = "p.rev = n.rev" in positions._MOVE

    def read(s: Session, a: tuple[Any, ...]) -> list[Any]:
        wanted = set(zip(a[0], a[1], strict=True))
        return [
            (name, slot, part, place.version, place.rev, place.cursors, place.offsets)
            for (name, slot, part), place in s.rows(table).items()
            if (name, place.version) in wanted and part in a[2] and place.state == a[3]
        ]

    def make(s: Session, a: tuple[Any, ...]) -> int:
        for name, version in zip(a[0], a[1], strict=True):
            if routed.get(name) == version:
                _make(s, table, name, version, a[2])
        return 0

    def make_unrouted(s: Session, a: tuple[Any, ...]) -> int:
        _make(s, table, a[0], 1, a[1])
        return 0

    def move(s: Session, a: tuple[Any, ...]) -> list[Any]:
        moved = []
        for name, slot, part, rev, cursors, offsets in sorted(zip(*a, strict=True)):
            key = (name, slot, part)
            place = s.read(table, key)
            if place is None or (compared and place.rev != rev and s.database.locks.get((table, key)) is None):
                continue
            s.lock((table, key))
            place = s.read(table, key)
            if compared and place.rev != rev:
                continue
            s.write(table, key, place._replace(rev=place.rev + 1, cursors=cursors, offsets=offsets))
            moved.append((1,))
        return moved

    return {
        positions._READ.format(schema=schema): read,
        positions._MAKE.format(schema=schema): make,
        positions._MAKE_UNROUTED.format(schema=schema): make_unrouted,
        positions._MOVE.format(schema=schema): move,
    }


def _make(s: Session, table: str, name: str, version: int, parts: Sequence[int]) -> None:
    for part in parts:
        key = (name, SLOT, part)
        if s.read(table, key) is None:
            s.lock((table, key))
            if s.read(table, key) is None:
                s.write(table, key, NOWHERE._replace(version=version))


def parking_statements(schema: str) -> dict[str, Statement]:
    """Of parked keys. All of a schedule happens within the minute in which they are counted."""
    table = f"{schema}.parked"

    def park(s: Session, a: tuple[Any, ...]) -> int:
        name, slot, part, *columns = a
        for key, topic, cursor, cause in zip(*columns, strict=True):
            s.write(table, (name, slot, key), ParkedRow(part, topic, cursor, cause, False))
        return len(columns[0])

    def unpark(s: Session, a: tuple[Any, ...]) -> int:
        name, slot, _, keys = a
        for key in keys:
            s.write(table, (name, slot, key), None)
        return len(keys)

    def read(s: Session, a: tuple[Any, ...]) -> list[Any]:
        return [
            (name, slot, one.part, key, one.topic, one.cursor, one.cause, one.retry)
            for (name, slot, key), one in sorted(s.rows(table).items())
            if not a or one.part in a[0]
        ]

    def retry(s: Session, a: tuple[Any, ...]) -> int:
        for key, one in list(s.rows(table).items()):
            s.write(table, key, one._replace(retry=True))
        return 0

    def wanted(s: Session, a: tuple[Any, ...]) -> list[Any]:
        return sorted(
            {(name, slot, one.part) for (name, slot, _), one in s.rows(table).items() if one.retry and one.part in a[0]}
        )

    def keep(s: Session, a: tuple[Any, ...]) -> int:
        for topic, part, offset, raw in zip(*a, strict=True):
            s.write(f"{schema}.raw_records", (topic, part, offset), raw)
        return 0

    return {
        parking._PARK.format(schema=schema): park,
        parking._COUNTS.format(schema=schema): lambda s, a: [("any", len(s.rows(table)), len(s.rows(table)))],
        parking._UNPARK.format(schema=schema): unpark,
        parking._READ.format(schema=schema): read,
        parking._READ_ALL.format(schema=schema): read,
        parking._RETRY.format(schema=schema): retry,
        parking._WANTED.format(schema=schema): wanted,
        parking._KEEP.format(schema=schema): keep,
    }


def model_statements(schema: str, model: ReadModel[Any]) -> dict[str, Statement]:
    """Of the rows and totals of a read model."""
    texts = row_statements(schema, model, SLOT)
    table, totals = table_name(schema, model.name, SLOT), totals_name(schema, model.name, SLOT)
    names = list(model.columns)
    keys = len(names) - len(model.added)
    by_part = "SELECT n.g, n.p, n.m" in rows._TOTALS_UPSERT
    found: dict[str, Statement] = {}

    def fetch(s: Session, a: tuple[Any, ...]) -> list[Any]:
        wanted = set(a[0])
        return [row for row in s.rows(table).values() if row[0] in wanted]

    def upsert(s: Session, a: tuple[Any, ...]) -> int:
        count = 0
        for row in zip(*a, strict=True):
            before = s.read(table, row[0])
            if before is None or before[-1] == row[-1]:
                s.write(table, row[0], row)
                count += 1
        return count

    def delete(s: Session, a: tuple[Any, ...]) -> int:
        gone = set(zip(*a, strict=True))
        for key in [key for key, row in s.rows(table).items() if (row[0], row[-1]) in gone]:
            s.write(table, key, None)
        return 0

    def add(s: Session, a: tuple[Any, ...]) -> int:
        *columns, parts = a
        amounts = [[Decimal(one) for one in text.split(",")] for text in columns[keys:]]
        rows_added = list(zip(zip(*columns[:keys], *amounts, strict=True), parts, strict=True))
        for row, _ in sorted(rows_added, key=str):
            s.lock((table, row[:keys]))
        for row, part in rows_added:
            before = s.read(table, row[:keys])
            after = row[keys:] if before is None else tuple(x + y for x, y in zip(before[keys:], row[keys:], strict=False))
            s.write(table, row[:keys], (*row[:keys], *after, part))
        return len(rows_added)

    def totals_upsert(s: Session, a: tuple[Any, ...]) -> list[Any]:
        groups, parts, measures, amounts = a
        slots: list[Hashable] = [(g, p if by_part else 0, m) for g, p, m in zip(groups, parts, measures, strict=True)]
        for slot in slots:
            s.lock((totals, slot))
        answer = []
        for of, slot, amount in zip(zip(groups, parts, measures, strict=True), slots, amounts, strict=True):
            value = (s.read(totals, slot) or 0) + amount
            s.write(totals, slot, value)
            answer.append(_Total((value == 0, *of)))
        return answer

    def totals_delete(s: Session, a: tuple[Any, ...]) -> int:
        for slot in zip(*a, strict=True):
            s.write(totals, slot, None)
        return 0

    found[texts.fetch] = fetch
    found[texts.delete] = delete
    found[texts.totals_upsert] = totals_upsert
    found[texts.totals_delete] = totals_delete
    if model.split is None:
        found[texts.upsert] = upsert
    else:
        found[texts.add] = add
    return found
