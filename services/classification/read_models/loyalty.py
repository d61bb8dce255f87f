"""Who is loyal, who switches between brands, who is loyal to none? From sales, surveys and relation types, in one statement.

The attitude is decided here for lists and in domain/loyalty.py for the explanation: one rule, and the tests hold both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.domain.loyalty import Attitude, Buying, Portfolio
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.relation_types import HELD, RELATION_TYPES
from services.classification.read_models.scoping import scoped_customers
from services.classification.read_models.served import Scope
from services.classification.read_models.sold import sold_table
from services.classification.read_models.surveys import SURVEYS
from shared.contracts.loyalty import LoyaltyStandardPublished, RelationType
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer that bought in the standard's period; `place` is where it stands in the list."""

    customer_id: UUID
    buying: Buying
    attitude: Attitude | None
    place: tuple[int, int, int, UUID]


class Wanted(NamedTuple):
    """`relation_due`: the relation type was never stated, or too long ago by the standard. `leads`: said so in a survey."""

    attitude: Attitude | None = None
    relation: RelationType | None = None
    relation_due: bool | None = None
    leads: bool | None = None


# A purchase is a row of an article and day that is more than was returned. Spans are counted back from the last day, one bit each.
# What sales come to beyond their lines (freight) is no article, unless they name none at all: then it stands for what was bought.
_FIGURES = """
WITH lines AS (
    SELECT customer_id, article, min(day) AS first_on, max(day) AS last_on, bit_or(1 << (($2::date - day) / {span_days:d})) AS spans
      FROM ({sold}) s WHERE day BETWEEN $1::date AND $2 AND net > 0{of} GROUP BY 1, 2
), bought AS (
    SELECT customer_id, greatest(count(*) FILTER (WHERE article <> ''), 1)::int AS articles,
           (CASE WHEN bool_or(article <> '') THEN count(*) FILTER (WHERE first_on < last_on AND article <> '')
                 ELSE count(*) FILTER (WHERE first_on < last_on) END)::int AS again,
           bit_count(bit_or(spans)::bit(32))::int AS spans, min(first_on) AS first_on, max(last_on) AS last_on
      FROM lines GROUP BY 1
), figures AS (
    SELECT b.customer_id, b.articles, b.again, b.spans, b.last_on, least(coalesce(f.first_sale_on, b.first_on), b.first_on) AS first_on,
           w.wallet, coalesce(l.leads, false) AS leads, r.relation, r.stated_on
      FROM bought b LEFT JOIN {sales} f USING (customer_id)
      LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, share_of_wallet AS wallet FROM {surveys}
                  WHERE share_of_wallet IS NOT NULL AND answered_on <= $2 AND answered_on > $2 - {survey_days:d}{of}
                  ORDER BY customer_id, answered_on DESC, recorded_at DESC, survey_id DESC) w USING (customer_id)
      LEFT JOIN (SELECT DISTINCT ON (customer_id) customer_id, leads FROM {surveys}
                  WHERE leads IS NOT NULL AND answered_on <= $2 AND answered_on > $2 - {survey_days:d}{of}
                  ORDER BY customer_id, answered_on DESC, recorded_at DESC, survey_id DESC) l USING (customer_id)
      LEFT JOIN ({relations}) r USING (customer_id)
), known AS (
    SELECT *, least({spans:d}, ($2 - first_on) / {span_days:d} + 1) AS known_spans FROM figures
), judged AS (
    SELECT *, CASE WHEN $2 - first_on < {known_days:d} THEN NULL
                   WHEN spans < {without_regularity}::numeric * known_spans OR wallet < {without_wallet}::numeric THEN 'WITHOUT'
                   WHEN spans >= {loyal_regularity}::numeric * known_spans AND again >= {loyal_repeat}::numeric * articles
                        AND coalesce(wallet >= {loyal_wallet}::numeric, true) THEN 'LOYAL'
                   ELSE 'SWITCHING' END AS attitude FROM known
), placed AS (
    SELECT *, (NOT leads)::int AS follows, -spans AS fewer,
           CASE attitude WHEN 'LOYAL' THEN 0 WHEN 'SWITCHING' THEN 1 WHEN 'WITHOUT' THEN 2 ELSE 3 END AS rank FROM judged
)
"""
_PAGE = """SELECT customer_id, articles, again, spans, known_spans, first_on, last_on, attitude, follows, rank, fewer
  FROM placed WHERE {conditions} ORDER BY follows, rank, fewer, customer_id LIMIT {limit:d}"""
_COUNTS = "SELECT attitude, count(*) AS customers FROM placed GROUP BY 1"


async def _figures(
    c: Connection, schema: str, scope: Scope, as_of: date, standard: LoyaltyStandardPublished, customers: Sequence[UUID] | None
) -> tuple[str, list[Any]]:
    """The statement's beginning and its arguments so far."""
    first = as_of - timedelta(days=standard.spans * standard.span_days - 1)
    sold = await scoped_customers(c, schema, scope, table=await sold_table(c, schema), arguments=(first, as_of))
    values = list(sold.arguments)

    def place(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    of = "" if customers is None else f" AND customer_id = ANY({place(list(customers))})"
    text = _FIGURES.format(
        sold=sold.sql,
        of=of,
        sales=await live_table(c, schema, CUSTOMER_SALES),
        surveys=await live_table(c, schema, SURVEYS),
        relations=HELD.format(table=await live_table(c, schema, RELATION_TYPES), day="$2", of=of),
        spans=standard.spans,
        span_days=standard.span_days,
        survey_days=standard.survey_days,
        known_days=standard.known_days,
        without_regularity=place(standard.without_regularity),
        without_wallet=place(standard.without_wallet),
        loyal_regularity=place(standard.loyal_regularity),
        loyal_repeat=place(standard.loyal_repeat),
        loyal_wallet=place(standard.loyal_wallet),
    )
    return text, values


async def buyers(
    c: Connection,
    schema: str,
    scope: Scope,
    as_of: date,
    standard: LoyaltyStandardPublished,
    *,
    limit: int,
    customers: Sequence[UUID] | None = None,
    wanted: Wanted = Wanted(),
    after: tuple[int, int, int, UUID] | None = None,
) -> Sequence[Buyer]:
    """Who bought in the standard's period: who leads others first, then the loyal, those who bought most regularly first."""
    text, values = await _figures(c, schema, scope, as_of, standard, customers)
    where = Conditions(values)
    where.add("attitude = {}", wanted.attitude)
    where.add("relation = {}", wanted.relation)
    where.add("leads = {}", wanted.leads)
    if wanted.relation_due is not None:
        due = f"coalesce(stated_on <= $2 - {standard.relation_days:d}, true)"
        where.hold(due if wanted.relation_due else f"NOT {due}")
    where.behind("follows, rank, fewer, customer_id", after)
    rows = await c.fetch(text + _PAGE.format(conditions=where.sql, limit=limit), *where.values)
    return [_buyer(dict(row)) for row in rows]


def _buyer(row: Mapping[str, Any]) -> Buyer:
    buying = Buying(**{name: row[name] for name in Buying._fields})
    return Buyer(row["customer_id"], buying, row["attitude"], (row["follows"], row["rank"], row["fewer"], row["customer_id"]))


async def attitudes(
    c: Connection, schema: str, scope: Scope, as_of: date, standard: LoyaltyStandardPublished
) -> Mapping[Attitude | None, int]:
    """How many customers of the scope have each attitude; None: too new to say."""
    text, values = await _figures(c, schema, scope, as_of, standard, None)
    return {row["attitude"]: row["customers"] for row in await c.fetch(text + _COUNTS, *values)}


_PORTFOLIO = """
SELECT count(*) FILTER (WHERE before) AS before, count(*) FILTER (WHERE now) AS buyers,
       count(*) FILTER (WHERE now AND first_sale_on >= $3) AS acquired, count(*) FILTER (WHERE before AND NOT now) AS lost,
       count(*) FILTER (WHERE now AND NOT before AND first_sale_on < $3) AS won_back, count(*) FILTER (WHERE again) AS again
  FROM (SELECT customer_id, min(day) < $3::date AS before, max(day) >= $3 AS now,
               coalesce(min(day) FILTER (WHERE day >= $3) < max(day), false) AS again
          FROM ({sold}) s WHERE day BETWEEN $1::date AND $2::date AND net > 0 GROUP BY 1) b
  LEFT JOIN {sales} f USING (customer_id)"""
_PROSPECTS = "SELECT count(*) FROM ({customers}) s WHERE registered AND (first_sale_on IS NULL OR first_sale_on > $1)"


async def portfolio(c: Connection, schema: str, scope: Scope, first: date, last: date) -> Portfolio:
    """The customers of a scope from `first` through `last`, and in the period of equal length before it."""
    earlier = first - (last - first) - timedelta(days=1)
    sales = await live_table(c, schema, CUSTOMER_SALES)
    sold = await scoped_customers(c, schema, scope, table=await sold_table(c, schema), arguments=(earlier, last, first))
    row = await c.fetchrow(_PORTFOLIO.format(sold=sold.sql, sales=sales), *sold.arguments)
    customers = await scoped_customers(c, schema, scope, table=sales, arguments=(last,))
    prospects: int = await c.fetchval(_PROSPECTS.format(customers=customers.sql), *customers.arguments)
    return Portfolio(**dict(row or {}), prospects=prospects)
