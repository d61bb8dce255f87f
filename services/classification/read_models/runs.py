"""Runs over the whole population: what was asked, how far they are, and what they found for each customer.

A run decides once, on one snapshot: its findings are stored before the first event is appended, so that a run that is taken
up again after a crash goes on with the same decisions. Findings of older runs than the last two are cleared away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.domain.value_class import Reason
from services.classification.read_models.served import SERVED, Scope
from shared.contracts.classification import ValueClass
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.routing import live_table

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Run:
    """`state`: QUEUED (also while it waits for the period to be complete), DECIDING, APPENDING, DONE, FAILED.

    The standard is that of the request. `currency` may be None until it decides. `customers` were ranked, `changed` classes
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
    total: Decimal | None
    customers: int
    changed: int
    appended: int
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One customer in one run. A customer without a class is there only because it had one before."""

    customer_id: UUID
    value_class: ValueClass | None
    previous: ValueClass | None
    reason: Reason
    net: Decimal | None
    rank: int | None
    share: Decimal | None
    cumulated_share: Decimal | None
    to_next: Decimal | None
    to_fall: Decimal | None
    by_margin: bool
    version: int
    changed: bool


class Queued(NamedTuple):
    """What became of a request: the run, and whether its id was used before, for another request as the store sees it."""

    run: Run
    reused: bool


_COLUMNS = (
    "run_id, state, period_from, period_to, currency, standard_version, a_below, b_below, margin, total, customers, changed, appended,"
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
_BEGIN = """
UPDATE {schema}.value_class_runs SET attempts = attempts + 1, state = CASE WHEN attempts >= $2 THEN 'FAILED' ELSE state END
 WHERE run_id = $1 RETURNING state"""
_DECIDING = "UPDATE {schema}.value_class_runs SET state = 'DECIDING' WHERE run_id = $1"
_FORGET = "DELETE FROM {schema}.value_class_findings WHERE run_id = $1"
_KEEP = """
INSERT INTO {schema}.value_class_findings (run_id, customer_id, value_class, previous, reason, net, rank, share, cumulated_share,
       to_next, to_fall, by_margin, version, changed)
SELECT $1, u.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::int[], $8::numeric[], $9::numeric[],
       $10::numeric[], $11::numeric[], $12::boolean[], $13::int[], $14::boolean[]) AS u"""
_DECIDED = """
UPDATE {schema}.value_class_runs SET state = 'APPENDING', currency = $2, total = $3, customers = $4, changed = $5, decided_at = $6
 WHERE run_id = $1"""
_TO_TELL = """
SELECT customer_id, value_class, previous, reason, net, rank, share, cumulated_share, to_next, to_fall, by_margin, version, changed
  FROM {schema}.value_class_findings WHERE run_id = $1 AND changed AND NOT told ORDER BY customer_id LIMIT $2"""
_TOLD = "UPDATE {schema}.value_class_findings SET told = true WHERE run_id = $1 AND customer_id = ANY($2::uuid[])"
_COUNT = "UPDATE {schema}.value_class_runs SET appended = appended + $2, attempts = 0 WHERE run_id = $1"
_DONE = "UPDATE {schema}.value_class_runs SET state = 'DONE', ended_at = $2 WHERE run_id = $1"
_CLEAR = """
DELETE FROM {schema}.value_class_findings WHERE run_id IN (
    SELECT r.run_id FROM {schema}.value_class_runs r WHERE r.state IN ('DONE', 'FAILED')
       AND EXISTS (SELECT FROM {schema}.value_class_findings f WHERE f.run_id = r.run_id)
     ORDER BY r.decided_at DESC NULLS LAST OFFSET 2)"""
_PAGE = """
SELECT f.customer_id, f.value_class, f.previous, f.reason, f.net, f.rank, f.share, f.cumulated_share, f.to_next, f.to_fall, f.by_margin,
       f.version, f.changed
  FROM {schema}.value_class_findings f {served}
 WHERE f.run_id = $1 AND f.rank > $2 AND ($3::text IS NULL OR f.value_class = $3) {of} ORDER BY f.rank LIMIT $4"""
_OF_CUSTOMER = """
SELECT customer_id, value_class, previous, reason, net, rank, share, cumulated_share, to_next, to_fall, by_margin, version, changed
  FROM {schema}.value_class_findings WHERE run_id = $1 AND customer_id = $2"""


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


def _finding(row: Mapping[str, Any]) -> Finding:
    # The database gives 1.0E+5 for 100000: without exponent the numbers are fit for events and answers as they are.
    plain: dict[str, Any] = {name: Decimal(f"{value:f}") if isinstance(value, Decimal) else value for name, value in row.items()}
    return Finding(**plain)


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


async def begin(c: Connection, schema: str, run_id: UUID) -> bool:
    """Count an attempt; False when there were too many and the run has failed."""
    state: str | None = await c.fetchval(_sql(schema, _BEGIN), run_id, ATTEMPTS)
    return state != "FAILED"


async def start_deciding(c: Connection, schema: str, run_id: UUID) -> None:
    """Forget what an attempt that broke off had stored."""
    await c.execute(_sql(schema, _FORGET), run_id)
    await c.execute(_sql(schema, _DECIDING), run_id)


async def keep(c: Connection, schema: str, run_id: UUID, findings: Sequence[Finding]) -> None:
    """Store a piece of what was decided."""
    await c.execute(_sql(schema, _KEEP), run_id, *(list(map(attrgetter(name), findings)) for name in Finding.__slots__))


async def decided(c: Connection, schema: str, run: Run, at: datetime) -> None:
    """All findings are kept: from here on they are told."""
    await c.execute(_sql(schema, _DECIDED), run.run_id, run.currency, run.total, run.customers, run.changed, at)


async def to_tell(c: Connection, schema: str, run_id: UUID, limit: int) -> list[Finding]:
    """Changes that are not appended yet."""
    return [_finding(dict(row)) for row in await c.fetch(_sql(schema, _TO_TELL), run_id, limit)]


async def told(c: Connection, schema: str, run_id: UUID, customers: Sequence[UUID]) -> None:
    """Note what was appended, in the transaction of the append, after it."""
    await c.execute(_sql(schema, _TOLD), run_id, list(customers))
    await c.execute(_sql(schema, _COUNT), run_id, len(customers))


async def finish(c: Connection, schema: str, run_id: UUID, at: datetime) -> None:
    await c.execute(_sql(schema, _DONE), run_id, at)
    await c.execute(_sql(schema, _CLEAR))


async def page(
    c: Connection, schema: str, run_id: UUID, value_class: str | None, scope: Scope, after: int, limit: int
) -> Sequence[Finding]:
    """Findings behind rank `after`, by rank; customers without a class have none. Ranks are the company's, whatever the scope."""
    served, of, values = "", "", [run_id, after, value_class, limit]
    if scope != Scope():
        served = f"JOIN {await live_table(c, schema, SERVED)} v ON v.customer_id = f.customer_id"
        of = "AND ($5::text IS NULL OR v.area_id = $5) AND ($6::text IS NULL OR v.salesperson_id = $6)"
        values += [scope.area_id, scope.salesperson_id]
    statement = _sql(schema, _PAGE.replace("{served}", served).replace("{of}", of))
    return [_finding(dict(row)) for row in await c.fetch(statement, *values)]


async def of_customer(c: Connection, schema: str, run_id: UUID, customer_id: UUID) -> Finding | None:
    row = await c.fetchrow(_sql(schema, _OF_CUSTOMER), run_id, customer_id)
    return None if row is None else _finding(dict(row))
