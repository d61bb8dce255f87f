"""What is known of each customer who ever bought, as the company's own standard of grades names it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.customer_grade import WORDS, Figures
from services.classification.read_models.customer_sales import busiest_currency
from services.classification.read_models.mark_columns import MarkDay, mark_columns
from services.classification.read_models.profiles import profiles_table
from services.classification.read_models.sold import sold_table
from shared.contracts.customer_grades import CustomerGradeStandardPublished
from shared.postgres.pool import Connection


class Known(NamedTuple):
    """A customer and its figures. Shares are of the company's positive net sales of the period."""

    customer_id: UUID
    figures: Figures


NAMES = ("net", "share", "buying_days", "length_days", "silent_days", "credit_points", *WORDS)
_ALL = """SELECT b.customer_id, trim_scale(coalesce(g.net, 0)) AS net,
       trim_scale(round(coalesce(g.net / nullif(g.total, 0), 0), 6)) AS share,
       coalesce(g.buying_days, 0)::numeric AS buying_days, ({day} - {first_sale_on})::numeric AS length_days,
       ({day} - {last_sale_on})::numeric AS silent_days, {credit_points}::numeric AS credit_points, {words}
  FROM {profiles} b
  LEFT JOIN (SELECT customer_id, net, buying_days, sum(net) FILTER (WHERE net > 0) OVER () AS total
               FROM (SELECT customer_id, sum(net) AS net, count(DISTINCT day) FILTER (WHERE net > 0) AS buying_days FROM {sold}
                      WHERE currency = {currency} AND day BETWEEN {day} - {period_days:d} + 1 AND {day} GROUP BY customer_id) x) g
         ON g.customer_id = b.customer_id
  {joins}
 WHERE {first_sale_on} IS NOT NULL"""


async def all_figures(
    c: Connection, schema: str, at: MarkDay, standard: CustomerGradeStandardPublished, pieces: int = 2000
) -> AsyncIterator[Sequence[Known]]:
    """Everybody who bought by then, in pieces; period and currency are the standard's. Inside the caller's transaction."""
    currency = await currency_of(c, schema, at, standard)
    cursor = await c.cursor(await figures_sql(c, schema, at, standard, "$1"), currency)
    while rows := await cursor.fetch(pieces):
        yield [Known(row[0], dict(zip(NAMES, row[1:], strict=True))) for row in map(tuple, rows)]


async def currency_of(c: Connection, schema: str, at: MarkDay, standard: CustomerGradeStandardPublished) -> str | None:
    """The standard's, or the one with the most sales in its period."""
    first = at.day - timedelta(days=standard.period_days - 1)
    return standard.currency or await busiest_currency(c, schema, first, at.day)


async def figures_sql(c: Connection, schema: str, at: MarkDay, standard: CustomerGradeStandardPublished, currency: str) -> str:
    """A query for customer_id and all figures by their names; `currency` is its place among the arguments."""
    wanted = ("first_sale_on", "last_sale_on", "credit_points", *WORDS)
    columns = await mark_columns(c, schema, wanted, at._replace(currency=currency))
    return _ALL.format(
        day=f"DATE '{at.day.isoformat()}'",
        words=", ".join(f"{columns.of[name]} AS {name}" for name in WORDS),
        profiles=await profiles_table(c, schema),
        sold=await sold_table(c, schema),
        joins=columns.joins,
        period_days=standard.period_days,
        currency=currency,
        **{name: columns.of[name] for name in ("first_sale_on", "last_sale_on", "credit_points")},
    )
