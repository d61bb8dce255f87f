"""What do customers with alike baskets buy that a customer does not? Learnt from pairs of articles in baskets. (S3.36)

A basket is what a customer bought in the period: its articles with positive net sales, the largest ones. Of two articles that enough
customers buy, who buys the one buys the other with some likelihood; how many times as often as any customer does is the lift. What is
likely is expected of a customer for the usual share of that article in the purchases of those who buy both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.scoping import Question, scoped_sales
from services.classification.read_models.sold import sold_table
from shared.contracts.products import ProductStandardPublished
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowed
from shared.projections.routing import live_table

LARGEST = 200
"""A list looks at so many customers of its scope, those who bought most: what is expected grows with what they buy."""


@dataclass(frozen=True, slots=True)
class Gap:
    """`article` is not bought by the customer, who buys `because`, the article that makes it likeliest. `both` customers of the baskets buy
    the two. `expected` is likelihood × `usual_share` × `net`, all that the customer bought in the period."""

    customer_id: UUID
    article: str
    because: str
    likelihood: Decimal
    lift: Decimal
    both: int
    usual_share: Decimal
    net: Decimal
    expected: Decimal


class Gaps(NamedTuple):
    """`baskets`: from how many customers it was learnt; `customers`: for how many it was looked at."""

    baskets: int
    customers: int
    page: Sequence[Gap]


# Whose baskets are learnt from is drawn by the hash of the id: the same customers in every answer, and no kind of them more often.
# Pairs are many, so customers and articles are small numbers there, and shares are whole millionths.
_GAPS = """
WITH drawn AS MATERIALIZED (
    SELECT customer_id, (row_number() OVER ())::int AS customer FROM (
        SELECT customer_id FROM {known} WHERE newest >= $1 ORDER BY uuid_hash(customer_id), customer_id LIMIT {baskets}) d),
bought AS MATERIALIZED (
    SELECT customer, article, share FROM (
        SELECT customer, article, (1000000 * net / sum(net) OVER (PARTITION BY customer))::int AS share,
               row_number() OVER (PARTITION BY customer ORDER BY net DESC, article) AS place
          FROM (SELECT customer, article, sum(net) AS net FROM {sold} JOIN drawn USING (customer_id)
                 WHERE day BETWEEN $1 AND $2 AND currency = $3 AND article <> '' GROUP BY customer, article HAVING sum(net) > 0) n) b
     WHERE place <= {basket_articles}),
size AS MATERIALIZED (SELECT count(DISTINCT customer) AS baskets FROM bought),
numbered AS MATERIALIZED (
    SELECT article, (row_number() OVER (ORDER BY article))::int AS n, count(*)::int AS buyers FROM bought GROUP BY article),
baskets AS MATERIALIZED (SELECT customer, n, share FROM bought JOIN numbered USING (article)),
targets AS MATERIALIZED (SELECT customer_id, (row_number() OVER ())::int AS target FROM ({targets}) c),
theirs AS MATERIALIZED (
    SELECT target, n, net FROM (
        SELECT target, article, sum(net) AS net FROM {sold} JOIN targets USING (customer_id)
         WHERE day BETWEEN $1 AND $2 AND currency = $3 AND article <> '' GROUP BY target, article HAVING sum(net) > 0) t
      LEFT JOIN numbered USING (article)),
pairs AS MATERIALIZED (
    SELECT a.n AS because, b.n, count(*)::int AS both, sum(b.share) AS shares FROM baskets a JOIN baskets b USING (customer)
     WHERE a.n <> b.n AND a.n IN (SELECT n FROM theirs) GROUP BY a.n, b.n HAVING count(*) >= {least_buyers}),
followers AS (
    SELECT p.because, p.n, p.both, p.both::numeric / x.buyers AS likelihood, p.shares::numeric / p.both / 1000000 AS usual_share,
           p.both::numeric * (SELECT baskets FROM size) / (x.buyers::numeric * y.buyers) AS lift
      FROM pairs p JOIN numbered x ON x.n = p.because JOIN numbered y ON y.n = p.n),
likeliest AS MATERIALIZED (
    SELECT *, (likelihood * usual_share * 1000000000000)::bigint AS promise FROM (
        SELECT *, row_number() OVER (PARTITION BY because ORDER BY likelihood DESC, n) AS place FROM followers
         WHERE lift >= {least_lift}) f
     WHERE place <= {followers}),
lacking AS (
    SELECT target, f.n, max(promise) AS promise FROM theirs t JOIN likeliest f ON f.because = t.n
     WHERE (target, f.n) NOT IN (SELECT target, n FROM theirs WHERE n IS NOT NULL) GROUP BY target, f.n),
gaps AS (
    SELECT c.customer_id, y.article, l.target, l.n, l.promise, w.net, l.promise * w.net / 1000000000000 AS expected
      FROM lacking l JOIN targets c USING (target) JOIN numbered y USING (n)
      JOIN (SELECT target, sum(net) AS net FROM theirs GROUP BY target) w USING (target)),
page AS (SELECT * FROM gaps {behind} ORDER BY expected DESC, customer_id, article LIMIT {limit})
SELECT h.*, p.customer_id, p.article, x.article AS because, f.likelihood, f.lift, f.both, f.usual_share, p.net, p.expected
  FROM (SELECT baskets, (SELECT count(*) FROM targets) AS customers FROM size) h LEFT JOIN page p ON true
  LEFT JOIN LATERAL (
    SELECT f.* FROM likeliest f JOIN theirs t ON t.n = f.because AND t.target = p.target
     WHERE f.n = p.n AND f.promise = p.promise ORDER BY f.because LIMIT 1) f ON true
  LEFT JOIN numbered x ON x.n = f.because
 ORDER BY p.expected DESC, p.customer_id, p.article"""
_LARGEST = """
SELECT customer_id FROM ({sales}) s WHERE article <> '' GROUP BY customer_id HAVING sum(net) > 0
 ORDER BY sum(net) DESC, customer_id LIMIT {largest}"""
_BEHIND = """
 WHERE expected < {expected}::numeric
    OR (expected = {expected} AND (customer_id, article) > ({customer}, {article}))"""


async def gaps(
    c: Connection,
    schema: str,
    asked: Question,
    standard: ProductStandardPublished,
    customer_id: UUID | None,
    after: tuple[Decimal, UUID, str] | None,
    limit: int,
) -> Gaps:
    """What one customer, or the largest of the scope, could buy besides; the largest expectation first. Baskets are the company's."""
    sales = await scoped_sales(c, schema, asked)
    arguments = list(sales.arguments)

    def given(value: object) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    if customer_id is None:
        targets = _LARGEST.format(sales=sales.sql, largest=given(LARGEST))
    else:
        arguments = arguments[:3]
        targets = f"SELECT {given(customer_id)}::uuid AS customer_id"
    with narrowed(None):
        known, sold = await live_table(c, schema, CUSTOMER_SALES), await sold_table(c, schema)
    words = {
        "targets": targets,
        "known": known,
        "sold": sold,
        **{
            name: given(getattr(standard, name))
            for name in ("baskets", "basket_articles", "least_buyers", "least_lift", "followers")
        },
        "limit": given(limit),
        "behind": "",
    }
    if after is not None:
        words["behind"] = _BEHIND.format(expected=given(after[0]), customer=given(after[1]), article=given(after[2]))
    rows = await c.fetch(_GAPS.format(**words), *arguments)
    names = Gap.__dataclass_fields__
    page = [Gap(**{name: row[name] for name in names}) for row in rows if row["article"] is not None]
    return Gaps(rows[0]["baskets"], rows[0]["customers"], page)
