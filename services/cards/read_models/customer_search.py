"""Who has this name, telephone, e-mail or address? Keyed hashes, written with the append and deleted with the erasure; no fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from shared.postgres.pool import Connection
from shared.projections.routing import own_rows

Sign = Literal["name", "telephone", "email", "address", "other"]
"""Of what two customers have in common an equal hash speaks; of "other" it says nothing. Rows older than the signs are "other"."""

_FORGET = "DELETE FROM {schema}.customer_search WHERE customer_id = ANY($1::uuid[])"
_REMEMBER = """INSERT INTO {schema}.customer_search (customer_id, hash, sign)
 SELECT customer_id, hash, sign FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS given (customer_id, hash, sign)
 ON CONFLICT DO NOTHING"""
_FIND = "SELECT customer_id FROM {table} WHERE hash = $1 ORDER BY customer_id LIMIT $2"


async def replace_hashes(c: Connection, schema: str, hashes: Mapping[UUID, Mapping[bytes, Sign]]) -> None:
    """From now on these customers are found by these hashes and by no others. To be called after the append, in its transaction."""
    if not hashes:
        return
    await c.execute(_FORGET.format(schema=schema), list(hashes))
    found = [(customer, one, sign) for customer, several in hashes.items() for one, sign in several.items()]
    if found:
        await c.execute(_REMEMBER.format(schema=schema), *map(list, zip(*found, strict=True)))


async def forget(c: Connection, schema: str, customer_id: UUID) -> None:
    await c.execute(_FORGET.format(schema=schema), [customer_id])


async def find(c: Connection, schema: str, wanted: bytes, limit: int) -> list[UUID]:
    table = await own_rows(c, f"{schema}.customer_search", ("customer_id", "hash"))
    return [row["customer_id"] for row in await c.fetch(_FIND.format(table=table), wanted, limit)]
