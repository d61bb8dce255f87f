"""Runs that grade every customer: what was asked, how far they are, and what they decided. Each kind of grade has its own tables.

As with value classes a run decides once, on one snapshot; its decisions are stored before the first event is appended, so that a
run which is taken up again after a crash goes on with them. What was told is forgotten when the run ends: the events say it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from shared.contracts.event import Event, encode
from shared.postgres.pool import Connection
from shared.postgres.schema import within

ATTEMPTS = 5
GradeName = Literal["credit_grade", "customer_grade"]
E = TypeVar("E", bound=Event)


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


class Change(NamedTuple):
    """A grade to tell: the version of the customer's stream before, and the event as JSON."""

    customer_id: UUID
    version: int
    body: str


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
_BEGIN = """
UPDATE {schema}.{name}_runs SET attempts = attempts + 1, state = CASE WHEN attempts >= $2 THEN 'FAILED' ELSE state END
 WHERE run_id = $1 RETURNING state"""
_DECIDING = "UPDATE {schema}.{name}_runs SET state = 'DECIDING' WHERE run_id = $1"
_FORGET = "DELETE FROM {schema}.{name}_changes WHERE run_id = $1"
_KEEP = """
INSERT INTO {schema}.{name}_changes (run_id, customer_id, version, body)
SELECT $1, u.* FROM unnest($2::uuid[], $3::int[], $4::text[]) AS u"""
_DECIDED = "UPDATE {schema}.{name}_runs SET state = 'APPENDING', customers = $2, changed = $3 WHERE run_id = $1"
_TO_TELL = """
SELECT customer_id, version, body FROM {schema}.{name}_changes WHERE run_id = $1 AND NOT told ORDER BY customer_id LIMIT $2"""
_TOLD = "UPDATE {schema}.{name}_changes SET told = true WHERE run_id = $1 AND customer_id = ANY($2::uuid[])"
_COUNT = "UPDATE {schema}.{name}_runs SET appended = appended + $2, attempts = 0 WHERE run_id = $1"
_DONE = "UPDATE {schema}.{name}_runs SET state = 'DONE', ended_at = $2 WHERE run_id = $1"


def _sql(schema: str, name: GradeName, text: str) -> str:
    return within(schema, text.replace("{name}", name))


def text_of(event: Event) -> str:
    return encode(event).decode()


def event_in(text: str, kind: type[E]) -> E:
    """The standard of a run, or the change of a grade."""
    return msgspec.json.decode(text, type=kind)


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


async def begin(c: Connection, schema: str, name: GradeName, run_id: UUID) -> bool:
    """Count an attempt; False when there were too many and the run has failed."""
    state: str | None = await c.fetchval(_sql(schema, name, _BEGIN), run_id, ATTEMPTS)
    return state != "FAILED"


async def start_deciding(c: Connection, schema: str, name: GradeName, run_id: UUID) -> None:
    """Forget what an attempt that broke off had stored."""
    await c.execute(_sql(schema, name, _FORGET), run_id)
    await c.execute(_sql(schema, name, _DECIDING), run_id)


async def keep(c: Connection, schema: str, name: GradeName, run_id: UUID, changes: Sequence[Change]) -> None:
    """Store a piece of what was decided."""
    columns = ([getattr(one, field) for one in changes] for field in Change._fields)
    await c.execute(_sql(schema, name, _KEEP), run_id, *columns)


async def decided(c: Connection, schema: str, name: GradeName, run_id: UUID, customers: int, changed: int) -> None:
    """All changes are kept: from here on they are told."""
    await c.execute(_sql(schema, name, _DECIDED), run_id, customers, changed)


async def to_tell(c: Connection, schema: str, name: GradeName, run_id: UUID, limit: int) -> list[Change]:
    """Changes that are not appended yet."""
    return [Change(**row) for row in await c.fetch(_sql(schema, name, _TO_TELL), run_id, limit)]


async def told(c: Connection, schema: str, name: GradeName, run_id: UUID, customers: Sequence[UUID]) -> None:
    """Note what was appended, in the transaction of the append, after it."""
    await c.execute(_sql(schema, name, _TOLD), run_id, list(customers))
    await c.execute(_sql(schema, name, _COUNT), run_id, len(customers))


async def finish(c: Connection, schema: str, name: GradeName, run_id: UUID, at: datetime) -> None:
    await c.execute(_sql(schema, name, _DONE), run_id, at)
    await c.execute(_sql(schema, name, _FORGET), run_id)
