"""What was put into a customer, one by one? Read from the customer's own stream, the newest first: always fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cards.domain.investment import investment_stream
from shared.contracts.event import decode
from shared.contracts.promises import InvestmentRecorded
from shared.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class Investment:
    """`version` is its place in the customer's stream. The note is sealed."""

    version: int
    event: InvestmentRecorded


_PAGE = """SELECT version, type, body::text AS body FROM {schema}.events
 WHERE stream = $1 AND version < $2 ORDER BY version DESC LIMIT $3"""
_NEWEST = 2**31 - 1


async def page(c: Connection, schema: str, customer_id: UUID, before: int | None, limit: int) -> Sequence[Investment]:
    """Investments recorded before the given version, newest first."""
    rows = await c.fetch(_PAGE.format(schema=schema), investment_stream(customer_id), before or _NEWEST, limit)
    found = []
    for row in rows:
        event = decode(row["type"], row["body"])
        if isinstance(event, InvestmentRecorded):
            found.append(Investment(row["version"], event))
    return found
