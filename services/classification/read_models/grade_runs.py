"""Runs that grade every customer: what was asked, how far they are, and what they decided. Each kind of grade has its own tables.

As with value classes a run decides once, on one snapshot; its decisions are stored before the first event is appended, so that a
run which is taken up again after a crash goes on with them. What was told is forgotten when the run ends: the events say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from shared.postgres.pool import Connection
from shared.postgres.schema import within

GradeName = Literal["credit_grade", "customer_grade"]


@dataclass(frozen=True, slots=True)
class GradeRun:
    """`state`: QUEUED (also while it waits for the day to be complete), DECIDING, APPENDING, DONE, FAILED. The standard is that of the
    request, as JSON. `customers` were graded, `changed` grades are to be told, `appended` are told."""

    run_id: UUID
    state: str
    graded_on: date
    standard: str
    customers: int
    changed: int
    appended: int
    made_at: datetime
    ended_at: datetime | None


class Queued(NamedTuple):
    """What became of a request: the run, and whether its id was used for another request."""

    run: GradeRun
    reused: bool


_COLUMNS = "run_id, state, graded_on, standard, customers, changed, appended, made_at, ended_at"
_QUEUE = """
INSERT INTO {schema}.{name}_runs (run_id, principal, fingerprint, graded_on, standard, made_at, state)
VALUES ($1, $2, $3, $4, $5, $6, 'QUEUED') ON CONFLICT (run_id) DO NOTHING"""
_ONE = "SELECT {columns}, fingerprint FROM {schema}.{name}_runs WHERE run_id = $1".replace("{columns}", _COLUMNS)
_NEXT = """
SELECT {columns} FROM {schema}.{name}_runs WHERE state NOT IN ('DONE', 'FAILED')
 ORDER BY state = 'QUEUED', graded_on, made_at, run_id LIMIT 1""".replace("{columns}", _COLUMNS)
_LAST_DAY = "SELECT max(graded_on) FROM {schema}.{name}_runs WHERE state IN ('APPENDING', 'DONE')"
_DECIDED = "UPDATE {schema}.{name}_runs SET state = 'APPENDING', customers = $2, changed = $3 WHERE run_id = $1"


def _sql(schema: str, name: GradeName, text: str) -> str:
    return within(schema, text.replace("{name}", name))


async def queue(c: Connection, schema: str, name: GradeName, run: GradeRun, principal: UUID, fingerprint: bytes) -> Queued:
    """Ask for a run; asking again with the same id gives the run that is there."""
    made = (run.graded_on, run.standard, run.made_at)
    await c.execute(_sql(schema, name, _QUEUE), run.run_id, principal, fingerprint, *made)
    row = await c.fetchrow(_sql(schema, name, _ONE), run.run_id)
    if row is None:
        raise AssertionError("a queued run is there")
    found = GradeRun(**{column: value for column, value in row.items() if column != "fingerprint"})
    return Queued(found, reused=row["fingerprint"] != fingerprint)


async def run_of(c: Connection, schema: str, name: GradeName, run_id: UUID) -> GradeRun | None:
    row = await c.fetchrow(_sql(schema, name, _ONE), run_id)
    return None if row is None else GradeRun(**{column: value for column, value in row.items() if column != "fingerprint"})


async def next_run(c: Connection, schema: str, name: GradeName) -> GradeRun | None:
    """A run that was begun goes first, then that of the earliest day."""
    row = await c.fetchrow(_sql(schema, name, _NEXT))
    return None if row is None else GradeRun(**row)


async def last_day(c: Connection, schema: str, name: GradeName) -> date | None:
    """The latest day of which customers were graded."""
    found: date | None = await c.fetchval(_sql(schema, name, _LAST_DAY))
    return found


async def decided(c: Connection, schema: str, name: GradeName, run_id: UUID, customers: int, changed: int) -> None:
    """All changes are kept: from here on they are told."""
    await c.execute(_sql(schema, name, _DECIDED), run_id, customers, changed)
