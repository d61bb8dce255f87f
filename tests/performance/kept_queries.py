"""Answers from what is kept as events come, beside the queries that compute them anew: these are to be far below their queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.performance.analysis_queries import Analysis, Rows, amount

_MONTHS = """
WITH company AS (SELECT date_trunc('month', day)::date AS month, sum(net) AS net FROM bench.lines
                  WHERE day BETWEEN $1 AND $2 AND currency = $3 GROUP BY 1),
hers AS (SELECT date_trunc('month', day)::date AS month, sum(net) AS net FROM bench.lines
          WHERE day BETWEEN $1 AND $2 AND currency = $3 AND customer_id = $4 GROUP BY 1)
SELECT to_char(month, 'YYYY-MM'), h.net,
       CASE WHEN month >= $1 AND month + interval '1 month' <= $2::date + 1 THEN round(h.net / c.net, 6) END
  FROM hers h JOIN company c USING (month) ORDER BY month"""


def _months(body: Any) -> Rows:
    return [
        (one["period"], amount(one["net"]), Decimal(one["company_share"]) if "company_share" in one else None)
        for one in body["periods"]
    ]


KEPT_ANSWERS = (
    Analysis(
        "a customer's months and share of the company",
        "/v1/customers/{customer}/trade-performance",
        _MONTHS,
        _months,
        arguments=("first", "last", "currency", "customer"),
    ),
)
