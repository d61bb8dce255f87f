"""What does one customer buy beside what its scope buys? Articles with both shares, the scope's largest first. (S2.23)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.scoping import Question, scoped_sales
from services.classification.read_models.sold import sold_table
from shared.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class Mixed:
    """`rank` of the article in the scope. `best`: a best seller of the scope. Shares are of the totals, 0 where those are not positive."""

    article: str
    rank: int
    net: Decimal
    share: Decimal
    others_net: Decimal
    others_share: Decimal
    best: bool


class Mix(NamedTuple):
    """`own` is what the customer bought of all articles, `others` what the scope did."""

    own: Decimal
    others: Decimal
    articles: Sequence[Mixed]


_MIX = """
WITH scope AS (SELECT article, sum(net) AS net FROM ({sales}) s WHERE article <> '' GROUP BY article),
own AS (
    SELECT article, sum(net) AS own FROM {sold}
     WHERE customer_id = {customer} AND day BETWEEN $1 AND $2 AND currency = $3 AND article <> '' GROUP BY article),
ranked AS (
    SELECT *, sum(net) OVER () AS all_net, sum(own) OVER () AS all_own, row_number() OVER w AS rank, sum(net) OVER w - net AS before
      FROM (SELECT article, coalesce(net, 0) AS net, coalesce(own, 0) AS own FROM scope FULL JOIN own USING (article)) n
    WINDOW w AS (ORDER BY net DESC, article ROWS UNBOUNDED PRECEDING))
SELECT *, net > 0 AND before < {best_below} * all_net AS best FROM ranked ORDER BY rank"""


async def mix_of(c: Connection, schema: str, asked: Question, customer_id: UUID, best_below: Decimal) -> Mix:
    """Every article that the scope or the customer buys, which need not be one of the scope."""
    sales = await scoped_sales(c, schema, asked)
    words = {"customer": f"${sales.following}", "best_below": f"${sales.following + 1}", "sold": await sold_table(c, schema)}
    rows = await c.fetch(_MIX.format(sales=sales.sql, **words), *sales.arguments, customer_id, best_below)
    if not rows:
        return Mix(Decimal(0), Decimal(0), ())
    own, others = rows[0]["all_own"], rows[0]["all_net"]
    articles = [
        Mixed(
            article=row["article"],
            rank=row["rank"],
            net=row["own"],
            share=_share(row["own"], own),
            others_net=row["net"],
            others_share=_share(row["net"], others),
            best=row["best"],
        )
        for row in rows
    ]
    return Mix(own, others, articles)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole > 0 else Decimal(0)
