"""What does the ledger say about the figures that customers tell of themselves? Net sales read from the store, lateness from `receivables`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.cards.domain.figures import LedgerFigures, year_before
from services.cards.domain.identity import ledger_stream
from services.cards.read_models.receivables import one
from shared.contracts.account_columns import account_of
from shared.contracts.open_items import days_beyond_terms
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.postgres.pool import Connection

_NET_SALES = """
SELECT body -> 'net' ->> 'currency' AS currency,
       coalesce(sum((body -> 'net' ->> 'amount')::numeric * CASE type WHEN $2 THEN 1 ELSE -1 END) FILTER (WHERE day > $4), 0) AS net
  FROM (SELECT type, body, coalesce(body ->> 'sold_on', body ->> 'returned_on')::date AS day
          FROM {schema}.events WHERE stream = $1 AND type = ANY(ARRAY[$2, $3])) facts
 WHERE day <= $5 GROUP BY 1"""


async def ledger_figures(c: Connection, schema: str, customer_id: UUID, through: date) -> LedgerFigures:
    """Through the business day `through`. Currencies in which nothing was ever sold, or nothing settled in that year, are left out."""
    facts = ledger_stream(customer_id), SaleRecorded.type, GoodsReturned.type
    rows = await c.fetch(_NET_SALES.format(schema=schema), *facts, year_before(through), through)
    net_sales: dict[str, Decimal] = {row["currency"]: row["net"] for row in rows}
    receivable = await one(c, schema, customer_id)
    late = {} if receivable is None else days_beyond_terms(account_of(receivable.account), through)
    return LedgerFigures(net_sales, late)
