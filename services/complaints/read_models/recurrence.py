"""What comes again? Complaints counted by article, batch, cause, carrier, area or kind; never by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.served import SERVED
from shared.contracts.complaint_facts import Dimension
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

_COLUMNS: dict[Dimension, str] = {
    "article": "m.article",
    "batch": "m.batch",
    "cause": "m.cause",
    "carrier": "u.carrier",
    "area": "s.area_id",
    "kind": "m.kind",
}

# A complaint counts for each of its carriers: the one of the intake and all that are held responsible.
_EACH: dict[Dimension, str] = {"carrier": "CROSS JOIN LATERAL unnest(m.carriers) u(carrier)"}
_UNKNOWN: dict[Dimension, str] = {"carrier": "m.carriers = '{}'"}

# Withdrawn ones count for nothing: the customer has taken them back. $1 is the first day, $2 the first of the days before, $3 the last.
_FROM = """
  FROM {matters} m LEFT JOIN {served} s ON s.customer_id = m.customer_id {each}
 WHERE NOT m.withdrawn AND {conditions}"""
_RECURRENCE = """
SELECT value, complaints, earlier, customers, founded FROM (
  SELECT {column} AS value,
         count(*) FILTER (WHERE m.received_on >= $1) AS complaints,
         count(*) FILTER (WHERE m.received_on < $1) AS earlier,
         count(DISTINCT m.customer_id) FILTER (WHERE m.received_on >= $1) AS customers,
         count(*) FILTER (WHERE m.received_on >= $1 AND m.founded) AS founded
  {counted} AND {column} IS NOT NULL GROUP BY {column}) found
 WHERE complaints > 0 AND {place} ORDER BY complaints DESC, value LIMIT {limit:d}"""
_TOTAL = """
SELECT count(*) FILTER (WHERE m.received_on >= $1) AS complaints, count(*) FILTER (WHERE m.received_on < $1) AS earlier,
       count(*) FILTER (WHERE m.received_on >= $1 AND {unknown}) AS unknown {counted}"""
_ABOUT = """
SELECT m.complaint_id, m.customer_id, m.received_on {counted} ORDER BY m.received_on DESC, m.complaint_id DESC LIMIT {limit:d}"""
_AROUND = """
SELECT count(*) FILTER (WHERE m.received_on < $2) AS before, count(*) FILTER (WHERE m.received_on >= $2) AS after
  FROM {matters} m LEFT JOIN {served} s ON s.customer_id = m.customer_id {each}
 WHERE NOT m.withdrawn AND {column} = $4 AND m.received_on >= $1 AND m.received_on < $3"""


@dataclass(frozen=True, slots=True)
class Span:
    """Days, compared with equally many before them. `area_id` narrows to the customers that are in the area now."""

    first: date
    last: date
    area_id: str | None = None
    kind: str | None = None

    @property
    def earlier(self) -> date:
        """The first of the days before."""
        return self.first - (self.last - self.first) - timedelta(days=1)


class Recurring(NamedTuple):
    """Complaints about one value, those of the days before, how many customers have complained, and how many are founded."""

    value: str
    complaints: int
    earlier: int
    customers: int
    founded: int


class Total(NamedTuple):
    """All complaints of the days and of those before; `unknown`: those of which the value is not known."""

    complaints: int
    earlier: int
    unknown: int


class About(NamedTuple):
    complaint_id: UUID
    customer_id: UUID
    received_on: date


def _conditions(span: Span) -> Conditions:
    where = Conditions([span.first, span.earlier, span.last])
    where.hold("m.received_on BETWEEN $2 AND $3")
    where.add("s.area_id = {}", span.area_id)
    where.add("m.kind = {}", span.kind)
    return where


async def _counted(c: Connection, schema: str, conditions: str, by: Dimension | None) -> str:
    """`by`: once for each of its values; None: each complaint once."""
    matters, served = await live_table(c, schema, MATTERS), await live_table(c, schema, SERVED)
    each = "" if by is None else _EACH.get(by, "")
    return _FROM.format(matters=matters, served=served, each=each, conditions=conditions)


async def recurrence(
    c: Connection, schema: str, by: Dimension, span: Span, after: tuple[int, str] | None, limit: int
) -> Sequence[Recurring]:
    """The most frequent first, then by value."""
    where = _conditions(span)
    counted = await _counted(c, schema, where.sql, by)
    place = "true"
    if after is not None:
        count, value = len(where.values) + 1, len(where.values) + 2
        place = f"(complaints < ${count} OR complaints = ${count} AND value > ${value})"
        where.values.extend(after)
    statement = _RECURRENCE.format(column=_COLUMNS[by], counted=counted, place=place, limit=limit)
    return [Recurring(*row) for row in await c.fetch(statement, *where.values)]


async def total(c: Connection, schema: str, by: Dimension, span: Span) -> Total:
    where = _conditions(span)
    unknown = _UNKNOWN.get(by, f"{_COLUMNS[by]} IS NULL")
    statement = _TOTAL.format(unknown=unknown, counted=await _counted(c, schema, where.sql, None))
    [found] = await c.fetch(statement, *where.values)
    return Total(*found)


async def about(
    c: Connection, schema: str, by: Dimension, value: str, span: Span, after: tuple[date, UUID] | None, limit: int
) -> Sequence[About]:
    """The complaints behind one count, the latest first."""
    where = Conditions([span.first, span.last])
    where.hold("m.received_on BETWEEN $1 AND $2")
    where.add("s.area_id = {}", span.area_id)
    where.add("m.kind = {}", span.kind)
    where.add(f"{_COLUMNS[by]} = {{}}", value)
    where.behind("m.received_on, m.complaint_id", after, descending=True)
    statement = _ABOUT.format(counted=await _counted(c, schema, where.sql, by), limit=limit)
    return [About(*row) for row in await c.fetch(statement, *where.values)]


async def around(c: Connection, schema: str, by: Dimension, value: str, first: date, day: date, end: date) -> tuple[int, int]:
    """How many complaints about the value were received from `first` until the day, and from the day until the end."""
    matters, served = await live_table(c, schema, MATTERS), await live_table(c, schema, SERVED)
    statement = _AROUND.format(matters=matters, served=served, each=_EACH.get(by, ""), column=_COLUMNS[by])
    [(before, after)] = await c.fetch(statement, first, day, end, value)
    return before, after
