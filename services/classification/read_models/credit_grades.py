"""Which credit grade does each customer have, since when, and why? One row a customer who ever had one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.served import SERVED
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.envelope import Envelope
from shared.contracts.event import decode, encode
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.read_model import ReadModel, Totals
from shared.projections.routing import live_table, own_rows


@dataclass(frozen=True, slots=True)
class CreditGradeRow:
    """`grade` None: nothing is bought on credit any more. `said` is the event that changed the grade, as JSON."""

    customer_id: UUID
    grade: str | None
    since: date
    points: int
    said: str


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CreditGradeRow | None, envelope: Envelope) -> CreditGradeRow | None:
    event = envelope.event
    if not isinstance(event, CreditGraded):
        return row
    return CreditGradeRow(event.customer_id, event.grade, event.graded_on, event.points, encode(event).decode())


def totals(row: CreditGradeRow) -> Totals:
    """How many customers each grade has."""
    return {} if row.grade is None else {row.grade: {"customers": 1}}


def event_of(text: str) -> CreditGraded:
    found = decode(CreditGraded.type, text)
    if not isinstance(found, CreditGraded):
        raise AssertionError("a row of grades holds a grade")
    return found


CREDIT_GRADES = ReadModel(
    name="credit_grades",
    version=1,
    row=CreditGradeRow,
    columns={"customer_id": "uuid", "grade": "text", "since": "date", "points": "integer", "said": "text"},
    key_column="customer_id",
    topics={CLASSIFICATION_EVENTS: frozenset({CreditGraded.type})},
    key=key,
    evolve=evolve,
    totals=totals,
)


class Wanted(NamedTuple):
    grade: str | None = None
    area_id: str | None = None
    salesperson_id: str | None = None


_PAGE = """SELECT g.said FROM {table} g LEFT JOIN {served} v ON v.customer_id = g.customer_id
 WHERE g.grade IS NOT NULL AND {conditions} ORDER BY g.points DESC, g.customer_id LIMIT {limit:d}"""
# The streams of credit-grade-<customer>; "." is the character behind "-".
_AS_OF = """(SELECT DISTINCT ON (stream) customer_id, body::jsonb ->> 'grade' AS grade, coalesce((body::jsonb ->> 'points')::int, 0) AS points,
        body::text AS said FROM {schema}.events
  WHERE stream > 'credit-grade-' AND stream < 'credit-grade.' AND (body::jsonb ->> 'graded_on')::date <= $1
  ORDER BY stream, version DESC)"""
_LATEST = """
SELECT DISTINCT ON (stream) version, body::text AS body FROM {schema}.events
 WHERE stream > 'credit-grade-' AND stream < 'credit-grade.' ORDER BY stream, version DESC"""


async def page(
    c: Connection, schema: str, wanted: Wanted, as_of: date | None, after: tuple[int, UUID] | None, limit: int
) -> Sequence[CreditGraded]:
    """Customers with a grade, the most points first; `as_of`: as it stood at the end of that day, read from the store."""
    where = Conditions() if as_of is None else Conditions([as_of])
    where.add("g.grade = {}", wanted.grade)
    where.add("v.area_id = {}", wanted.area_id)
    where.add("v.salesperson_id = {}", wanted.salesperson_id)
    where.behind("-g.points, g.customer_id", None if after is None else (-after[0], after[1]))
    table = await live_table(c, schema, CREDIT_GRADES) if as_of is None else await _on(c, schema)
    statement = _PAGE.format(table=table, served=await live_table(c, schema, SERVED), conditions=where.sql, limit=limit)
    return [event_of(row["said"]) for row in await c.fetch(statement, *where.values)]


async def _on(c: Connection, schema: str) -> str:
    return await own_rows(c, within(schema, _AS_OF), ("customer_id", "grade", "points", "said"))


async def latest_grades(c: Connection, schema: str) -> Mapping[UUID, tuple[int, CreditGraded]]:
    """By customer: the version of the stream and the last change of grade, always fresh."""
    events = [(row["version"], event_of(row["body"])) for row in await c.fetch(within(schema, _LATEST))]
    return {event.customer_id: (version, event) for version, event in events}
