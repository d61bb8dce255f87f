"""Bar 12: a whole run of value classes over 1,000,000 customers of whom few change, beside one window query over bigint.

The query reads what each customer bought as one number. The run reads what was sold by day, ranks, compares with the classes that are held,
keeps rank, share and both borders of everybody, and appends the changes.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg

from services.classification.domain.standard import first_day
from services.classification.domain.value_class import Standard
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs.class_decision import decide
from services.classification.jobs.telling import tell
from services.classification.jobs.value_classes import TOLD
from services.classification.read_models import findings, run_changes, runs
from services.classification.read_models.runs import Run
from shared.contracts.cursor import PARTS
from shared.postgres.pool import Pool, create_pool
from shared.process.pools import WORK_STATEMENT_MS
from shared.web.pages import CursorCodec
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.place import Place

_STANDARD = Standard()
_CURRENCY = "CNY"

# One sale a customer, log-normal as trade is.
_SALES = """CREATE TABLE bench.sales AS
SELECT md5('customer/' || n)::uuid AS customer_id, date '{last}' - (random() * 360)::int AS day,
       greatest(1, (100 * exp(7 + 1.5 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())))::bigint) AS cents
  FROM generate_series(1, {customers}) n"""
_SOLD = """INSERT INTO classification.sold_a (customer_id, day, currency, article, quantity, net, cost, costed_net, part)
SELECT customer_id, day, '{currency}', 'A-1', 1, cents / 100.0, 0, 0, 0 FROM bench.sales ORDER BY day"""
_ALL_SOLD = """INSERT INTO classification.customer_sales_totals_a (group_key, part, measure, value)
SELECT '{currency}/' || to_char(date '{last}', 'YYYY-MM'), 0, 'sales', count(*) FROM bench.sales"""
# One customer in a hundred sells half as much, or half as much again, as when it was classed.
_MOVE = """WITH moved AS (
    UPDATE bench.sales SET cents = greatest(1, (cents * (0.5 + random()))::bigint) WHERE random() < 0.01 RETURNING customer_id, cents
) UPDATE classification.sold_a s SET net = m.cents / 100.0 FROM moved m WHERE s.customer_id = m.customer_id"""
# What the consumer does with what was told.
_FOLD = """INSERT INTO classification.value_classes_a (customer_id, value_class, reason, since, standard_version, run_id, part)
SELECT DISTINCT ON (customer_id) customer_id, body ->> 'value_class', coalesce(body ->> 'reason', 'SALES'), date '{last}', 0,
       (body ->> 'run_id')::uuid, 0 FROM classification.events WHERE type = 'regulars.classification.value-class-changed.v1'
 ORDER BY customer_id, version DESC
ON CONFLICT (customer_id) DO UPDATE SET value_class = excluded.value_class, reason = excluded.reason"""
_WINDOW = """
SELECT value_class, count(*) FROM (
    SELECT CASE WHEN before < 0.8 * whole THEN 'A' WHEN before < 0.95 * whole THEN 'B' ELSE 'C' END AS value_class
      FROM (SELECT sum(cents) OVER () AS whole, sum(cents) OVER (ORDER BY cents DESC, customer_id ROWS UNBOUNDED PRECEDING) - cents AS before
              FROM bench.sales) x) y
 GROUP BY 1"""


@dataclass
class _Bench:
    """`changed`: by the last run."""

    admin: asyncpg.Connection[Any]
    deps: Deps
    last: date
    changed: int = 0

    async def do(self, *statements: str) -> None:
        for statement in statements:
            await self.admin.execute(statement.format(last=self.last, currency=_CURRENCY), timeout=3600)

    async def run(self) -> float:
        """Seconds of a run from its beginning to its end, its events appended."""
        run = Run(
            run_id=uuid4(),
            state="QUEUED",
            period_from=first_day(_STANDARD, self.last),
            period_to=self.last,
            currency=None,
            standard_version=0,
            a_below=_STANDARD.a_below,
            b_below=_STANDARD.b_below,
            margin=_STANDARD.margin,
            unit=_STANDARD.a_below,
            total=None,
            customers=0,
            changed=0,
            appended=0,
            made_at=self.deps.now(),
            ended_at=None,
        )
        async with self.deps.pool.acquire() as c:
            await runs.queue(c, SCHEMA, run, uuid4(), b"")
        began = time.perf_counter()
        await decide(self.deps, run)
        await tell(self.deps, TOLD, run.run_id)
        async with self.deps.pool.acquire() as c:
            await run_changes.finish(c, SCHEMA, TOLD.name, run.run_id, self.deps.now())
            await findings.clear(c, SCHEMA)
            seconds = time.perf_counter() - began
            done = await runs.run_of(c, SCHEMA, run.run_id)
        assert done is not None and done.appended == done.changed
        self.changed = done.changed
        return seconds


async def measure(place: Place, size: Size) -> list[Measured]:
    customers = size.of(1_000_000, 2_000)
    async with place.database() as database:
        admin = await asyncpg.connect(database.dsn("postgres"))
        pool = await create_pool(database.dsn(SCHEMA), name="classes", statement_timeout_ms=WORK_STATEMENT_MS)
        bench = _Bench(admin, _deps(pool), datetime.now(UTC).date() - timedelta(days=1))
        try:
            await admin.execute("CREATE SCHEMA bench; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'")
            await bench.do(_SALES.replace("{customers}", str(customers)), "ALTER TABLE bench.sales ADD PRIMARY KEY (customer_id)")
            await bench.do(_SOLD, _ALL_SOLD, "VACUUM ANALYZE")
            first = await bench.run()
            print(f"  first run, all {bench.changed:,} told: {first:.1f} s", flush=True)
            found = await in_turns([Case("run", _again(bench)), Case("window", _window(admin))], size.rounds)
        finally:
            pool.terminate()
            await admin.close()
    also = {"first_run_seconds": round(first, 1), "customers": customers, "changed_by_the_last_run": bench.changed}
    return [Measured("12", found["run"], found["window"], also)]


def _deps(pool: Pool) -> Deps:
    return Deps(
        pool=pool, analyses=pool, cursors=CursorCodec(bytes(32)), now=lambda: datetime.now(UTC), zone=ZoneInfo("UTC"), parts=PARTS
    )


def _again(bench: _Bench) -> Callable[[], Awaitable[float]]:
    async def again() -> float:
        await bench.do(_FOLD, _MOVE, "VACUUM ANALYZE", "CHECKPOINT")
        return await bench.run()

    return again


def _window(admin: asyncpg.Connection[Any]) -> Callable[[], Awaitable[float]]:
    async def window() -> float:
        # As much as the whole sort takes: on its own, and in memory.
        began = time.perf_counter()
        await admin.fetch(_WINDOW, timeout=600)
        return time.perf_counter() - began

    return window
