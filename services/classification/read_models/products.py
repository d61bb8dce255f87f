"""Which products bring how much, in what a scope bought in a period? (S2.21, S2.25, S2.26)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from services.classification.read_models.scoping import Question, scoped_sales
from shared.postgres.pool import Connection

Order = Literal["net", "gross_profit"]


@dataclass(frozen=True, slots=True)
class Product:
    """`rank` in the order asked for. `running` is the sum of what is ranked by, down to this product. Profit and margin are those of the
    lines whose cost is known, whose net is `costed_net`; None where no line's is."""

    article: str
    rank: int
    quantity: Decimal
    net: Decimal
    gross_profit: Decimal | None
    costed_net: Decimal
    running: Decimal | None


class Products(NamedTuple):
    """All products of the question together, and one page of them. `without_article`: net sales that name no article, in no share."""

    products: int
    net: Decimal
    gross_profit: Decimal
    costed_net: Decimal
    without_article: Decimal
    page: Sequence[Product]


_RANKED = """
WITH sums AS (
    SELECT article, sum(quantity) AS quantity, sum(net) AS net, sum(costed_net) AS costed_net, sum(cost) AS cost
      FROM ({sales}) s GROUP BY article),
products AS (
    SELECT article, quantity, net, costed_net, CASE WHEN costed_net <> 0 OR cost <> 0 THEN costed_net - cost END AS gross_profit
      FROM sums WHERE article <> ''),
ranked AS (
    SELECT *, coalesce({order}, '-Infinity') AS place, row_number() OVER w AS rank, sum({order}) OVER w AS running FROM products
    WINDOW w AS (ORDER BY coalesce({order}, '-Infinity') DESC, article ROWS UNBOUNDED PRECEDING)),
page AS (SELECT * FROM ranked {behind} ORDER BY rank LIMIT {limit})
SELECT t.*, p.* FROM (
    SELECT count(*) AS count, coalesce(sum(net), 0) AS all_net, coalesce(sum(gross_profit), 0) AS all_profit,
           coalesce(sum(costed_net), 0) AS all_costed, coalesce((SELECT net FROM sums WHERE article = ''), 0) AS without_article
      FROM products) t LEFT JOIN page p ON true ORDER BY p.rank"""
_BEHIND = "WHERE place < {amount}::numeric OR (place = {amount} AND article > {article})"


async def ranked_products(
    c: Connection, schema: str, asked: Question, order: Order, after: tuple[Decimal | None, str] | None, limit: int
) -> Products:
    """Products by net sales or gross profit, the largest first, those without any known cost last. `after`: what the page before ended with."""
    sales = await scoped_sales(c, schema, asked)
    arguments = [*sales.arguments, limit]
    words = {"sales": sales.sql, "order": order, "limit": f"${len(arguments)}", "behind": ""}
    if after is not None:
        arguments += (Decimal("-Infinity") if after[0] is None else after[0], after[1])
        words["behind"] = _BEHIND.format(amount=f"${len(arguments) - 1}", article=f"${len(arguments)}")
    rows = await c.fetch(_RANKED.format(**words), *arguments)
    head, names = rows[0], Product.__dataclass_fields__
    page = [Product(**{name: row[name] for name in names}) for row in rows if row["article"] is not None]
    return Products(head["count"], head["all_net"], head["all_profit"], head["all_costed"], head["without_article"], page)
