"""For queries: which slot of a read model is live, and which of its rows the present request may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shared.postgres.pool import Connection
from shared.projections.ddl import table_name, totals_name
from shared.projections.narrowing import Narrowing, RowsLimited, narrowing
from shared.projections.read_model import ReadModel

_LIVE = "SELECT live FROM {schema}.routing WHERE read_model = $1"
_ROWS = "(SELECT {columns} FROM {table} WHERE customer_id IN ({those}))"


class NoSuchReadModel(Exception):
    """No migration has made this read model."""


async def live_slot(conn: Connection, schema: str, model: ReadModel[Any] | str) -> str:
    """ "a" or "b". Ask in every request: a rebuild may have swapped the slots. Raises NoSuchReadModel."""
    name = model if isinstance(model, str) else model.name
    slot: str | None = await conn.fetchval(_LIVE.format(schema=schema), name)
    if slot is None:
        raise NoSuchReadModel(f"{schema}.{name}")
    return slot


async def live_table(conn: Connection, schema: str, model: ReadModel[Any] | str) -> str:
    """Table that readers are shown, with its schema: what stands behind FROM or JOIN. Raises NoSuchReadModel.

    Where the request is narrowed, it is the rows of the customers whom the caller may know of.
    """
    name = model if isinstance(model, str) else model.name
    table = table_name(schema, name, await live_slot(conn, schema, name))
    to = narrowing()
    if to is None or name in to.served.of_nobody:
        return table
    return await _rows(conn, to, table, (*to.served.columns_of(name), "part"))


async def live_totals(conn: Connection, schema: str, model: ReadModel[Any] | str) -> str:
    """Table of totals that readers are shown. They sum the slots of all parts. Raises NoSuchReadModel.

    Totals are of everybody. Raises RowsLimited where the request is narrowed.
    """
    if narrowing() is not None:
        raise RowsLimited
    return await whole_totals(conn, schema, model)


async def whole_totals(conn: Connection, schema: str, model: ReadModel[Any] | str) -> str:
    """The same for questions that keep to the company's figures, or to groups that the request reaches: they say so where they ask."""
    return totals_name(schema, model if isinstance(model, str) else model.name, await live_slot(conn, schema, model))


async def own_rows(conn: Connection, table: str, columns: Sequence[str]) -> str:
    """A table that is no read model and has a `customer_id`, as the present request may see it: what stands behind FROM or JOIN."""
    to = narrowing()
    return table if to is None else await _rows(conn, to, table, columns)


async def _rows(conn: Connection, to: Narrowing, table: str, columns: Iterable[str]) -> str:
    return _ROWS.format(columns=", ".join(columns), table=table, those=await those_of(conn, to))


async def those_of(conn: Connection, to: Narrowing) -> str:
    """A query of the ids of a caller's customers."""
    served = to.served
    slot = await live_slot(conn, served.schema, served.model)
    return served.those.format(table=table_name(served.schema, served.model.name, slot), whose=to.whose)
