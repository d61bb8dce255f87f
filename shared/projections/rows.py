"""Rows and totals of one slot in PostgreSQL: fetched, written and deleted in bulk, one statement each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
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
INSERT INTO {table} AS t ({names}, part) SELECT {sources}, $1 FROM unnest({arguments}) AS u({names})
ON CONFLICT ({key}) DO UPDATE SET {assignments} WHERE t.part = excluded.part"""
_ADD = """
INSERT INTO {table} AS t ({names}, part) SELECT u.*, $1 FROM unnest({addends}) AS u({names})
ON CONFLICT ({keys}) DO UPDATE SET {additions} WHERE t.part = excluded.part"""
_DELETE = "DELETE FROM {table} WHERE {key} = ANY($2::{key_type}[]) AND part = $1"
_TOTALS_FETCH = "SELECT group_key, measure, value FROM {totals} WHERE part = $1"
_TOTALS_UPSERT = """
INSERT INTO {totals} AS t (group_key, part, measure, value)
SELECT n.g, $1, n.m, trim_scale(n.v) FROM unnest($2::text[], $3::text[], $4::numeric[]) AS n(g, m, v)
ON CONFLICT (group_key, part, measure) DO UPDATE SET value = trim_scale(t.value + excluded.value)
RETURNING value = 0 AS gone, group_key, measure"""
_TOTALS_DELETE = """
DELETE FROM {totals} WHERE part = $1 AND (group_key, measure) IN (SELECT * FROM unnest($2::text[], $3::text[]))"""


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
            for i, (c, kind) in enumerate(columns, 2)
        ),
        "additions": ", ".join(f"{c} = t.{c} + excluded.{c}" for c in added),
        "names": ", ".join(names),
        "columns": ", ".join(f"{c}::text" if kind == "jsonb" else c for c, kind in columns),
        "sources": ", ".join(sources.get(kind, "u.{0}").format(c) for c, kind in columns),
        "arguments": ", ".join(f"${i}::{carried.get(kind, kind)}[]" for i, (_, kind) in enumerate(columns, 2)),
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
    conn: Connection, schema: str, model: ReadModel[Row], slot: str, part: int, keys: Collection[Hashable]
) -> dict[Hashable, Row]:
    """The rows of these keys; of sums those of these customers. Raises RowOfAnotherPart."""
    statements = row_statements(schema, model, slot)
    return _rows(model, statements, part, await conn.fetch(statements.fetch, list(keys)))


async def fetch_part(conn: Connection, schema: str, model: ReadModel[Row], slot: str, part: int) -> dict[Hashable, Row]:
    """All rows of a part."""
    statements = row_statements(schema, model, slot)
    return _rows(model, statements, part, await conn.fetch(statements.fetch_part, part))


def _rows(model: ReadModel[Row], statements: RowStatements, part: int, records: Iterable[asyncpg.Record]) -> dict[Hashable, Row]:
    if model.split is not None:
        return cast(dict[Hashable, Row], by_customer(_of_part(model, part, records), len(key_columns(model)) - 1))
    rows: dict[Hashable, Row] = {}
    of_key, make, arrays = attrgetter(model.key_column), model.row, statements.arrays
    held = [(list(model.columns).index(name), how.read) for name, how in model.held.items()]
    for one in _of_part(model, part, records):
        values = list(one)
        for i in arrays:
            values[i] = None if values[i] is None else tuple(values[i])
        for i, read in held:
            values[i] = None if values[i] is None else read(values[i])
        row = make(*values)
        rows[of_key(row)] = row
    return rows


def _of_part(model: ReadModel[Any], part: int, records: Iterable[asyncpg.Record]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        *values, its_part = record
        if its_part != part:
            raise RowOfAnotherPart(f"{model.name}: a row of part {its_part} is touched by part {part}")
        yield tuple(values)


async def write_rows(
    conn: Connection, schema: str, model: ReadModel[Row], slot: str, part: int, changed: Mapping[Hashable, Row | None]
) -> None:
    """Write changed rows and delete those that are None. Raises RowOfAnotherPart, or asyncpg.DataError for what no column takes."""
    statements = row_statements(schema, model, slot)
    if model.split is not None:
        await conn.execute(statements.delete, part, list(changed))
        await write_added(conn, schema, model, slot, part, changed)
        return
    kept = [statements.values(row) for row in changed.values() if row is not None]
    if kept:
        columns: list[Sequence[Any]] = list(zip(*kept, strict=True))
        for i in statements.arrays:
            columns[i] = [None if v is None else msgspec.json.encode(v).decode() for v in columns[i]]
        for name, how in model.held.items():
            i = list(model.columns).index(name)
            columns[i] = [None if v is None else how.write(v) for v in columns[i]]
        status = await conn.execute(statements.upsert, part, *columns)
        if int(status.rpartition(" ")[2]) != len(kept):
            raise RowOfAnotherPart(f"{model.name}: part {part} would overwrite a row of another part")
    if gone := [key for key, row in changed.items() if row is None]:
        await conn.execute(statements.delete, part, gone)


async def write_added(
    conn: Connection, schema: str, model: ReadModel[Any], slot: str, part: int, more: Mapping[Hashable, Any]
) -> None:
    """Add to the rows of customers, of a read model of sums. Raises as write_rows."""
    columns = columns_of(more)
    if columns:
        keys, addends = columns[: -len(model.added)], columns[-len(model.added) :]
        texts = [",".join(map(str, one)) for one in addends]
        status = await conn.execute(row_statements(schema, model, slot).add, part, *keys, *texts)
        if int(status.rpartition(" ")[2]) != len(columns[0]):
            raise RowOfAnotherPart(f"{model.name}: part {part} would add to a row of another part")


async def write_totals(
    conn: Connection, schema: str, model: ReadModel[Any], slot: str, part: int, gained: Mapping[tuple[str, str], Any]
) -> None:
    """Add to the slots of this part. A slot that becomes zero goes, so that live and rebuilt tables are the same."""
    if not gained:
        return
    statements = row_statements(schema, model, slot)
    # One order for all, or two transactions that add to the same slots could wait for each other.
    slots = sorted(gained)
    groups, measures = [group for group, _ in slots], [measure for _, measure in slots]
    found = await conn.fetch(statements.totals_upsert, part, groups, measures, [gained[one] for one in slots])
    if gone := [(group, measure) for zero, group, measure in found if zero]:
        await conn.execute(statements.totals_delete, part, [group for group, _ in gone], [measure for _, measure in gone])


async def fetch_totals(conn: Connection, schema: str, model: ReadModel[Any], slot: str, part: int) -> dict[tuple[str, str], Any]:
    """The slots of a part."""
    found = await conn.fetch(row_statements(schema, model, slot).totals_fetch, part)
    return {(group, measure): value for group, measure, value in found}
