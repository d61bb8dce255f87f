"""Runs that give everybody a value class: what was asked, and how far they are. What they decide: run_changes.py; what they find: findings.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from shared.postgres.pool import Connection
from shared.postgres.schema import within


@dataclass(frozen=True, slots=True)
class Run:
    """`state`: QUEUED (also while it waits for the period to be complete), DECIDING, APPENDING, DONE, FAILED.

    The standard is that of the request. `currency` may be None until it decides; then `unit` is its smallest amount. `customers` were ranked, `changed` classes
    are to be told, `appended` are told.
    """

    run_id: UUID
    state: str
    period_from: date
    period_to: date
    currency: str | None
    standard_version: int
    a_below: Decimal
    b_below: Decimal
    margin: Decimal
    unit: Decimal
    total: Decimal | None
    customers: int
    changed: int
    appended: int
    made_at: datetime
    ended_at: datetime | None


class Queued(NamedTuple):
    """What became of a request: the run, and whether its id was used before, for another request as the store sees it."""

    run: Run
    reused: bool


_COLUMNS = (
    "run_id, state, period_from, period_to, currency, standard_version, a_below, b_below, margin, unit, total, customers, changed, appended,"
    " made_at, ended_at"
)
_QUEUE = """
INSERT INTO {schema}.value_class_runs (run_id, principal, fingerprint, period_from, period_to, currency, standard_version, a_below,
       b_below, margin, made_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'QUEUED') ON CONFLICT (run_id) DO NOTHING"""
_ONE = "SELECT {columns}, fingerprint FROM {schema}.value_class_runs WHERE run_id = $1"
_NEXT = """
SELECT {columns} FROM {schema}.value_class_runs WHERE state NOT IN ('DONE', 'FAILED')
 ORDER BY state = 'QUEUED', period_to, made_at, run_id LIMIT 1"""
_LAST = """
SELECT {columns} FROM {schema}.value_class_runs WHERE state IN ('APPENDING', 'DONE') ORDER BY decided_at DESC, run_id LIMIT 1"""
_LAST_CLASSED = "SELECT max(period_to) FROM {schema}.value_class_runs WHERE state NOT IN ('QUEUED', 'FAILED')"
_DECIDED = """
UPDATE {schema}.value_class_runs SET state = 'APPENDING', currency = $2, unit = $3, total = $4, customers = $5, changed = $6, decided_at = $7
 WHERE run_id = $1"""


def _sql(schema: str, text: str) -> str:
    return within(schema, text.replace("{columns}", _COLUMNS))


async def queue(c: Connection, schema: str, run: Run, principal: UUID, fingerprint: bytes) -> Queued:
    """Ask for a run; asking again with the same id gives the run that is there."""
    standard = (run.standard_version, run.a_below, run.b_below, run.margin)
    made = (run.period_from, run.period_to, run.currency, *standard, run.made_at)
    await c.execute(_sql(schema, _QUEUE), run.run_id, principal, fingerprint, *made)
    row = await c.fetchrow(_sql(schema, _ONE), run.run_id)
    if row is None:
        raise AssertionError("a queued run is there")
    return Queued(_run(dict(row)), reused=row["fingerprint"] != fingerprint)


def _run(row: Mapping[str, Any]) -> Run:
    return Run(**{name: value for name, value in row.items() if name != "fingerprint"})


async def run_of(c: Connection, schema: str, run_id: UUID) -> Run | None:
    row = await c.fetchrow(_sql(schema, _ONE), run_id)
    return None if row is None else _run(dict(row))


async def next_run(c: Connection, schema: str) -> Run | None:
    """A run that was begun goes first, then the earliest period."""
    row = await c.fetchrow(_sql(schema, _NEXT))
    return None if row is None else Run(**row)


async def last_decided(c: Connection, schema: str) -> Run | None:
    """The run whose findings are shown."""
    row = await c.fetchrow(_sql(schema, _LAST))
    return None if row is None else Run(**row)


async def last_classed(c: Connection, schema: str) -> date | None:
    """The latest end of a period for which customers were classed."""
    found: date | None = await c.fetchval(within(schema, _LAST_CLASSED))
    return found


async def decided(c: Connection, schema: str, run: Run, at: datetime) -> None:
    """All findings are kept: from here on they are told."""
    await c.execute(_sql(schema, _DECIDED), run.run_id, run.currency, run.unit, run.total, run.customers, run.changed, at)
