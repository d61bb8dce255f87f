"""Who has this name, telephone or e-mail? Keyed hashes, written with the append and deleted with the erasure; no fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from shared.postgres.pool import Connection

_FORGET = "DELETE FROM {schema}.customer_search WHERE customer_id = ANY($1::uuid[])"
_REMEMBER = """INSERT INTO {schema}.customer_search (customer_id, hash)
 SELECT DISTINCT customer_id, hash FROM unnest($1::uuid[], $2::bytea[]) AS given (customer_id, hash)
 ON CONFLICT DO NOTHING"""
_FIND = "SELECT customer_id FROM {schema}.customer_search WHERE hash = $1 ORDER BY customer_id LIMIT $2"


async def replace_hashes(c: Connection, schema: str, hashes: Mapping[UUID, Iterable[bytes]]) -> None:
    """From now on these customers are found by these hashes and by no others. To be called after the append, in its transaction."""
    if not hashes:
        return
    await c.execute(_FORGET.format(schema=schema), list(hashes))
    pairs = [(customer, one) for customer, several in hashes.items() for one in several]
    if pairs:
        await c.execute(_REMEMBER.format(schema=schema), [customer for customer, _ in pairs], [one for _, one in pairs])


async def forget(c: Connection, schema: str, customer_id: UUID) -> None:
    await c.execute(_FORGET.format(schema=schema), [customer_id])


async def find(c: Connection, schema: str, wanted: bytes, limit: int) -> list[UUID]:
    return [row["customer_id"] for row in await c.fetch(_FIND.format(schema=schema), wanted, limit)]
