"""What customers buy beside what the others buy, with the queries that somebody who knows SQL would write over flat tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.performance.analysis_queries import Analysis, Rows, amount

_WHERE = "l.day BETWEEN $1 AND $2 AND l.currency = $3"

_NOT_YET = f"""
WITH bought AS (SELECT customer_id, sum(net) AS net, sum(net) FILTER (WHERE article = 'A-1') AS of_it FROM bench.lines l
                 WHERE {_WHERE} GROUP BY customer_id)
SELECT c.customer_id, coalesce(b.net, 0) FROM bench.customers c LEFT JOIN bought b USING (customer_id)
 WHERE c.value_class = 'B' AND coalesce(b.of_it, 0) <= 0 ORDER BY 2 DESC, 1 LIMIT 50"""

_GAPS = """
WITH drawn AS MATERIALIZED (
    SELECT customer_id FROM bench.customers WHERE last_sale_on >= $1 ORDER BY uuid_hash(customer_id), customer_id LIMIT 10000),
bought AS (SELECT customer_id, article, sum(net) AS net FROM bench.lines l JOIN drawn USING (customer_id) WHERE {where}
            GROUP BY 1, 2 HAVING sum(net) > 0),
baskets AS MATERIALIZED (
    SELECT * FROM (SELECT customer_id, article, (1000000 * net / sum(net) OVER (PARTITION BY customer_id))::int AS share,
                          row_number() OVER (PARTITION BY customer_id ORDER BY net DESC, article) AS place FROM bought) b WHERE place <= 20),
single AS (SELECT article, count(*) AS buyers FROM baskets GROUP BY 1),
pairs AS (SELECT a.article AS because, b.article, count(*) AS together, sum(b.share)::numeric / count(*) / 1000000 AS share
            FROM baskets a JOIN baskets b USING (customer_id) WHERE a.article <> b.article GROUP BY 1, 2 HAVING count(*) >= 5),
rules AS (SELECT p.*, p.together::numeric / x.buyers AS likelihood FROM pairs p JOIN single x ON x.article = because
            JOIN single y ON y.article = p.article
           WHERE p.together * (SELECT count(DISTINCT customer_id) FROM baskets)::numeric / (x.buyers * y.buyers) >= 1.2),
best AS (SELECT *, (likelihood * share * 1000000000000)::bigint AS promise
           FROM (SELECT *, row_number() OVER (PARTITION BY because ORDER BY likelihood DESC, article) AS place FROM rules) r
          WHERE place <= 10),
targets AS (SELECT customer_id, sum(net) AS net FROM bench.lines l JOIN bench.customers c USING (customer_id)
             WHERE {where}{scope} GROUP BY 1 HAVING sum(net) > 0 ORDER BY 2 DESC, 1 LIMIT 200),
theirs AS (SELECT customer_id, article, sum(l.net) AS net FROM bench.lines l JOIN targets USING (customer_id) WHERE {where}
            GROUP BY 1, 2 HAVING sum(l.net) > 0),
gaps AS (SELECT DISTINCT ON (t.customer_id, b.article) t.customer_id, b.article, b.because, b.together, b.promise * w.net / 1000000000000 AS expected
           FROM theirs t JOIN best b ON b.because = t.article
           JOIN (SELECT customer_id, sum(net) AS net FROM theirs GROUP BY 1) w USING (customer_id)
          WHERE NOT EXISTS (SELECT FROM theirs h WHERE h.customer_id = t.customer_id AND h.article = b.article)
          ORDER BY t.customer_id, b.article, b.promise DESC, b.because)
SELECT customer_id, article, because, together, round(expected, 2) FROM gaps ORDER BY gaps.expected DESC, customer_id, article LIMIT 50"""


def _not_yet(body: Any) -> Rows:
    return [(UUID(one["customer_id"]), amount(one["net"])) for one in body["items"]]


def _gaps(body: Any) -> Rows:
    return [
        (UUID(one["customer_id"]), one["article"], one["because"], one["both"], amount(one["expected"])) for one in body["items"]
    ]


PRODUCT_ANALYSES = (
    Analysis("who of B does not buy an article", "/v1/best-sellers/customers", _NOT_YET, _not_yet, {"article": "A-1"}),
    Analysis("gaps of the largest customers", "/v1/cross-selling", _GAPS.format(where=_WHERE, scope=""), _gaps),
    Analysis(
        "gaps of an area's customers",
        "/v1/cross-selling",
        _GAPS.format(where=_WHERE, scope=" AND c.area_id = 'AREA-3'"),
        _gaps,
        {"area_id": "AREA-3"},
    ),
)
