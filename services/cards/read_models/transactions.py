"""What was recorded lately for a customer? Entries of the ledger's own stream, the newest first: always fresh, nothing to project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.event import decode
from shared.contracts.transactions import Fact
from shared.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """`version` is the entry's place in the customer's ledger."""

    event_id: UUID
    version: int
    fact: Fact
    recorded_at: datetime


_PAGE = """SELECT event_id, version, type, body::text AS body, recorded_at FROM {schema}.events
 WHERE stream = $1 AND version < $2 ORDER BY version DESC LIMIT $3"""
_NEWEST = 2**31 - 1


async def page(c: Connection, schema: str, stream: str, before: int | None, limit: int) -> Sequence[LedgerEntry]:
    """Entries of a ledger or of sub-sales, recorded before the given version, newest first."""
    rows = await c.fetch(_PAGE.format(schema=schema), stream, before or _NEWEST, limit)
    found = []
    for row in rows:
        fact = decode(row["type"], row["body"])
        if isinstance(fact, Fact):
            found.append(LedgerEntry(row["event_id"], row["version"], fact, row["recorded_at"]))
    return found
