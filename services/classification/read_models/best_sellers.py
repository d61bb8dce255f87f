"""Which best sellers do customers of a class not yet buy, and who are they? (S2.24)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.scoping import Question, scoped_customers, scoped_sales
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.classification import ValueClass
from shared.postgres.pool import Connection
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class BestSeller:
    """`buyers` of the class bought it, for `class_net` together; `share` is the article's in all products of the scope."""

    article: str
    rank: int
    net: Decimal
    share: Decimal
    buyers: int
    class_net: Decimal


class BestSellers(NamedTuple):
    """`customers`: how many of the class are in the scope, whether they bought anything or not."""

    customers: int
    articles: Sequence[BestSeller]


class NotYet(NamedTuple):
    """A customer who does not buy an article; `net` is what it bought of all products. `share`: the article's in what the scope bought."""

    customer_id: UUID
    net: Decimal
    share: Decimal


_LACKING = """
WITH of_class AS MATERIALIZED (SELECT customer_id FROM ({members}) m WHERE value_class = {value_class}),
best AS MATERIALIZED (
    SELECT article, net, net / all_net AS share, rank FROM (
        SELECT article, net, sum(net) OVER () AS all_net, row_number() OVER w AS rank, sum(net) OVER w - net AS before
          FROM (SELECT article, sum(net) AS net FROM ({sales}) s WHERE article <> '' GROUP BY article) n
        WINDOW w AS (ORDER BY net DESC, article ROWS UNBOUNDED PRECEDING)) r
     WHERE net > 0 AND before < {best_below} * all_net),
bought AS (
    SELECT article, count(*) AS buyers, sum(net) AS net FROM (
        SELECT b.article, s.customer_id, sum(s.net) AS net
          FROM ({sales}) s JOIN of_class k ON k.customer_id = s.customer_id JOIN best b ON b.article = s.article
         GROUP BY b.article, s.customer_id HAVING sum(s.net) > 0) n GROUP BY article)
SELECT b.article, b.rank, b.net, b.share, coalesce(o.buyers, 0) AS buyers, coalesce(o.net, 0) AS class_net,
       (SELECT count(*) FROM of_class) AS customers
  FROM (SELECT) one LEFT JOIN best b ON true LEFT JOIN bought o USING (article) ORDER BY b.rank"""

_NOT_YET = """
WITH of_class AS MATERIALIZED (SELECT customer_id FROM ({members}) m WHERE value_class = {value_class}),
bought AS (
    SELECT customer_id, sum(net) FILTER (WHERE article <> '') AS net, sum(net) FILTER (WHERE article = {article}) AS of_it
      FROM ({sales}) s GROUP BY customer_id),
lacking AS (
    SELECT customer_id, coalesce(b.net, 0) AS net FROM of_class LEFT JOIN bought b USING (customer_id) WHERE coalesce(b.of_it, 0) <= 0)
SELECT customer_id, net, (SELECT coalesce(sum(of_it) / nullif(sum(net), 0), 0) FROM bought) AS share FROM lacking {behind}
 ORDER BY net DESC, customer_id LIMIT {limit}"""
_BEHIND = "WHERE net < {net}::numeric OR (net = {net} AND customer_id > {customer})"


async def best_sellers(c: Connection, schema: str, asked: Question, value_class: ValueClass, best_below: Decimal) -> BestSellers:
    """The best sellers of the scope with how many customers of a class bought them in the period. The classes are those of now."""
    words, arguments = await _members(c, schema, asked, value_class)
    rows = await c.fetch(_LACKING.format(best_below=f"${len(arguments) + 1}", **words), *arguments, best_below)
    names = BestSeller.__dataclass_fields__
    found = [BestSeller(**{name: row[name] for name in names}) for row in rows if row["article"] is not None]
    return BestSellers(rows[0]["customers"], found)


async def not_yet(
    c: Connection,
    schema: str,
    asked: Question,
    value_class: ValueClass,
    article: str,
    after: tuple[Decimal, UUID] | None,
    limit: int,
) -> list[NotYet]:
    """Customers of a class who did not buy an article in the period, or gave it all back; who bought most of all products first."""
    words, arguments = await _members(c, schema, asked, value_class)
    arguments += (article, limit)
    words |= {"article": f"${len(arguments) - 1}", "limit": f"${len(arguments)}", "behind": ""}
    if after is not None:
        arguments += after
        words["behind"] = _BEHIND.format(net=f"${len(arguments) - 1}", customer=f"${len(arguments)}")
    rows = await c.fetch(_NOT_YET.format(**words), *arguments)
    return [NotYet(row["customer_id"], row["net"], row["share"]) for row in rows]


async def _members(c: Connection, schema: str, asked: Question, value_class: ValueClass) -> tuple[dict[str, str], list[object]]:
    sales = await scoped_sales(c, schema, asked)
    table = await live_table(c, schema, VALUE_CLASSES)
    members = await scoped_customers(c, schema, asked.scope, table=table, arguments=sales.arguments)
    words = {"sales": sales.sql, "members": members.sql, "value_class": f"${members.following}"}
    return words, [*members.arguments, value_class]
