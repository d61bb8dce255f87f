"""The analyses that are measured, each with the query that somebody who knows SQL would write for the same answer over flat tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Analysis:
    """`path` is asked with `period` and `parameters`; `query` takes `arguments`, and `said` brings the answer into the rows of the query.

    {customer} and {salesperson} in path and parameters are one of each; under these names the query is given the same."""

    name: str
    path: str
    query: str
    said: Callable[[Any], Rows]
    parameters: Mapping[str, str] = field(default_factory=dict)
    period: Sequence[str] = ("from", "to", "currency")
    arguments: Sequence[str] = ("first", "last", "currency")


def amount(money: Mapping[str, str] | None) -> Decimal | None:
    return None if money is None else Decimal(money["amount"])


_WHERE = "l.day BETWEEN $1 AND $2 AND l.currency = $3"

_KINDS = """
WITH bought AS (SELECT customer_id, sum(net) AS net FROM bench.lines l JOIN bench.customers c USING (customer_id)
                 WHERE {where} GROUP BY customer_id),
shares AS (SELECT *, sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS before,
                  (SELECT sum(net) FROM bought WHERE net > 0) AS whole FROM bought)
SELECT coalesce({kind}, 'UNKNOWN'), count(*), sum(net), count(*) FILTER (WHERE net > 0 AND before < 0.80 * whole)
  FROM shares JOIN bench.customers USING (customer_id) GROUP BY 1 ORDER BY sum(net) DESC, 1 LIMIT 50"""

_MEMBERS = """
WITH bought AS (SELECT customer_id, sum(net) AS net FROM bench.lines l WHERE {where} GROUP BY customer_id),
ranked AS (SELECT b.*, sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS before FROM bought b),
kind AS (SELECT r.*, sum(net) OVER () AS of_kind, sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS kind_before
           FROM ranked r JOIN bench.customers USING (customer_id) WHERE shop_kind = 'CHAIN'),
sums AS (SELECT (SELECT sum(net) FROM bought) AS whole, (SELECT sum(net) FROM bought WHERE net > 0) AS bought,
                (SELECT sum(net) FROM kind WHERE net > 0) AS kind)
SELECT customer_id, net, round(net / of_kind, 6), round(net / whole, 6),
       CASE WHEN net <= 0 THEN 'C' WHEN before < 0.80 * bought THEN 'A' WHEN before < 0.95 * bought THEN 'B' ELSE 'C' END,
       CASE WHEN net <= 0 THEN 'C' WHEN kind_before < 0.80 * kind THEN 'A' WHEN kind_before < 0.95 * kind THEN 'B' ELSE 'C' END
  FROM kind, sums ORDER BY net DESC, customer_id LIMIT 50"""

_KEY = """
WITH bought AS (SELECT customer_id, sum(net) AS net FROM bench.lines l WHERE {where} GROUP BY customer_id HAVING sum(net) > 0),
ranked AS (SELECT b.*, sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS before, sum(net) OVER () AS whole
             FROM bought b)
SELECT customer_id, net, round(net / whole, 6), ownership, shop_kind, area_id, first_sale_on
  FROM ranked JOIN bench.customers USING (customer_id) WHERE before < 0.80 * whole ORDER BY net DESC, customer_id LIMIT 50"""

_PRODUCTS = """
SELECT article, sum(net), sum(net) FILTER (WHERE unit_cost IS NOT NULL) - sum(quantity * unit_cost),
       sum(sum(net)) OVER (ORDER BY sum(net) DESC, article ROWS UNBOUNDED PRECEDING)
  FROM bench.lines l{join} WHERE {where} GROUP BY article ORDER BY 2 DESC, 1 LIMIT 50"""

_MONTHS = """
WITH bought AS (SELECT customer_id, sum(net) AS net FROM bench.lines l WHERE {where} GROUP BY customer_id ORDER BY 2 DESC, 1 LIMIT 50),
months AS (SELECT customer_id, date_trunc('month', day::timestamp) AS month, sum(l.net) AS net
             FROM bench.lines l JOIN bought USING (customer_id) WHERE {where} GROUP BY 1, 2)
SELECT NULL::uuid, to_char(date_trunc('month', day::timestamp), 'YYYY-MM'), sum(net) FROM bench.lines l WHERE {where} GROUP BY 2
UNION ALL SELECT customer_id, to_char(month, 'YYYY-MM'), net FROM months ORDER BY 1 NULLS FIRST, 2"""

_BEST = """
WITH sums AS (SELECT customer_id, article, sum(net) AS net FROM bench.lines l WHERE {where} GROUP BY 1, 2),
articles AS (SELECT article, sum(net) AS net FROM sums GROUP BY 1),
best AS (SELECT * FROM (SELECT *, sum(net) OVER () AS whole, sum(net) OVER (ORDER BY net DESC, article ROWS UNBOUNDED PRECEDING) - net AS before
                          FROM articles) a WHERE before < 0.50 * whole)
SELECT b.article, b.net, count(s.customer_id) FROM best b
  LEFT JOIN (SELECT s.article, s.customer_id FROM sums s JOIN bench.customers c USING (customer_id) WHERE c.value_class = 'B' AND s.net > 0) s
  USING (article) GROUP BY 1, 2 ORDER BY 2 DESC, 1"""

_FORMULA = """
WITH pairs AS (
    SELECT customer_id, coalesce(sum(net) FILTER (WHERE day >= $1), 0) AS now,
           coalesce(sum(net) FILTER (WHERE day <= ($2::date - interval '1 year')::date), 0) AS before
      FROM bench.lines l
     WHERE currency = $3 AND (day BETWEEN $1 AND $2 OR day BETWEEN ($1::date - interval '1 year')::date AND ($2::date - interval '1 year')::date)
     GROUP BY customer_id)
SELECT count(*) FILTER (WHERE now > 0 AND first_sale_on < $1), count(*) FILTER (WHERE now > 0 AND first_sale_on >= $1), sum(now),
       count(*) FILTER (WHERE before > 0 AND first_sale_on < ($1::date - interval '1 year')::date),
       count(*) FILTER (WHERE before > 0 AND first_sale_on >= ($1::date - interval '1 year')::date), sum(before)
  FROM pairs JOIN bench.customers USING (customer_id)"""

_STRATEGY = """
WITH bought AS (SELECT customer_id, sum(net) AS net, area_id, shop_kind FROM bench.lines l JOIN bench.customers c USING (customer_id)
                 WHERE {where} GROUP BY customer_id, area_id, shop_kind HAVING sum(net) > 0),
whole AS (SELECT count(*) AS customers, sum(net) AS net FROM bought),
spread AS (SELECT count(*) AS customers, sum(net) AS net, sum(net) FILTER (WHERE place <= ceil(n / 5.0)) AS top,
                  sum((n - place + 1) * net) AS placed, sum(net * net) AS squares
             FROM (SELECT net, row_number() OVER (ORDER BY net DESC) AS place, count(*) OVER () AS n FROM bought) r),
segments AS (SELECT 'area_id' AS mark, area_id AS value, count(*) AS customers, sum(net) AS net FROM bought GROUP BY area_id
             UNION ALL SELECT 'shop_kind', shop_kind, count(*), sum(net) FROM bought WHERE shop_kind IS NOT NULL GROUP BY shop_kind)
(SELECT 'all', round(top / net, 6)::text, customers, net FROM spread)
UNION ALL
(SELECT 'gini', round(2 * placed / (customers * net) - (customers + 1)::numeric / customers, 6)::text, customers, round(net * net / squares, 2)
   FROM spread)
UNION ALL
(SELECT s.mark, s.value, s.customers, s.net FROM segments s, whole w
  ORDER BY round(s.net / w.net * w.customers / s.customers, 2) DESC, s.mark COLLATE "C", s.value COLLATE "C" LIMIT 10)"""

_MOVED = """
WITH bought AS (SELECT customer_id, coalesce(sum(net) FILTER (WHERE day >= $1), 0) AS now, coalesce(sum(net) FILTER (WHERE day < $1), 0) AS before
                  FROM bench.lines l WHERE l.day BETWEEN $4 AND $2 AND l.currency = $3 GROUP BY customer_id),
moved AS (SELECT *, CASE WHEN before <= 0 AND now <= 0 THEN 'RETURNS' WHEN before <= 0 THEN CASE WHEN first_sale_on >= $1 THEN 'NEW' ELSE 'BACK' END
                 WHEN now <= 0 THEN 'LOST' WHEN now > before THEN 'GROWN' WHEN now < before THEN 'SHRUNK' ELSE 'EVEN' END AS movement
            FROM bought JOIN bench.customers USING (customer_id))
{ask}"""
_BY_AREA = "SELECT area_id, movement, count(*), sum(before), sum(now) FROM moved GROUP BY 1, 2 ORDER BY 1, 2"
_ROUTES = """,
classes AS (SELECT m.*, a.value_class AS later, b.value_class AS earlier FROM moved m
  LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, value_class FROM bench.classes WHERE since <= $2 ORDER BY customer_id, since DESC) a
    USING (customer_id)
  LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, value_class FROM bench.classes WHERE since < $1 ORDER BY customer_id, since DESC) b
    USING (customer_id)),
advised AS (SELECT *, CASE WHEN movement IN ('NEW', 'BACK') THEN movement
    WHEN movement = 'LOST' THEN CASE WHEN later IN ('A', 'B') OR earlier IN ('A', 'B') THEN 'LOST_KEY' ELSE 'LOST' END
    WHEN movement = 'RETURNS' THEN NULL
    WHEN coalesce(later, 'Z') < coalesce(earlier, 'Z') THEN 'CLASS_ROSE'
    WHEN coalesce(later, 'Z') > coalesce(earlier, 'Z') THEN CASE WHEN later IN ('A', 'B') THEN 'KEY_SLIPPING' ELSE 'CLASS_FELL' END
    WHEN abs(now - before) < 0.30 * before OR movement = 'EVEN' THEN NULL
    WHEN movement = 'GROWN' THEN 'GROWN' WHEN later IN ('A', 'B') THEN 'KEY_SHRINKING' ELSE 'SHRUNK' END AS reason FROM classes),
kept AS MATERIALIZED (SELECT * FROM advised WHERE reason IS NOT NULL)
(SELECT NULL::uuid, area_id, count(*)::numeric FROM kept GROUP BY area_id ORDER BY area_id)
UNION ALL (SELECT customer_id, reason, now - before FROM kept ORDER BY abs(now - before) DESC, customer_id LIMIT 50)"""

_DISTRIBUTION = """
WITH sums AS (SELECT dealer_id, customer_id, count(DISTINCT article) AS articles FROM bench.sub_lines WHERE day BETWEEN $1 AND $2 GROUP BY 1, 2),
all_of AS (SELECT dealer_id, count(DISTINCT article) AS articles FROM bench.sub_lines WHERE day BETWEEN $1 AND $2 GROUP BY 1)
SELECT dealer_id, count(*), round(avg(s.articles), 2), max(a.articles) FROM sums s JOIN all_of a USING (dealer_id) GROUP BY 1 ORDER BY 1 LIMIT 50"""


def _groups(body: Any) -> Rows:
    return [(one["kind"], one["customers"], amount(one["net"]), one["classes"]["A"]["customers"]) for one in body["items"]]


def _members(body: Any) -> Rows:
    return [
        (
            UUID(one["customer_id"]),
            amount(one["net"]),
            Decimal(one["share_in_kind"]),
            Decimal(one["share_in_total"]),
            one["class_in_total"],
            one["class_in_kind"],
        )
        for one in body["items"]
    ]


def _key(body: Any) -> Rows:
    said = ("ownership", "shop_kind", "area_id")
    return [
        (
            UUID(one["customer_id"]),
            amount(one["net"]),
            Decimal(one["share"]),
            *(one[name] for name in said),
            date.fromisoformat(one["first_sale_on"]),
        )
        for one in body["items"]
    ]


def _products(body: Any) -> Rows:
    return [
        (one["article"], amount(one["net"]), amount(one.get("gross_profit")), amount(one["running"])) for one in body["items"]
    ]


def _months(body: Any) -> Rows:
    all_of_them = [(None, one["period"], amount(one["net"])) for one in body["periods"]]
    theirs = [(UUID(one["customer_id"]), each["period"], amount(each["net"])) for one in body["items"] for each in one["periods"]]
    return sorted(all_of_them, key=lambda row: row[1]) + sorted(theirs)


def _best(body: Any) -> Rows:
    return [(one["article"], amount(one["net"]), one["buyers"]) for one in body["items"]]


def _formula(body: Any) -> Rows:
    sides = (body, body["against"])
    return [tuple(figure for one in sides for figure in (one["dealers"]["kept"], one["dealers"]["new"], amount(one["net"])))]


def _strategy(body: Any) -> Rows:
    spread = body["concentration"]
    share = f"{Decimal(spread['top_fifth_share']):.6f}"
    segments = [(one["mark"], one["value"], one["customers"], amount(one["net"])) for one in body["segments"]]
    gini = ("gini", spread["gini"], spread["customers"], Decimal(spread["effective_number"]))
    return [("all", share, spread["customers"], amount(spread["net"])), gini, *segments]


def _by_area(body: Any) -> Rows:
    return [
        (group["area_id"], one["movement"], one["customers"], amount(one["net_before"]), amount(one["net"]))
        for group in body["groups"]
        for one in group["movements"]
    ]


def _routes(body: Any) -> Rows:
    areas = [(None, one["area_id"], Decimal(one["more"] + one["less"])) for one in body["routes"]]
    return areas + [(UUID(one["customer_id"]), one["reason"], amount(one["change"])) for one in body["items"]]


def _dealers(body: Any) -> Rows:
    return [(UUID(one["customer_id"]), one["breadth"], Decimal(one["depth"]), one["articles"]) for one in body["items"]]


ANALYSES = (
    Analysis(
        "composition by shop kind", "/v1/composition", _KINDS.format(where=_WHERE, kind="shop_kind"), _groups, {"by": "shop_kind"}
    ),
    Analysis(
        "composition by ownership, one area",
        "/v1/composition",
        _KINDS.format(where=f"{_WHERE} AND c.area_id = 'AREA-3'", kind="ownership"),
        _groups,
        {"by": "ownership", "area_id": "AREA-3"},
    ),
    Analysis(
        "customers of a kind",
        "/v1/composition/customers",
        _MEMBERS.format(where=_WHERE),
        _members,
        {"by": "shop_kind", "kind": "CHAIN"},
    ),
    Analysis("key customers with their data", "/v1/key-customers", _KEY.format(where=_WHERE), _key),
    Analysis("products by sales", "/v1/products", _PRODUCTS.format(where=_WHERE, join=""), _products),
    Analysis(
        "products by sales, one salesperson",
        "/v1/products",
        _PRODUCTS.format(where=f"{_WHERE} AND c.salesperson_id = 'seller-7'", join=" JOIN bench.customers c USING (customer_id)"),
        _products,
        {"salesperson_id": "seller-7"},
    ),
    Analysis("trade by month", "/v1/trade-performance", _MONTHS.format(where=_WHERE), _months, {"by": "month"}),
    Analysis(
        "what moved in a quarter, by area",
        "/v1/trade-review",
        _MOVED.format(ask=_BY_AREA),
        _by_area,
        period=("period", "currency"),
        arguments=("quarter", "quarter_end", "currency", "before"),
    ),
    Analysis(
        "whose visits are to change",
        "/v1/route-adjustments",
        _MOVED.format(ask=_ROUTES),
        _routes,
        period=("period", "currency"),
        arguments=("quarter", "quarter_end", "currency", "before"),
    ),
    Analysis(
        "distribution of dealers", "/v1/distribution", _DISTRIBUTION, _dealers, period=("from", "to"), arguments=("first", "last")
    ),
    Analysis("best sellers that B does not buy", "/v1/best-sellers", _BEST.format(where=_WHERE), _best, {"value_class": "B"}),
    Analysis(
        "sales as dealers times average, a year",
        "/v1/sales-formula",
        _FORMULA,
        _formula,
        {"against": "YEAR_BEFORE"},
        ("to", "currency"),
        ("year", "last", "currency"),
    ),
    Analysis("concentration and segments", "/v1/strategy", _STRATEGY.format(where=_WHERE), _strategy),
)
