"""Which complaints were open on a day, at which step and how old; and how content were those whose complaint has ended?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.served import SERVED
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

# The step is the last one of the stream that was taken by the day.
_BOARD = """
SELECT step, count(*) AS complaints,
       count(*) FILTER (WHERE age <= 2), count(*) FILTER (WHERE age BETWEEN 3 AND 7),
       count(*) FILTER (WHERE age BETWEEN 8 AND 30), count(*) FILTER (WHERE age > 30), min(received_on)
  FROM (SELECT m.received_on, $1::date - m.received_on AS age,
               (SELECT substr(u.step, 12) FROM unnest(m.steps) WITH ORDINALITY u(step, place)
                 WHERE left(u.step, 10)::date <= $1 ORDER BY u.place DESC LIMIT 1) AS step
          FROM {matters} m LEFT JOIN {served} s USING (customer_id)
         WHERE m.received_on <= $1 AND (m.ended_on IS NULL OR m.ended_on > $1)
           AND ($2::text IS NULL OR s.area_id = $2) AND ($3::text IS NULL OR m.kind = $3)) open
 GROUP BY step ORDER BY step"""
_SATISFACTION = """
SELECT count(*) AS ended, count(*) FILTER (WHERE score = 1), count(*) FILTER (WHERE score = 2), count(*) FILTER (WHERE score = 3),
       count(*) FILTER (WHERE score = 4), count(*) FILTER (WHERE score = 5)
  FROM {matters} m LEFT JOIN {served} s USING (customer_id)
 WHERE NOT m.withdrawn AND m.ended_on BETWEEN $1 AND $2 AND ($3::text IS NULL OR s.area_id = $3)
   AND ($4::text IS NULL OR m.kind = $4)"""


class Waiting(NamedTuple):
    """Open complaints at one step, by how many days ago they were received."""

    step: str
    complaints: int
    to_2_days: int
    days_3_7: int
    days_8_30: int
    over_30_days: int
    oldest: date


class Content(NamedTuple):
    """Complaints that were closed in a span, and how many of their customers gave each score."""

    closed: int
    scores: tuple[int, ...]


async def board(c: Connection, schema: str, as_of: date, area_id: str | None, kind: str | None) -> Sequence[Waiting]:
    statement = _BOARD.format(matters=await live_table(c, schema, MATTERS), served=await live_table(c, schema, SERVED))
    return [Waiting(*row) for row in await c.fetch(statement, as_of, area_id, kind)]


async def satisfaction(c: Connection, schema: str, first: date, last: date, area_id: str | None, kind: str | None) -> Content:
    statement = _SATISFACTION.format(matters=await live_table(c, schema, MATTERS), served=await live_table(c, schema, SERVED))
    [(closed, *scores)] = await c.fetch(statement, first, last, area_id, kind)
    return Content(closed, tuple(scores))
