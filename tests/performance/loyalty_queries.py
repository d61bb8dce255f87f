"""Loyalty and the outlook of value classes, each with the query that somebody who knows SQL would write over flat tables.

Loyalty counts the days on which an article was bought and not taken back, so its queries are over the flat table of days.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.performance.analysis_queries import Analysis, Rows, amount

_JUDGED = """
articles AS (SELECT customer_id, article, count(*) AS days, bit_or(1 << (($1::date - day) / 30)) AS spans FROM classification.sold_a
              WHERE day BETWEEN $1::date - 359 AND $1 AND net > 0 GROUP BY 1, 2),
purchases AS (SELECT customer_id, count(*) AS articles, count(*) FILTER (WHERE days > 1) AS again, bit_count(bit_or(spans)::bit(32)) AS spans
                FROM articles GROUP BY 1),
known AS (SELECT p.*, least(12, ($1 - c.first_sale_on) / 30 + 1) AS of, $1 - c.first_sale_on AS days
            FROM purchases p JOIN bench.customers c USING (customer_id)),
judged AS (SELECT *, CASE WHEN days < 90 THEN NULL WHEN spans < 0.25 * of THEN 'WITHOUT'
                          WHEN spans >= 0.60 * of AND again >= 0.50 * articles THEN 'LOYAL' ELSE 'SWITCHING' END AS attitude FROM known)"""

_LOYAL = f"""
WITH {_JUDGED}
SELECT customer_id, attitude, round(spans::numeric / of, 4), round(again::numeric / articles, 4) FROM judged
 WHERE attitude = 'SWITCHING' ORDER BY spans DESC, customer_id LIMIT 50"""

_PORTFOLIO = f"""
WITH {_JUDGED},
buyers AS (SELECT customer_id, bool_or(day <= $1 - 365) AS before, bool_or(day > $1 - 365) AS now,
                  min(day) FILTER (WHERE day > $1 - 365) < max(day) AS again
             FROM classification.sold_a WHERE day BETWEEN $1 - 729 AND $1 AND net > 0 GROUP BY 1)
SELECT count(*) FILTER (WHERE before), count(*) FILTER (WHERE now), count(*) FILTER (WHERE now AND first_sale_on > $1 - 365),
       count(*) FILTER (WHERE before AND NOT now), count(*) FILTER (WHERE again), (SELECT count(*) FROM judged WHERE attitude = 'LOYAL'),
       (SELECT count(*) FROM judged WHERE attitude = 'SWITCHING')
  FROM buyers JOIN bench.customers USING (customer_id)"""

_LADDER = """
bought{n} AS (SELECT customer_id, sum(net) AS net FROM bench.lines WHERE day BETWEEN $1::date - {back} AND $1 AND currency = 'CNY' GROUP BY 1),
classed{n} AS (SELECT b.customer_id, b.net, CASE WHEN s.before < {a} * s.whole THEN 'A' WHEN s.before < {b} * s.whole THEN 'B' ELSE 'C' END AS value_class
   FROM bought{n} b LEFT JOIN (SELECT customer_id, sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS before,
                                      sum(net) OVER () AS whole FROM bought{n} WHERE net > 0) s USING (customer_id))"""

_OUTLOOK = f"""
WITH {_LADDER.format(n="", back=364, a="0.80", b="0.95")}
SELECT c.customer_id, c.value_class, n.value_class, coalesce(n.net, 0) FROM bench.customers c LEFT JOIN classed n USING (customer_id)
 WHERE c.value_class IS NOT NULL AND (n.value_class IS NULL OR n.value_class > c.value_class)
 ORDER BY c.value_class, 4 DESC, 1 LIMIT 50"""

_PREVIEW = f"""
WITH {_LADDER.format(n="1", back=364, a="0.80", b="0.95")}, {_LADDER.format(n="2", back=179, a="0.70", b="0.90")}
SELECT customer_id, o.value_class, w.value_class, coalesce(o.net, w.net) FROM classed1 o FULL JOIN classed2 w USING (customer_id)
 WHERE o.value_class IS DISTINCT FROM w.value_class ORDER BY least(o.value_class, w.value_class), 4 DESC, 1 LIMIT 50"""


def _loyal(body: Any) -> Rows:
    return [
        (UUID(one["customer_id"]), one["attitude"], Decimal(one["why"]["regularity"]), Decimal(one["why"]["repeat"]))
        for one in body["items"]
    ]


def _portfolio(body: Any) -> Rows:
    counts = [body[name] for name in ("before", "buyers", "acquired", "lost", "again")]
    return [(*counts, body["attitudes"]["LOYAL"], body["attitudes"]["SWITCHING"])]


def _falling(body: Any) -> Rows:
    return [(UUID(one["customer_id"]), one["value_class"], one["becomes"], amount(one["net"])) for one in body["items"]]


def _moved(body: Any) -> Rows:
    return [(UUID(one["customer_id"]), one["in_force"], one["wanted"], amount(one["net"])) for one in body["items"]]


LOYALTY_ANALYSES = (
    Analysis("loyalty", "/v1/loyalty", _LOYAL, _loyal, {"attitude": "SWITCHING"}, ("as_of",), ("last",)),
    Analysis("growth and churn", "/v1/loyalty-portfolio", _PORTFOLIO, _portfolio, {}, ("to",), ("last",)),
    Analysis("who falls by a day", "/v1/value-class-outlook", _OUTLOOK, _falling, {"currency": "CNY"}, ("on",), ("last",)),
    Analysis(
        "whom a standard moves",
        "/v1/standards/value-class/preview",
        _PREVIEW,
        _moved,
        {"a_below": "0.70", "b_below": "0.90", "period_days": "180", "currency": "CNY"},
        ("period_to",),
        ("period_to",),
    ),
)
