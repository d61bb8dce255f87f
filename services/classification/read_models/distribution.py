"""How far does each dealer distribute? From what dealers report of their sales, and from who stands under whom on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.distribution import Reached
from services.classification.read_models.distribution_targets import DISTRIBUTION_TARGETS, read_milestones
from services.classification.read_models.profiles import profiles_table
from services.classification.read_models.served import SERVED, Scope
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.contracts.plans import DistributionTargetSet
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowed, narrowing
from shared.projections.routing import live_table


class Dealer(NamedTuple):
    """What a dealer reached from `first` on: from its target's first day, where one is in force, else from that of the period."""

    customer_id: UUID
    first: date
    reached: Reached
    target: DistributionTargetSet | None


class SubDealer(NamedTuple):
    """Whoever stands under the dealer or bought from it in the period. `net` by currency; `articles` that it bought."""

    customer_id: UUID
    attached: bool
    articles: int
    last_on: date | None
    net: Sequence[tuple[str, Decimal]]


# What merged cards sold or bought, the one that leads them has sold or bought.
_UNDER = """under AS (
    SELECT coalesce(p.merged_into, p.customer_id) AS customer_id, coalesce(l.merged_into, p.dealer_id) AS dealer_id
      FROM (SELECT customer_id, merged_into, nullif(substr(max(d), 12), '')::uuid AS dealer_id
              FROM {profiles} CROSS JOIN LATERAL unnest(dealers) d
             WHERE cardinality(dealers) > 0 AND left(d, 10) <= $2::date::text GROUP BY customer_id, merged_into) p
      LEFT JOIN {profiles} l ON l.customer_id = p.dealer_id
     WHERE p.dealer_id IS NOT NULL)"""
# The page of dealers comes first: what was reported is summed for them only. Merged cards are few, so they are looked up by themselves.
_DEALERS = """
WITH {under},
merged AS MATERIALIZED (SELECT customer_id, merged_into FROM {profiles} WHERE merged_into IS NOT NULL),
target AS (
    SELECT * FROM (SELECT DISTINCT ON (customer_id) * FROM {targets} WHERE from_on <= $2 ORDER BY customer_id, from_on DESC) t
     WHERE to_on >= $2 AND (breadth IS NOT NULL OR depth IS NOT NULL)),
attached AS MATERIALIZED (SELECT dealer_id, count(DISTINCT customer_id) AS attached FROM under GROUP BY dealer_id),
dealers AS (
    SELECT coalesce(m.merged_into, s.dealer_id) AS dealer_id
      FROM (SELECT DISTINCT dealer_id FROM {sub_sold} WHERE day BETWEEN $1 AND $2) s LEFT JOIN merged m ON m.customer_id = s.dealer_id
    UNION SELECT dealer_id FROM attached UNION SELECT customer_id FROM target),
page AS MATERIALIZED (
    SELECT d.dealer_id FROM dealers d LEFT JOIN {served} v ON v.customer_id = d.dealer_id
     WHERE ($3::text IS NULL OR v.area_id = $3) AND ($4::text IS NULL OR v.salesperson_id = $4)
       AND {theirs} AND ($5::uuid IS NULL OR d.dealer_id > $5) AND ($6::uuid IS NULL OR d.dealer_id = $6)
     ORDER BY d.dealer_id LIMIT $7),
cards AS (
    SELECT dealer_id, dealer_id AS card FROM page WHERE dealer_id NOT IN (SELECT customer_id FROM merged)
    UNION ALL SELECT p.dealer_id, m.customer_id FROM page p JOIN merged m ON m.merged_into = p.dealer_id),
sold AS (
    SELECT k.dealer_id, coalesce(c.merged_into, s.customer_id) AS customer_id, s.article
      FROM cards k JOIN {sub_sold} s ON s.dealer_id = k.card
      LEFT JOIN merged c ON c.customer_id = s.customer_id
      LEFT JOIN target t ON t.customer_id = k.dealer_id
     WHERE s.day BETWEEN coalesce(t.from_on, $1) AND $2),
each AS (
    SELECT dealer_id, customer_id, count(DISTINCT article) FILTER (WHERE article <> '') AS articles FROM sold
     GROUP BY GROUPING SETS ((dealer_id, customer_id), (dealer_id))),
reached AS (
    SELECT dealer_id, count(customer_id) AS breadth, round(avg(articles) FILTER (WHERE customer_id IS NOT NULL AND articles > 0), 2) AS depth,
           max(articles) FILTER (WHERE customer_id IS NULL) AS articles FROM each GROUP BY dealer_id)
SELECT d.dealer_id AS customer_id, coalesce(t.from_on, $1) AS first, coalesce(a.attached, 0) AS attached, coalesce(r.breadth, 0) AS breadth,
       r.depth, coalesce(r.articles, 0) AS articles, t.from_on, t.to_on, t.breadth AS wanted_breadth, t.depth AS wanted_depth, t.milestones
  FROM page d LEFT JOIN reached r USING (dealer_id) LEFT JOIN attached a USING (dealer_id) LEFT JOIN target t ON t.customer_id = d.dealer_id
 ORDER BY d.dealer_id"""
_SUB_DEALERS = """
WITH {under},
sold AS (
    SELECT coalesce(c.merged_into, s.customer_id) AS customer_id, s.day, s.currency, s.article, s.net
      FROM {sub_sold} s LEFT JOIN {profiles} c USING (customer_id)
     WHERE s.dealer_id IN (SELECT $3::uuid UNION ALL SELECT customer_id FROM {profiles} WHERE merged_into = $3) AND s.day BETWEEN $1 AND $2),
bought AS (
    SELECT customer_id, count(DISTINCT article) FILTER (WHERE article <> '') AS articles, max(day) AS last_on FROM sold GROUP BY 1),
nets AS (
    SELECT customer_id, array_agg(currency ORDER BY currency) AS currencies, array_agg(net ORDER BY currency) AS nets
      FROM (SELECT customer_id, currency, sum(net) AS net FROM sold GROUP BY 1, 2) x GROUP BY 1),
mine AS (SELECT DISTINCT customer_id, true AS attached FROM under WHERE dealer_id = $3)
SELECT customer_id, coalesce(m.attached, false) AS attached, coalesce(b.articles, 0) AS articles, b.last_on, n.currencies, n.nets
  FROM mine m FULL JOIN bought b USING (customer_id) LEFT JOIN nets n USING (customer_id)
 WHERE $4::uuid IS NULL OR customer_id > $4 ORDER BY customer_id LIMIT $5"""


async def dealers(
    c: Connection, schema: str, first: date, as_of: date, scope: Scope, after: UUID | None, limit: int, only: UUID | None = None
) -> Sequence[Dealer]:
    """Dealers of a scope with sub-dealers, reported sales or a target in force, by id; or the one named."""
    theirs = "true" if narrowing() is None else "v.customer_id IS NOT NULL"
    served = await live_table(c, schema, SERVED)
    # What a dealer of the caller's reaches is counted whole, also among others' customers; none of these is named.
    with narrowed(None):
        tables = {**await _tables(c, schema), "served": served}
    statement = _DEALERS.format(under=_UNDER.format(**tables), theirs=theirs, **tables)
    rows = await c.fetch(statement, first, as_of, scope.area_id, scope.salesperson_id, after, only, limit)
    found = []
    for row in rows:
        target = None
        if row["from_on"] is not None:
            target = DistributionTargetSet(
                customer_id=row["customer_id"],
                from_on=row["from_on"],
                to_on=row["to_on"],
                breadth=row["wanted_breadth"],
                depth=row["wanted_depth"],
                milestones=read_milestones(row["milestones"]),
            )
        reached = Reached(row["attached"], row["breadth"], row["depth"], row["articles"])
        found.append(Dealer(row["customer_id"], row["first"], reached, target))
    return found


async def sub_dealers(
    c: Connection, schema: str, dealer_id: UUID, first: date, as_of: date, after: UUID | None, limit: int
) -> Sequence[SubDealer]:
    """Who stands under a dealer on `as_of` or bought from it from `first` on, by id."""
    tables = await _tables(c, schema)
    statement = _SUB_DEALERS.format(under=_UNDER.format(**tables), **tables)
    return [
        SubDealer(
            row["customer_id"],
            row["attached"],
            row["articles"],
            row["last_on"],
            list(zip(row["currencies"] or (), row["nets"] or (), strict=True)),
        )
        for row in await c.fetch(statement, first, as_of, dealer_id, after, limit)
    ]


async def _tables(c: Connection, schema: str) -> dict[str, str]:
    return {
        "profiles": await profiles_table(c, schema),
        "sub_sold": await live_table(c, schema, SUB_SOLD),
        "targets": await live_table(c, schema, DISTRIBUTION_TARGETS),
        "served": await live_table(c, schema, SERVED),
    }
