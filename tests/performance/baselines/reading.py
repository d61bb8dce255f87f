"""Reading a store and its bodies, and writing nothing."""

from __future__ import annotations

import time

from shared.contracts.event import decode
from shared.postgres.pool import Pool

_PIECE = """SELECT gen, xid, pos, type, customer_id, part, occurred_at, recorded_at, body::text FROM {service}.published_events
 WHERE (gen, xid, pos) > ($1, $2, $3) ORDER BY gen, xid, pos LIMIT 20000"""


async def decode_seconds(pool: Pool, service: str) -> tuple[float, int]:
    """Seconds until all events of a store are read, in the pieces of ours, and decoded; and how many they are."""
    after, count, began = (0, 0, 0), 0, time.perf_counter()
    while True:
        async with pool.acquire() as conn:
            rows = await conn.fetch(_PIECE.format(service=service), *after)
        for row in rows:
            decode(row[3], row[8])
        count += len(rows)
        if not rows:
            return time.perf_counter() - began, count
        after = rows[-1][:3]
