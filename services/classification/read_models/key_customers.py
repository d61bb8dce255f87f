"""Who are the key customers of a scope, what marks have they in common, and who of the others is like them?

Key customers are those of class A within the scope and period, as the standard of value classes draws its bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from services.classification.domain.value_class import Standard
from services.classification.read_models.mark_columns import CARD_MARKS, MarkDay, mark_columns
from services.classification.read_models.profiles import profiles_table
from services.classification.read_models.scoping import Question, scoped_customers, scoped_sales
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection

Standing = Literal["FUTURE", "NEW", "POTENTIAL"]
"""Never bought; bought first lately; of class B within the scope."""


class KeyCustomer(NamedTuple):
    """Its net sales and place in the scope, and its key data as of the day. `total`: positive net sales of the scope."""

    customer_id: UUID
    net: Decimal
    total: Decimal
    rank: int
    nature: str | None
    ownership: str | None
    shop_kind: str | None
    location: str | None
    industry: str | None
    area_id: str | None
    salesperson_id: str | None
    trade_process: str
    time_series: str
    credit_grade: str | None
    customer_grade: str | None
    first_sale_on: date | None
    last_sale_on: date | None


class Likely(NamedTuple):
    """`score`: the sum of the weights of its marks; above 0 it is more like key customers than customers are on average."""

    customer_id: UUID
    standing: Standing
    nature: str | None
    ownership: str | None
    shop_kind: str | None
    location: str | None
    industry: str | None
    score: Decimal


class Weight(msgspec.Struct, frozen=True):
    """How many key customers and how many customers at all have a value of a mark. `lift`: so many times as often among the former as
    among the latter, each value counted once more than it is there, so that few customers prove little; `weight` is its logarithm."""

    mark: str
    value: str
    key: int
    all: int
    lift: Decimal
    weight: Decimal


class Found(NamedTuple):
    """The values of marks, the most telling first, and the customers of the page."""

    profile: Sequence[Weight]
    likely: Sequence[Likely]


_DATA = KeyCustomer._fields[4:]
# Who has positive net sales comes first: the sum through a customer less its own is what those before it have.
_CLASSED = """bought AS (SELECT s.customer_id, sum(s.net) AS net FROM ({sales}) s GROUP BY s.customer_id HAVING sum(s.net) > 0),
ranked AS (SELECT customer_id, net, sum(net) OVER () AS total, row_number() OVER w AS rank, sum(net) OVER w - net AS before FROM bought
  WINDOW w AS (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING)),
classed AS (SELECT *, CASE WHEN before < {a_below} * total THEN 'A' WHEN before < {b_below} * total THEN 'B' ELSE 'C' END AS class FROM ranked)"""
_KEY = """WITH {classed}
SELECT b.customer_id, b.net, b.total, b.rank::int, {data}
  FROM (SELECT * FROM classed WHERE class = 'A' AND rank > {after:d} ORDER BY rank LIMIT {limit:d}) b
  {joins}
 ORDER BY b.rank"""
_MARKED = """WITH {classed},
marked AS (SELECT b.customer_id, k.class, {time_series} AS series, {marks} FROM ({customers}) b
  LEFT JOIN classed k ON k.customer_id = b.customer_id
  {joins}
 WHERE b.merged_into IS NULL)"""
_LIKELY = """{marked},
counts AS (SELECT u.mark, u.value, count(*) FILTER (WHERE class = 'A') AS key, count(*) AS everyone
  FROM marked CROSS JOIN LATERAL (VALUES {pairs}) u(mark, value) WHERE u.value IS NOT NULL GROUP BY u.mark, u.value),
lifts AS (SELECT *, (key + 1) * (sum(everyone) OVER m + count(*) OVER m) / ((sum(key) OVER m + count(*) OVER m) * (everyone + 1)) AS lift
  FROM counts WINDOW m AS (PARTITION BY mark)),
weights AS (SELECT mark, value, key, everyone, round(lift, 4) AS lift, round(ln(lift), 4) AS weight FROM lifts),
scored AS (
  SELECT o.customer_id, CASE WHEN o.series IN ('FUTURE', 'NEW') THEN o.series ELSE 'POTENTIAL' END AS standing, {names}, {score} AS score
    FROM marked o {weights}
   WHERE o.class IS DISTINCT FROM 'A' AND (o.series IN ('FUTURE', 'NEW') OR o.class = 'B')),
page AS (SELECT * FROM scored WHERE {conditions} ORDER BY score DESC, customer_id LIMIT {limit:d})
SELECT (SELECT jsonb_agg(jsonb_build_object('mark', mark, 'value', value, 'key', key, 'all', everyone, 'lift', lift::text,
               'weight', weight::text) ORDER BY weight DESC, mark, value)::text FROM weights) AS profile, page.*
  FROM (SELECT) once LEFT JOIN page ON true ORDER BY score DESC, customer_id"""
_WEIGHT = "LEFT JOIN weights {mark}_w ON {mark}_w.mark = '{mark}' AND {mark}_w.value = o.{mark}"
_profile = msgspec.json.Decoder(tuple[Weight, ...], strict=False)


async def key_customers(
    c: Connection, schema: str, asked: Question, abc: Standard, at: MarkDay, after: int, limit: int
) -> Sequence[KeyCustomer]:
    """Key customers behind rank `after`, by rank."""
    sales = await scoped_sales(c, schema, asked)
    columns = await mark_columns(c, schema, _DATA, at)
    statement = _KEY.format(
        classed=_CLASSED.format(sales=sales.sql, a_below=f"{abc.a_below:f}", b_below=f"{abc.b_below:f}"),
        data=", ".join(columns.of[name] for name in _DATA),
        joins=columns.joins,
        after=after,
        limit=limit,
    )
    return [KeyCustomer(*row) for row in await c.fetch(statement, *sales.arguments)]


async def likely(
    c: Connection,
    schema: str,
    asked: Question,
    abc: Standard,
    at: MarkDay,
    among: Standing | None,
    after: tuple[Decimal, UUID] | None,
    limit: int,
) -> Found:
    """What key customers have in common, and who of the others is most like them, from one look at the sales."""
    marked, arguments = await _marked(c, schema, asked, abc, at)
    where = Conditions(arguments)
    where.add("standing = {}", among)
    where.behind("-score, customer_id", None if after is None else (-after[0], after[1]))
    statement = _LIKELY.format(
        marked=marked,
        pairs=", ".join(f"('{mark}', {mark})" for mark in CARD_MARKS),
        names=", ".join(f"o.{mark}" for mark in CARD_MARKS),
        score=" + ".join(f"coalesce({mark}_w.weight, 0)" for mark in CARD_MARKS),
        weights=" ".join(_WEIGHT.format(mark=mark) for mark in CARD_MARKS),
        conditions=where.sql,
        limit=limit,
    )
    rows = [tuple(row) for row in await c.fetch(statement, *where.values)]
    return Found(_profile.decode(rows[0][0] or "[]"), [Likely(*row[1:]) for row in rows if row[1] is not None])


async def _marked(c: Connection, schema: str, asked: Question, abc: Standard, at: MarkDay) -> tuple[str, list[Any]]:
    sales = await scoped_sales(c, schema, asked)
    table = await profiles_table(c, schema)
    customers = await scoped_customers(c, schema, asked.scope, table=table, arguments=sales.arguments)
    columns = await mark_columns(c, schema, ("time_series", *CARD_MARKS), at)
    sql = _MARKED.format(
        classed=_CLASSED.format(sales=sales.sql, a_below=f"{abc.a_below:f}", b_below=f"{abc.b_below:f}"),
        customers=customers.sql,
        time_series=columns.of["time_series"],
        marks=", ".join(f"{columns.of[mark]} AS {mark}" for mark in CARD_MARKS),
        joins=columns.joins,
    )
    return sql, list(customers.arguments)
