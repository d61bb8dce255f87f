"""In which currencies is there a ledger? Read from the ledger itself, so always fresh; asked seldom."""

from __future__ import annotations

from uuid import UUID

from services.cards.domain.identity import ledger_stream
from shared.postgres.pool import Connection

# Whatever the kind of fact, its amounts name their currency.
_CURRENCIES = """SELECT DISTINCT found #>> '{{}}' AS currency
 FROM {schema}.events, jsonb_path_query(body, '$.**{{1 to 2}}.currency') AS found WHERE stream = $1"""


async def currencies(c: Connection, schema: str, customer_id: UUID) -> frozenset[str]:
    rows = await c.fetch(_CURRENCIES.format(schema=schema), ledger_stream(customer_id))
    return frozenset(row["currency"] for row in rows)
