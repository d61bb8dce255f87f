"""Which grade of the company's own does each customer have, since when, and why? One row a customer who ever had one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.served import SERVED
from shared.contracts.customer_grades import CustomerGraded
from shared.contracts.envelope import Envelope
from shared.contracts.event import decode, encode
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.read_model import ReadModel, Totals
from shared.projections.routing import live_table, own_rows


@dataclass(frozen=True, slots=True)
class CustomerGradeRow:
    """`grade` None: no rule of the standard fits any more. `said` is the event that changed the grade, as JSON."""

    customer_id: UUID
    grade: str | None
    since: date
    said: str


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: CustomerGradeRow | None, envelope: Envelope) -> CustomerGradeRow | None:
    event = envelope.event
    if not isinstance(event, CustomerGraded):
        return row
    return CustomerGradeRow(event.customer_id, event.grade, event.graded_on, encode(event).decode())


def totals(row: CustomerGradeRow) -> Totals:
    """How many customers each grade has."""
    return {} if row.grade is None else {row.grade: {"customers": 1}}


def event_of(text: str) -> CustomerGraded:
    found = decode(CustomerGraded.type, text)
    if not isinstance(found, CustomerGraded):
        raise AssertionError("a row of grades holds a grade")
    return found


CUSTOMER_GRADES = ReadModel(
    name="customer_grades",
    version=1,
    row=CustomerGradeRow,
    columns={"customer_id": "uuid", "grade": "text", "since": "date", "said": "text"},
    key_column="customer_id",
    topics={CLASSIFICATION_EVENTS: frozenset({CustomerGraded.type})},
    key=key,
    evolve=evolve,
    totals=totals,
)


class Wanted(NamedTuple):
    grade: str | None = None
    area_id: str | None = None
    salesperson_id: str | None = None


_PAGE = """SELECT g.said FROM {table} g LEFT JOIN {served} v ON v.customer_id = g.customer_id
 WHERE g.grade IS NOT NULL AND {conditions} ORDER BY g.customer_id LIMIT {limit:d}"""
# The streams of customer-grade-<customer>; "." is the character behind "-".
_AS_OF = """(SELECT DISTINCT ON (stream) customer_id, body::jsonb ->> 'grade' AS grade, body::text AS said FROM {schema}.events
  WHERE stream > 'customer-grade-' AND stream < 'customer-grade.' AND (body::jsonb ->> 'graded_on')::date <= $1
  ORDER BY stream, version DESC)"""
_LATEST = """
SELECT DISTINCT ON (stream) customer_id, version, body::jsonb ->> 'grade' AS grade FROM {schema}.events
 WHERE stream > 'customer-grade-' AND stream < 'customer-grade.' ORDER BY stream, version DESC"""


async def page(
    c: Connection, schema: str, wanted: Wanted, as_of: date | None, after: UUID | None, limit: int
) -> Sequence[CustomerGraded]:
    """Customers with a grade, by id; `as_of`: as it stood at the end of that day, read from the store."""
    where = Conditions() if as_of is None else Conditions([as_of])
    where.add("g.grade = {}", wanted.grade)
    where.add("v.area_id = {}", wanted.area_id)
    where.add("v.salesperson_id = {}", wanted.salesperson_id)
    where.add("g.customer_id > {}", after)
    table = await live_table(c, schema, CUSTOMER_GRADES) if as_of is None else await _on(c, schema)
    statement = _PAGE.format(table=table, served=await live_table(c, schema, SERVED), conditions=where.sql, limit=limit)
    return [event_of(row["said"]) for row in await c.fetch(statement, *where.values)]


async def _on(c: Connection, schema: str) -> str:
    return await own_rows(c, within(schema, _AS_OF), ("customer_id", "grade", "said"))


async def latest_grades(c: Connection, schema: str) -> Mapping[UUID, tuple[int, str | None]]:
    """By customer: the version of the stream and the grade of its last change, always fresh."""
    return {row["customer_id"]: (row["version"], row["grade"]) for row in await c.fetch(within(schema, _LATEST))}
