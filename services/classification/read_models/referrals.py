"""Who brings customers, how many, and what do those buy?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.introductions import INTRODUCTIONS
from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.scoping import Question
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import sold_table
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowing
from shared.projections.routing import live_table

# What each of those brought has bought.
_BOUGHT = """
SELECT s.customer_id, sum(s.net) AS net FROM {sold} s
 WHERE s.customer_id IN (SELECT customer_id FROM {introductions}) AND s.day BETWEEN $1 AND $2 AND s.currency = $3 GROUP BY s.customer_id"""
# Summed once, for the page and for all; without an item there is still one row, of the sums. A merged card's introductions are those of the
# card that leads it: looked up for each who brought somebody, and not for each who was brought.
_RANKED = """
WITH each AS MATERIALIZED (
    SELECT r.introduced_by, count(*) AS introduced, count(*) FILTER (WHERE b.net > 0) AS buying, coalesce(sum(b.net), 0) AS net
      FROM {introductions} r LEFT JOIN ({bought}) b ON b.customer_id = r.customer_id WHERE r.since < $4 GROUP BY r.introduced_by),
led AS (SELECT coalesce(p.merged_into, e.introduced_by) AS introduced_by, e.introduced, e.buying, e.net
          FROM each e LEFT JOIN {profiles} p ON p.customer_id = e.introduced_by),
found AS MATERIALIZED (
    SELECT w.introduced_by AS customer_id, sum(w.introduced)::bigint AS introduced, sum(w.buying)::bigint AS buying, sum(w.net) AS net
      FROM led w LEFT JOIN {served} v ON v.customer_id = w.introduced_by WHERE {conditions} GROUP BY w.introduced_by)
SELECT s.*, g.* FROM (SELECT count(*) AS introducers, coalesce(sum(introduced), 0)::bigint AS all_introduced,
                             coalesce(sum(buying), 0)::bigint AS all_buying, coalesce(sum(net), 0) AS all_net FROM found) s
  LEFT JOIN (SELECT * FROM found WHERE {place} ORDER BY net DESC, introduced DESC, customer_id LIMIT {limit:d}) g ON true
 ORDER BY g.net DESC, g.introduced DESC, g.customer_id"""
_OF_ONE = """
WITH brought AS MATERIALIZED (
    SELECT r.customer_id, r.since FROM {introductions} r LEFT JOIN {profiles} p ON p.customer_id = r.introduced_by
     WHERE r.since < $4 AND coalesce(p.merged_into, r.introduced_by) = $5)
SELECT w.customer_id, w.since, w.net, f.first_sale_on
  FROM (SELECT r.customer_id, r.since,
               coalesce((SELECT sum(s.net) FROM {sold} s WHERE s.customer_id = r.customer_id AND s.day BETWEEN $1 AND $2 AND s.currency = $3), 0) AS net
          FROM brought r) w LEFT JOIN {sales} f ON f.customer_id = w.customer_id
 WHERE {place} ORDER BY w.net DESC, w.customer_id LIMIT {limit:d}"""


class Referrer(NamedTuple):
    """`introduced`: how many customers it brought until the end of the period, of whom `buying` in it; `net` is what those bought."""

    customer_id: UUID
    introduced: int
    buying: int
    net: Decimal


class Sums(NamedTuple):
    introducers: int
    introduced: int
    buying: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Introduced:
    """Whom a customer has brought, since when it is known, and what it bought in the period."""

    customer_id: UUID
    since: datetime
    net: Decimal
    first_sale_on: date | None


async def referrers(
    c: Connection, schema: str, asked: Question, end: datetime, after: tuple[Decimal, int, UUID] | None, limit: int
) -> tuple[Sums, Sequence[Referrer]]:
    """The customers of a scope that brought others, those first whose customers buy most, and the sums of all of them. `end`: of the
    last day."""
    where, tables = _where(asked, end), await _tables(c, schema)
    place = Conditions(where.values)
    place.behind("-net, -introduced, customer_id", None if after is None else (-after[0], -after[1], after[2]))
    bought = _BOUGHT.format(**tables)
    statement = _RANKED.format(bought=bought, conditions=where.sql, place=place.sql, limit=limit, **tables)
    rows = [tuple(row) for row in await c.fetch(statement, *place.values)]
    return Sums(*rows[0][:4]), [Referrer(*row[4:]) for row in rows if row[4] is not None]


async def introduced_by(
    c: Connection, schema: str, customer_id: UUID, asked: Question, end: datetime, after: tuple[Decimal, UUID] | None, limit: int
) -> Sequence[Introduced]:
    """Whom one customer has brought, the largest buyer first."""
    tables = await _tables(c, schema)
    place = Conditions([*_values(asked, end), customer_id])
    place.behind("-w.net, w.customer_id", None if after is None else (-after[0], after[1]))
    statement = _OF_ONE.format(place=place.sql, limit=limit, **tables)
    return [Introduced(**row) for row in await c.fetch(statement, *place.values)]


def _values(asked: Question, end: datetime) -> list[object]:
    return [asked.first, asked.last, asked.currency, end]


def _where(asked: Question, end: datetime) -> Conditions:
    where = Conditions(_values(asked, end))
    where.add("v.salesperson_id = {}", asked.scope.salesperson_id)
    where.add("v.area_id = {}", asked.scope.area_id)
    if narrowing() is not None:
        # Who brings has to be the caller's as well as whom it brought.
        where.hold("v.customer_id IS NOT NULL")
    return where


async def _tables(c: Connection, schema: str) -> dict[str, str]:
    return {
        "introductions": await live_table(c, schema, INTRODUCTIONS),
        "profiles": await live_table(c, schema, PROFILES),
        "served": await live_table(c, schema, SERVED),
        "sales": await live_table(c, schema, CUSTOMER_SALES),
        "sold": await sold_table(c, schema),
    }
