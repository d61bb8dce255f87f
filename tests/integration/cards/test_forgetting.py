"""What is kept for a while is forgotten after it: answers for repeats, imports that ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.cards.read_models.import_jobs import forget_ended
from shared.contracts.topics import SERVICES
from shared.event_store.forgetting import forget_answers
from shared.postgres.schema import within
from tests.integration.cards.conftest import Cards, PoolOf

COMPANY = {"kind": "COMPANY", "name": "Hua Xin Trading"}
_AGE = "UPDATE cards.commands SET at = at - interval '31 days' WHERE key = $1"


async def test_an_answer_is_given_again_until_it_is_forgotten(api: Cards) -> None:
    admin = await asyncpg.connect(api.database.dsn("postgres"))
    for name in ("old", "new"):
        assert (await api.post("/v1/customers", COMPANY, {"Idempotency-Key": name})).status_code == 201
    await admin.execute(_AGE, "old")
    await admin.close()
    month = datetime.now(UTC) - timedelta(days=30)
    assert await forget_answers(api.pool, "cards", month) == 1
    assert await forget_answers(api.pool, "cards", month) == 0
    again = await api.post("/v1/customers", COMPANY, {"Idempotency-Key": "new"})
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    # The id follows from the key: what was registered once is not registered twice.
    late = await api.post("/v1/customers", COMPANY, {"Idempotency-Key": "old"})
    assert (late.status_code, late.json()["code"]) == (409, "CUSTOMER_EXISTS")


@pytest.mark.parametrize("service", SERVICES)
async def test_answers_of_the_last_day_are_never_forgotten(api: Cards, pool_of: PoolOf, service: str) -> None:
    pool = await pool_of(api.database, service)
    assert await forget_answers(pool, service, datetime.now(UTC) - timedelta(days=2)) == 0
    with pytest.raises(asyncpg.RaiseError):
        await forget_answers(pool, service, datetime.now(UTC))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(within(service, "DELETE FROM {schema}.commands"))


async def test_an_import_that_ended_long_ago_is_forgotten_with_its_errors(api: Cards) -> None:
    insert = """INSERT INTO cards.import_jobs (job_id, principal, fingerprint, kind, source, ends, on_error, state, ended_at)
     SELECT gen_random_uuid(), gen_random_uuid(), 'x', 'customers', 'erp', true, 'continue', $1, clock_timestamp() - $2::interval
     RETURNING job_id"""
    old = await api.pool.fetchval(insert, "done", timedelta(days=91))
    new = await api.pool.fetchval(insert, "failed", timedelta(days=89))
    running = await api.pool.fetchval(insert, "running", None)
    for job in (old, new):
        await api.pool.execute("INSERT INTO cards.import_errors VALUES ($1, 1, 1, '#/x', 'X', 'x')", job)
    async with api.pool.acquire() as c:
        await forget_ended(c, "cards", timedelta(days=90))
    kept = {row["job_id"] for row in await api.pool.fetch("SELECT job_id FROM cards.import_jobs")}
    assert kept == {new, running}
    assert [row["job_id"] for row in await api.pool.fetch("SELECT job_id FROM cards.import_errors")] == [new]
