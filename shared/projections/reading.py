"""For queries: which slot is live, and waiting until a read model has reached one's own write."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.contracts.cursor import Cursor, TopicPart, parse_cursor
from shared.postgres.pool import Connection, Pool
from shared.projections.ddl import table_name, totals_name
from shared.projections.positions import cursors_from
from shared.projections.read_model import ReadModel

_LIVE = "SELECT live FROM {schema}.routing WHERE read_model = $1"
_CURSORS = """
SELECT p.part, p.cursors::text FROM {schema}.routing r
  JOIN {schema}.positions p ON p.read_model = r.read_model AND p.slot = r.live
 WHERE r.read_model = $1 AND p.part = ANY($2::int[])"""


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


def position_token(at: TopicPart, cursor: Cursor) -> str:
    """Where a write stands: `<topic>/<part>/<cursor>`. Several are joined by commas."""
    return f"{at.topic}/{at.part}/{cursor}"


def parse_token(token: str) -> dict[TopicPart, Cursor]:
    """Read a position token. Raises ValueError when it is malformed."""
    wanted: dict[TopicPart, Cursor] = {}
    for piece in token.split(","):
        topic, part, cursor = piece.strip().split("/")
        if not (part.isascii() and part.isdigit()) or len(part) > 5:
            raise ValueError("a part is a small number")
        at = TopicPart(topic, int(part))
        wanted[at] = max(parse_cursor(cursor), wanted.get(at, Cursor(0, 0, 0)))
    return wanted


async def wait_for(pool: Pool, schema: str, model: ReadModel[Any], position: str, timeout: float = 2.0) -> bool:
    """Wait until the live slot of the read model has folded everything up to `position`; False after `timeout` seconds.

    Topics that the read model does not follow are not waited for. Raises ValueError for a malformed token.
    """
    wanted = {at: cursor for at, cursor in parse_token(position).items() if at.topic in model.topics}
    if not wanted:
        return True
    parts = sorted({at.part for at in wanted})
    pause = 0.004
    try:
        async with asyncio.timeout(timeout):
            while True:
                async with pool.acquire() as conn:
                    rows = await conn.fetch(_CURSORS.format(schema=schema), model.name, parts)
                reached = {row["part"]: cursors_from(row["cursors"]) for row in rows}
                if all(reached.get(at.part, {}).get(at.topic, Cursor(0, 0, 0)) >= cursor for at, cursor in wanted.items()):
                    return True
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.05)
    except TimeoutError:
        return False
