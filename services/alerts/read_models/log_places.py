"""How far the log of cards has been read by statements over many events, for questions that few ask and no fold must pay for.

What such a reader writes may be written twice: it is saved together with its place, and a place that another process moved
back only means that some events are read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.contracts.cursor import START, Cursor
from shared.postgres.pool import Pool

PIECE = 20_000
"""Events looked at in one statement, wanted or not: no statement may be long."""

_PLACE = "SELECT gen, xid, pos FROM alerts.log_places WHERE reader = $1"
_SAVE = """
INSERT INTO alerts.log_places (reader, gen, xid, pos) VALUES ($1, $2, $3, $4)
ON CONFLICT (reader) DO UPDATE SET gen = excluded.gen, xid = excluded.xid, pos = excluded.pos"""
_END_OF_PIECE = """
SELECT gen, xid, pos FROM cards.published_events
 WHERE (gen, xid, pos) > ($1, $2, $3) AND (gen, xid, pos) <= ($4, $5, $6) ORDER BY gen, xid, pos OFFSET $7 LIMIT 1"""

IN_PIECE = "(e.gen, e.xid, e.pos) > ($1, $2, $3) AND (e.gen, e.xid, e.pos) <= ($4, $5, $6)"
"""The condition on `cards.published_events e` of a statement that reads a piece; its own arguments begin with $7."""


async def read_on(
    pool: Pool, cards: Pool, reader: str, through: Cursor, read: str, arguments: Sequence[object], write: str
) -> None:
    """Read on to a place below which nothing more can appear: `read` gives the rows of a piece, whose columns `write` takes as arrays.

    Between two pieces no transaction is open. `write` must give the same if it is given rows again.
    """
    async with pool.acquire() as c:
        row = await c.fetchrow(_PLACE, reader)
    after = START if row is None else Cursor(*row)
    while after < through:
        async with cards.acquire() as c:
            last = await c.fetchrow(_END_OF_PIECE, *after, *through, PIECE - 1)
            end = through if last is None else Cursor(*last)
            rows = await c.fetch(read, *after, *end, *arguments)
        async with pool.acquire() as c, c.transaction():
            if rows:
                columns: list[tuple[Any, ...]] = list(zip(*(tuple(row) for row in rows), strict=True))
                await c.execute(write, *map(list, columns))
            await c.execute(_SAVE, reader, *end)
        after = end


def create_table() -> list[str]:
    return [
        'CREATE TABLE alerts.log_places (reader text COLLATE "C" PRIMARY KEY, gen smallint NOT NULL, xid bigint NOT NULL, pos bigint NOT NULL)',
        "GRANT SELECT, INSERT, UPDATE ON alerts.log_places TO alerts",
    ]
