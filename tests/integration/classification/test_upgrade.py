"""An installation with runs that an older version has decided: what they found is shown after the upgrade as before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.classification.domain.value_class import Sales, Standard
from services.classification.read_models import findings, runs
from services.classification.read_models.served import Scope
from shared.contracts.cursor import PARTS
from shared.contracts.money import decimals
from shared.postgres.migrate import migrate
from shared.postgres.pool import Connection
from shared.postgres.roles import OWNER, create_database
from shared.testing.databases import Cluster, Database, drop_test_database
from tests.unit.classification.one_by_one import Classified, classify

REVISION = "0013"
STANDARD = Standard()
_RUN = """
INSERT INTO classification.value_class_runs (run_id, principal, fingerprint, state, period_from, period_to, currency, standard_version,
       a_below, b_below, total, customers, changed, appended, made_at, decided_at)
VALUES ($1, $1, '', $2, $3, $4, $5, 0, $6, $7, $8, $9, 5, 3, $10, $10)"""
_FINDINGS = """
INSERT INTO classification.value_class_findings (run_id, customer_id, value_class, previous, reason, net, rank, share, cumulated_share,
       to_next, to_fall, by_margin, version, changed, told)
VALUES ($1, $2, $3, NULL, $4, $5, $6, $7, $8, $9, $10, $11, 0, true, true)"""

_OF_ONE = ("customer_id", "value_class", "reason", "net", "rank", "share", "cumulated_share", "to_next", "to_fall", "by_margin")


@pytest.fixture
async def older(cluster: Cluster) -> AsyncIterator[Database]:
    """The schema of the older revision."""
    database = Database(cluster, f"older_{uuid4().hex}")
    admin = await asyncpg.connect(cluster.dsn("postgres", "postgres"))
    await create_database(admin, database.name)
    await admin.close()
    await asyncio.to_thread(migrate, "classification", database.dsn(OWNER), PARTS, REVISION)
    yield database
    await drop_test_database(database)


async def decided(c: Connection, state: str, currency: str | None, ranked: Sequence[Classified], on: date) -> UUID:
    """A run as the older version kept it: a row a customer, and one for a customer who had a class and bought nothing."""
    run_id, at = uuid4(), datetime(on.year, on.month, on.day, tzinfo=UTC)
    total = sum((one.net for one in ranked if one.net > 0), Decimal(0))
    bounds = (STANDARD.a_below, STANDARD.b_below)
    await c.execute(_RUN, run_id, state, date(2025, 1, 1), on, currency, *bounds, total, len(ranked), at)
    rows = [(run_id, *(getattr(one, name) for name in _OF_ONE)) for one in ranked]
    gone = (run_id, uuid4(), None, "NO_SALES", None, None, None, None, None, None, False)
    await c.executemany(_FINDINGS, [*rows, gone])
    return run_id


def population(currency: str, customers: int) -> list[Classified]:
    chance, unit = Random(customers), Decimal(1).scaleb(-decimals(currency))
    sales = [Sales(UUID(int=chance.getrandbits(128)), chance.randint(-900, 90_000) * unit) for _ in range(customers)]
    return classify(sales, STANDARD, currency)


async def test_what_older_runs_have_found_is_shown_as_before(older: Database) -> None:
    c = await asyncpg.connect(older.dsn("postgres"))
    try:
        found = {currency: population(currency, many) for currency, many in (("CNY", 2345), ("JPY", 1000), ("BHD", 7))}
        days = dict(zip(found, (date(2026, 3, 1), date(2026, 2, 1), date(2026, 1, 1)), strict=True))
        ids = {currency: await decided(c, "DONE", currency, ranked, days[currency]) for currency, ranked in found.items()}
        nobody = await decided(c, "DONE", None, [], date(2025, 12, 1))
        open_ids = [await decided(c, state, "CNY", found["BHD"], date(2026, 4, 1)) for state in ("DECIDING", "APPENDING")]
        await asyncio.to_thread(migrate, "classification", older.dsn(OWNER), PARTS)
        for currency, run_id in ids.items():
            run = await runs.run_of(c, "classification", run_id)
            assert run is not None
            assert run.unit == Decimal(1).scaleb(-decimals(currency))
            shown = await findings.page(c, "classification", run, None, Scope(), 0, 10_000)
            assert [as_it_was(one) for one in shown] == found[currency]
            for was in (found[currency][0], found[currency][len(shown) // 2], found[currency][-1]):
                one = await findings.of_customer(c, "classification", run, was.customer_id)
                assert one is not None and as_it_was(one) == was
        for run_id in [nobody, *open_ids]:
            assert await c.fetchval("SELECT count(*) FROM classification.value_class_findings WHERE run_id = $1", run_id) == 0
        # What was half told decides again.
        for run_id in open_ids:
            run = await runs.run_of(c, "classification", run_id)
            assert run is not None and (run.state, run.changed, run.appended) == ("QUEUED", 0, 0)
    finally:
        await c.close()


def as_it_was(one: findings.Finding) -> Classified:
    return Classified(**{name: getattr(one, name) for name in Classified.__slots__})
