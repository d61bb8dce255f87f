"""How are the net sales of a scope spread over its customers? Measured over those with positive net sales in the period."""

from __future__ import annotations

from decimal import Decimal

from services.classification.domain.portfolio import Concentration, concentration
from services.classification.read_models.scoping import Question, scoped_sales
from shared.postgres.pool import Connection

_MEASURES = """
WITH bought AS (SELECT s.customer_id, sum(s.net) AS net FROM ({sales}) s GROUP BY s.customer_id HAVING sum(s.net) > 0),
ranked AS (SELECT net, row_number() OVER (ORDER BY net) AS place, count(*) OVER () AS customers FROM bought)
SELECT coalesce(max(customers), 0) AS customers, coalesce(sum(net), 0) AS net, coalesce(sum(place * net), 0) AS placed,
       coalesce(sum(net * net), 0) AS squares,
       coalesce(sum(net) FILTER (WHERE place > customers - ceil(customers / 5.0)), 0) AS top_fifth
  FROM ranked"""


async def measured(c: Connection, schema: str, asked: Question) -> Concentration:
    sales = await scoped_sales(c, schema, asked)
    row = await c.fetchrow(_MEASURES.format(sales=sales.sql), *sales.arguments)
    if row is None:
        raise AssertionError("sums over nothing are a row")
    sums = {name: Decimal(row[name]) for name in ("net", "placed", "squares", "top_fifth")}
    return concentration(row["customers"], **sums)
