"""For queries: which slot of a read model is live."""

from __future__ import annotations

from typing import Any

from shared.postgres.pool import Connection
from shared.projections.ddl import table_name, totals_name
from shared.projections.read_model import ReadModel

_LIVE = "SELECT live FROM {schema}.routing WHERE read_model = $1"


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
    """Table that readers are shown, with its schema. Raises NoSuchReadModel."""
    return table_name(schema, model if isinstance(model, str) else model.name, await live_slot(conn, schema, model))


async def live_totals(conn: Connection, schema: str, model: ReadModel[Any] | str) -> str:
    """Table of totals that readers are shown. They sum the slots of all parts. Raises NoSuchReadModel."""
    return totals_name(schema, model if isinstance(model, str) else model.name, await live_slot(conn, schema, model))
