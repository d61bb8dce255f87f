"""How are the net sales of a scope spread over its customers, and which kinds of them bring more than others? One look at the sales."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from services.classification.domain.portfolio import Concentration, Segment, concentration, segment
from services.classification.read_models.mark_columns import MarkDay, mark_columns
from services.classification.read_models.scoping import Question, scoped_sales
from shared.postgres.pool import Connection

SEGMENTS = ("area_id", "shop_kind", "nature")


class Spread(NamedTuple):
    """Over the customers with positive net sales; a mark that is not known makes no segment."""

    concentration: Concentration
    segments: Sequence[Segment]


_SPREAD = """
WITH bought AS MATERIALIZED (SELECT s.customer_id, sum(s.net) AS net FROM ({sales}) s GROUP BY s.customer_id HAVING sum(s.net) > 0),
ranked AS (SELECT net, row_number() OVER (ORDER BY net) AS place, (SELECT count(*) FROM bought) AS customers FROM bought),
marked AS (SELECT b.net, {marks} FROM bought b
  {joins})
SELECT NULL AS mark, NULL AS value, count(*) AS customers, coalesce(sum(net), 0) AS net, coalesce(sum(place * net), 0) AS placed,
       coalesce(sum(net * net), 0) AS squares, coalesce(sum(net) FILTER (WHERE place > customers - ceil(customers / 5.0)), 0) AS top_fifth
  FROM ranked
UNION ALL
SELECT CASE {names} END, coalesce({values}), count(*), sum(net), NULL, NULL, NULL
  FROM marked GROUP BY GROUPING SETS ({sets})"""


async def measured(c: Connection, schema: str, asked: Question, at: MarkDay) -> Spread:
    sales = await scoped_sales(c, schema, asked)
    columns = await mark_columns(c, schema, SEGMENTS, at)
    statement = _SPREAD.format(
        sales=sales.sql,
        marks=", ".join(f"{columns.of[mark]} AS {mark}" for mark in SEGMENTS),
        joins=columns.joins,
        names=" ".join(f"WHEN grouping({mark}) = 0 THEN '{mark}'" for mark in SEGMENTS),
        values=", ".join(SEGMENTS),
        sets=", ".join(f"({mark})" for mark in SEGMENTS),
    )
    rows = await c.fetch(statement, *sales.arguments)
    (whole,) = [row for row in rows if row["mark"] is None]
    sums = {name: Decimal(whole[name]) for name in ("net", "placed", "squares", "top_fifth")}
    found = [
        segment(row["mark"], row["value"], (row["customers"], whole["customers"]), (row["net"], whole["net"]))
        for row in rows
        if row["value"] is not None
    ]
    return Spread(concentration(whole["customers"], **sums), found)
