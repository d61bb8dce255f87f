"""Reading one's own write: waiting until a read model has folded a position of the feed."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.contracts.cursor import START, Cursor, TopicPart, parse_cursor
from shared.postgres.pool import Pool
from shared.projections.positions import cursors_from
from shared.projections.read_model import ReadModel

_CURSORS = """
SELECT p.part, p.cursors::text FROM {schema}.routing r
  JOIN {schema}.positions p ON p.read_model = r.read_model AND p.slot = r.live
 WHERE r.read_model = $1 AND p.part = ANY($2::int[])"""


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
        wanted[at] = max(parse_cursor(cursor), wanted.get(at, START))
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
                if all(reached.get(at.part, {}).get(at.topic, START) >= cursor for at, cursor in wanted.items()):
                    return True
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.05)
    except TimeoutError:
        return False
