"""Rows and totals of one slot in PostgreSQL: fetched, written and deleted in bulk, one statement each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

import asyncpg
import msgspec

from shared.postgres.pool import Connection
from shared.projections.ddl import table_name, totals_name
from shared.projections.read_model import ReadModel, Row
from shared.projections.sums import by_customer, columns_of, key_columns


class RowOfAnotherPart(Exception):
    """Two parts claim one row: the key function mixes what belongs to different keys of the log. A fault in the program."""


@dataclass(frozen=True, slots=True)
class RowStatements:
    """The statements of one slot, and how its rows are read and written."""

    fetch: str
    fetch_part: str
    upsert: str
    add: str
    delete: str
    totals_fetch: str
    totals_upsert: str
    totals_delete: str
    values: Callable[[Any], tuple[Any, ...]]
    arrays: tuple[int, ...]


_FETCH = "SELECT {columns}, part FROM {table} WHERE {key} = ANY($1::{key_type}[])"
_FETCH_PART = "SELECT {columns}, part FROM {table} WHERE part = $1"
_UPSERT = """
INSERT INTO {table} AS t ({names}, part) SELECT {sources}, u.part FROM unnest({arguments}, ${part}::smallint[]) AS u({names}, part)
ON CONFLICT ({key}) DO UPDATE SET {assignments} WHERE t.part = excluded.part"""
_ADD = """
INSERT INTO {table} AS t ({names}, part) SELECT u.* FROM unnest({addends}, ${part}::smallint[]) AS u({names}, part)
ON CONFLICT ({keys}) DO UPDATE SET {additions} WHERE t.part = excluded.part"""
_DELETE = """
DELETE FROM {table} AS t USING unnest($1::{key_type}[], $2::smallint[]) AS g({key}, part) WHERE t.{key} = g.{key} AND t.part = g.part"""
_TOTALS_FETCH = "SELECT group_key, measure, value FROM {totals} WHERE part = $1"
_TOTALS_UPSERT = """
INSERT INTO {totals} AS t (group_key, part, measure, value)
SELECT n.g, n.p, n.m, trim_scale(n.v) FROM unnest($1::text[], $2::smallint[], $3::text[], $4::numeric[]) AS n(g, p, m, v)
ON CONFLICT (group_key, part, measure) DO UPDATE SET value = trim_scale(t.value + excluded.value)
RETURNING value = 0 AS gone, group_key, part, measure"""
_TOTALS_DELETE = """
DELETE FROM {totals} WHERE (group_key, part, measure) IN (SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[]))"""


@functools.lru_cache(maxsize=256)
def _statements(
    schema: str,
    name: str,
    slot: str,
    columns: tuple[tuple[str, str], ...],
    key: str,
    keys: tuple[str, ...],
    added: tuple[str, ...],
) -> RowStatements:
    names = [column for column, _ in columns]
    kinds = dict(columns)
    # unnest would flatten an array of arrays, so arrays travel as JSON text, as does jsonb, which is text on our side.
    carried = {"text[]": "text", "jsonb": "text"}
    sources = {
        "text[]": "CASE WHEN u.{0} IS NULL THEN NULL ELSE ARRAY(SELECT jsonb_array_elements_text(u.{0}::jsonb)) END",
        "jsonb": "u.{0}::jsonb",
    }
    words = {
        "table": table_name(schema, name, slot),
        "totals": totals_name(schema, name, slot),
        "key": key,
        "key_type": kinds[key],
        "keys": ", ".join(keys),
        # The client needs several times as long for an array of decimals as for their text.
        "addends": ", ".join(
            f"string_to_array(${i}::text, ',')::numeric[]" if c in added else f"${i}::{kind}[]"
            for i, (c, kind) in enumerate(columns, 1)
        ),
        "additions": ", ".join(f"{c} = t.{c} + excluded.{c}" for c in added),
        "names": ", ".join(names),
        "columns": ", ".join(f"{c}::text" if kind == "jsonb" else c for c, kind in columns),
        "sources": ", ".join(sources.get(kind, "u.{0}").format(c) for c, kind in columns),
        "arguments": ", ".join(f"${i}::{carried.get(kind, kind)}[]" for i, (_, kind) in enumerate(columns, 1)),
        "part": str(len(columns) + 1),
        "assignments": ", ".join(f"{c} = excluded.{c}" for c in names if c != key) or f"{key} = excluded.{key}",
    }
    getter = attrgetter(*names)
    return RowStatements(
        fetch=_FETCH.format(**words),
        fetch_part=_FETCH_PART.format(**words),
        upsert=_UPSERT.format(**words),
        add=_ADD.format(**words),
        delete=_DELETE.format(**words),
        totals_fetch=_TOTALS_FETCH.format(**words),
        totals_upsert=_TOTALS_UPSERT.format(**words),
        totals_delete=_TOTALS_DELETE.format(**words),
        values=getter if len(names) > 1 else lambda row: (getter(row),),
        arrays=tuple(i for i, (_, kind) in enumerate(columns) if kind == "text[]"),
    )


def row_statements(schema: str, model: ReadModel[Any], slot: str) -> RowStatements:
    return _statements(schema, model.name, slot, tuple(model.columns.items()), model.key_column, key_columns(model), model.added)


async def fetch_rows(
    conn: Connection, schema: str, model: ReadModel[Row], slot: str, keys: Mapping[int, Collection[Hashable]]
) -> dict[int, dict[Hashable, Row]]:
    """By part, the rows of these keys; of sums those of these customers. Raises RowOfAnotherPart."""
    statements = row_statements(schema, model, slot)
    wanted = [key for its in keys.values() for key in its]
    found: dict[int, list[asyncpg.Record]] = {part: [] for part in keys}
    for record in await conn.fetch(statements.fetch, wanted):
        if record[-1] not in found:
            raise RowOfAnotherPart(f"{model.name}: a row of part {record[-1]} is touched by parts {sorted(found)}")
        found[record[-1]].append(record)
    rows = {part: _rows(model, statements, records) for part, records in found.items()}
    for part, its in rows.items():
        if not its.keys() <= set(keys[part]):
            raise RowOfAnotherPart(f"{model.name}: a row of part {part} is touched by another of {sorted(found)}")
    return rows


async def fetch_part(conn: Connection, schema: str, model: ReadModel[Row], slot: str, part: int) -> dict[Hashable, Row]:
    """All rows of a part."""
    statements = row_statements(schema, model, slot)
    return _rows(model, statements, await conn.fetch(statements.fetch_part, part))


def _rows(model: ReadModel[Row], statements: RowStatements, records: Iterable[asyncpg.Record]) -> dict[Hashable, Row]:
    if model.split is not None:
        return cast(dict[Hashable, Row], by_customer((tuple(one)[:-1] for one in records), len(key_columns(model)) - 1))
    rows: dict[Hashable, Row] = {}
    of_key, make, arrays = attrgetter(model.key_column), model.row, statements.arrays
    held = [(list(model.columns).index(name), how.read) for name, how in model.held.items()]
    for one in records:
        *values, _ = one
        for i in arrays:
            values[i] = None if values[i] is None else tuple(values[i])
        for i, read in held:
            values[i] = None if values[i] is None else read(values[i])
        row = make(*values)
        rows[of_key(row)] = row
    return rows


Changed = Mapping[int, Mapping[Hashable, Any]]
"""By part, what rows became; None for those that go."""


async def write_rows(conn: Connection, schema: str, model: ReadModel[Any], slot: str, changed: Changed) -> None:
    """Write changed rows and delete those that are None. Raises RowOfAnotherPart, or asyncpg.DataError for what no column takes."""
    statements = row_statements(schema, model, slot)
    if model.split is not None:
        await _delete(conn, statements, [(key, part) for part, rows in changed.items() for key in rows])
        await write_added(conn, schema, model, slot, changed)
        return
    kept, parts = [], []
    for part, rows in changed.items():
        values = [statements.values(row) for row in rows.values() if row is not None]
        kept += values
        parts += [part] * len(values)
    if kept:
        columns: list[Sequence[Any]] = list(zip(*kept, strict=True))
        for i in statements.arrays:
            columns[i] = [None if v is None else msgspec.json.encode(v).decode() for v in columns[i]]
        for name, how in model.held.items():
            i = list(model.columns).index(name)
            columns[i] = [None if v is None else how.write(v) for v in columns[i]]
        status = await conn.execute(statements.upsert, *columns, parts)
        _check_written(model, changed, status, len(kept))
    await _delete(conn, statements, [(key, part) for part, rows in changed.items() for key, row in rows.items() if row is None])


async def write_added(conn: Connection, schema: str, model: ReadModel[Any], slot: str, more: Changed) -> None:
    """Add to the rows of customers, of a read model of sums. Raises as write_rows."""
    columns: list[list[Any]] = [[] for _ in model.columns]
    parts: list[int] = []
    for part, sums in more.items():
        for column, values in zip(columns, columns_of(sums), strict=False):
            column += values
        parts += [part] * (len(columns[0]) - len(parts))
    if parts:
        keys, addends = columns[: -len(model.added)], columns[-len(model.added) :]
        texts = [",".join(map(str, one)) for one in addends]
        status = await conn.execute(row_statements(schema, model, slot).add, *keys, *texts, parts)
        _check_written(model, more, status, len(parts))


async def _delete(conn: Connection, statements: RowStatements, gone: Sequence[tuple[Hashable, int]]) -> None:
    if gone:
        await conn.execute(statements.delete, [key for key, _ in gone], [part for _, part in gone])


def _check_written(model: ReadModel[Any], parts: Iterable[int], status: str, wanted: int) -> None:
    if int(status.rpartition(" ")[2]) != wanted:
        raise RowOfAnotherPart(f"{model.name}: parts {sorted(parts)} would overwrite a row of another part")


async def write_totals(
    conn: Connection, schema: str, model: ReadModel[Any], slot: str, gained: Mapping[int, Mapping[tuple[str, str], Any]]
) -> None:
    """Add to the slots of these parts. A slot that becomes zero goes, so that live and rebuilt tables are the same."""
    # One order for all, or two transactions that add to the same slots could wait for each other.
    slots = sorted((group, part, measure) for part, its in gained.items() for group, measure in its)
    if not slots:
        return
    statements = row_statements(schema, model, slot)
    groups, parts, measures = (list(column) for column in zip(*slots, strict=True))
    amounts = [gained[part][group, measure] for group, part, measure in slots]
    found = await conn.fetch(statements.totals_upsert, groups, parts, measures, amounts)
    if gone := [tuple(one)[1:] for one in found if one["gone"]]:
        await conn.execute(statements.totals_delete, *(list(column) for column in zip(*gone, strict=True)))


async def fetch_totals(conn: Connection, schema: str, model: ReadModel[Any], slot: str, part: int) -> dict[tuple[str, str], Any]:
    """The slots of a part."""
    found = await conn.fetch(row_statements(schema, model, slot).totals_fetch, part)
    return {(group, measure): value for group, measure, value in found}
