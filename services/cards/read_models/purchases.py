"""What did customers buy lately, line by line? Sales from their own ledgers, by business day: always fresh, nothing to project."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.cards.domain.identity import ledger_stream
from shared.contracts.event import decode
from shared.contracts.transactions import SaleRecorded
from shared.postgres.pool import Connection

MOST_READ = 500
"""Sales of the latest days that are read; habits do not need more."""

_LATEST = """SELECT body::text AS body FROM {schema}.events
 WHERE stream = ANY($1::text[]) AND type = $2 ORDER BY occurred_at DESC, event_id LIMIT $3"""


async def latest_sales(c: Connection, schema: str, customer_ids: Sequence[UUID]) -> Sequence[SaleRecorded]:
    """The latest sales to these customers by business day, the newest first."""
    streams = [ledger_stream(customer) for customer in customer_ids]
    rows = await c.fetch(_LATEST.format(schema=schema), streams, SaleRecorded.type, MOST_READ)
    found = [decode(SaleRecorded.type, row["body"]) for row in rows]
    return [sale for sale in found if isinstance(sale, SaleRecorded)]
