"""New rows for a slot as the text of COPY, made column by column: several times faster than row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import methodcaller
from typing import Any

from shared.postgres.pool import Connection
from shared.projections.ddl import table_name
from shared.projections.read_model import ReadModel
from shared.projections.sums import key_columns

_NULL = r"\N"
_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_QUOTED = str.maketrans({"\\": r"\\", '"': r"\""})


async def copy_rows(
    conn: Connection, schema: str, model: ReadModel[Any], slot: str, part: int, columns: Sequence[Sequence[Any]]
) -> None:
    """Write rows, given as columns of the read model, of which none is in the slot. Raises asyncpg.PostgresError when one is, or when a value does
    not fit its column, and what the writing of a value raises."""
    name = table_name(schema, model.name, slot).partition(".")[2]
    source = copy_text(model, part, columns)
    await conn.copy_to_table(name, schema_name=schema, columns=[*model.columns, "part"], source=source, format="text")


def copy_text(model: ReadModel[Any], part: int, columns: Sequence[Sequence[Any]]) -> bytes:
    """The lines of COPY for such rows."""
    never_null = {*key_columns(model), *model.added}
    texts: list[Iterable[str]] = []
    for (name, kind), values in zip(model.columns.items(), columns, strict=True):
        held = model.held.get(name)
        if held is not None:
            values = [None if value is None else held.write(value) for value in values]
        texts.append(_texts(kind, values, name not in never_null))
    texts.append([str(part)] * len(columns[0]))
    return ("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n").encode()


def _texts(kind: str, values: Sequence[Any], may_be_null: bool) -> Iterable[str]:
    write = _WRITE[kind]
    if may_be_null and None in values:
        found = iter(list(write([value for value in values if value is not None])))
        return [_NULL if value is None else next(found) for value in values]
    return write(values)


def _plain(values: Sequence[Any]) -> Iterable[str]:
    return map(str, values)


def _escaped(values: Sequence[str]) -> Iterable[str]:
    # Most columns need nothing: one look at all of a column is faster than one at each text.
    joined = "".join(values)
    special = any(one in joined for one in "\\\n\r\t")
    return [value.translate(_ESCAPED) for value in values] if special else values


def _arrays(values: Sequence[Sequence[str]]) -> Iterable[str]:
    return _escaped(["{" + ",".join(f'"{one.translate(_QUOTED)}"' for one in value) + "}" for value in values])


def _days(values: Sequence[date]) -> Iterable[str]:
    return map(date.isoformat, values)


def _moments(values: Sequence[datetime]) -> Iterable[str]:
    return map(methodcaller("isoformat"), values)


def _bytes(values: Sequence[bytes]) -> Iterable[str]:
    return [rf"\\x{value.hex()}" for value in values]


_WRITE: Mapping[str, Callable[[Sequence[Any]], Iterable[str]]] = {
    "uuid": _plain,
    "text": _escaped,
    "numeric": _plain,
    "date": _days,
    "timestamptz": _moments,
    "jsonb": _escaped,
    "bytea": _bytes,
    "integer": _plain,
    "bigint": _plain,
    "smallint": _plain,
    "boolean": _plain,
    "text[]": _arrays,
}
