"""Who sent the requests that a stream's events come from? Read from the store: always fresh."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from shared.postgres.pool import Connection

_AUTHORS = "SELECT version, meta ->> 'principal' AS principal FROM {schema}.events WHERE stream = $1 AND meta ? 'principal'"


async def authors(c: Connection, schema: str, stream: str) -> Mapping[int, UUID]:
    """The principal behind each event, by its place in the stream. Events without a caller, such as those of an import, are left out."""
    rows = await c.fetch(_AUTHORS.format(schema=schema), stream)
    return {row["version"]: UUID(row["principal"]) for row in rows}
