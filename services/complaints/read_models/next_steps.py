"""What is due next with each complaint that goes on? Written by the deadline job as it judges them; in the order of what is due.

A row says by which area of the customer it was judged, and whether it is to be judged anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.complaints.read_models.complaints import COMPLAINTS
from services.complaints.read_models.served import SERVED
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table, own_rows

TABLE = """
CREATE TABLE {schema}.next_steps (
    complaint_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    area_id text COLLATE "C",
    severity text COLLATE "C" NOT NULL,
    round integer NOT NULL,
    department text COLLATE "C",
    due_at timestamptz,
    step text COLLATE "C",
    next_due timestamptz,
    anew boolean NOT NULL DEFAULT false
);
CREATE INDEX ON {schema}.next_steps (due_at, complaint_id) WHERE due_at IS NOT NULL;
CREATE INDEX ON {schema}.next_steps (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX ON {schema}.next_steps (complaint_id) WHERE anew;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.next_steps TO {schema};
"""


class NextStep(NamedTuple):
    """`due_at`: when the first step is due that is not taken, `step`; None when nothing is. `next_due`: when the first is due that
    was not told as missed. `area_id` of the customer, as it was known."""

    complaint_id: UUID
    customer_id: UUID
    area_id: str | None
    severity: str
    round: int
    department: str | None
    due_at: datetime | None
    step: str | None
    next_due: datetime | None


class Waiting(NamedTuple):
    """Complaints that go on, and those among them with a step that is due some time."""

    going_on: int
    due: int


_COLUMNS = ", ".join(NextStep._fields)
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in NextStep._fields[1:])
_KEEP = """
INSERT INTO {schema}.next_steps ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (complaint_id) DO UPDATE SET {changed}, anew = false"""
_FORGET = "DELETE FROM {schema}.next_steps WHERE complaint_id = ANY($1)"
_ALL_ANEW = "UPDATE {schema}.next_steps SET anew = true WHERE NOT anew"
_MOVED_ANEW = """
UPDATE {schema}.next_steps n SET anew = true
  FROM {schema}.next_steps m LEFT JOIN {served} s ON s.customer_id = m.customer_id
 WHERE n.complaint_id = m.complaint_id AND NOT m.anew AND m.area_id IS DISTINCT FROM s.area_id"""
_UNJUDGED = """
(SELECT complaint_id FROM {schema}.next_steps WHERE anew AND complaint_id > $1 ORDER BY complaint_id LIMIT {limit:d})
 UNION ALL
(SELECT complaint_id FROM {complaints} c WHERE ended_on IS NULL AND complaint_id > $1
    AND NOT EXISTS (SELECT FROM {schema}.next_steps n WHERE n.complaint_id = c.complaint_id) ORDER BY complaint_id LIMIT {limit:d})
 ORDER BY complaint_id LIMIT {limit:d}"""
_OVERDUE = "SELECT complaint_id FROM {schema}.next_steps WHERE next_due < $1 ORDER BY next_due LIMIT {limit:d}"
_PAGE = "SELECT {columns} FROM {table} n WHERE {conditions} ORDER BY due_at, complaint_id LIMIT {limit:d}"
_WAITING = "SELECT count(*), count(due_at) FROM {table} n WHERE {conditions}"


async def keep(c: Connection, schema: str, rows: Sequence[NextStep]) -> None:
    await c.executemany(_KEEP.format(schema=schema, columns=_COLUMNS, changed=_CHANGED), rows)


async def forget(c: Connection, schema: str, ended: Collection[UUID]) -> None:
    """Complaints that have ended."""
    await c.execute(_FORGET.format(schema=schema), list(ended))


async def judge_all_anew(c: Connection, schema: str) -> None:
    await c.execute(_ALL_ANEW.format(schema=schema))


async def judge_the_moved_anew(c: Connection, schema: str) -> None:
    """Complaints of customers who are served in another area than the one that they were judged by."""
    await c.execute(_MOVED_ANEW.format(schema=schema, served=await live_table(c, schema, SERVED)))


async def unjudged(c: Connection, schema: str, after: UUID, limit: int) -> Sequence[UUID]:
    """Complaints that go on and were not judged, or are to be judged anew, in the order of their ids."""
    statement = _UNJUDGED.format(schema=schema, complaints=await live_table(c, schema, COMPLAINTS), limit=limit)
    return [row["complaint_id"] for row in await c.fetch(statement, after)]


async def overdue(c: Connection, schema: str, at: datetime, limit: int) -> Sequence[UUID]:
    """Complaints with a step that was due before this moment and was not told as missed, the longest overdue first."""
    return [row["complaint_id"] for row in await c.fetch(_OVERDUE.format(schema=schema, limit=limit), at)]


async def page(
    c: Connection, schema: str, areas: Collection[str] | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[NextStep]:
    """What is due, the longest overdue first; of customers in one of these areas, None for all."""
    where = _in(areas)
    where.hold("due_at IS NOT NULL")
    where.behind("due_at, complaint_id", after)
    statement = _PAGE.format(table=await _table(c, schema), columns=_COLUMNS, conditions=where.sql, limit=limit)
    return [NextStep(*row) for row in await c.fetch(statement, *where.values)]


async def waiting(c: Connection, schema: str, areas: Collection[str] | None) -> Waiting:
    where = _in(areas)
    [counts] = await c.fetch(_WAITING.format(table=await _table(c, schema), conditions=where.sql), *where.values)
    return Waiting(*counts)


async def _table(c: Connection, schema: str) -> str:
    return await own_rows(c, f"{schema}.next_steps", NextStep._fields)


def _in(areas: Collection[str] | None) -> Conditions:
    where = Conditions()
    where.add("area_id = ANY({})", None if areas is None else list(areas))
    return where
