"""An installation that an older version has made: what an upgrade says, what is shown meanwhile, what the rebuilds give."""

from __future__ import annotations

import asyncio
import copy
import pkgutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from deploy.consistency import rebuild_named
from deploy.rebuilding import all_due
from services.cards.settings import Settings
from services.cards.wiring import build_api, run_work
from shared.contracts.cards import Basics, CustomerRegistered
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.postgres.migrate import migrate
from shared.postgres.pool import create_pool
from shared.postgres.roles import OWNER, create_database
from shared.privacy.keystore import install
from shared.projections.read_model import ReadModel
from shared.testing.databases import Cluster, Database, drop_test_database
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import SCOPES
from tests.integration.running import key, record, serving, settings_of, working

REVISION = "0003"
ADDED = {
    "services.cards.read_models.customers.CUSTOMERS": (
        "name_key", "place", "country", "legal_form", "founded_on", "trading_since", "ownership", "location", "stage", "stage_since",
        "dealer_id", "merged_into", "figures", "standing",
    ),
    "services.cards.read_models.receivables.RECEIVABLES": ("since", "in_credit"),
    "services.alerts.read_models.customers.CUSTOMERS": ("named_at", "area_id", "salesperson_id", "assigned_at"),
    "services.alerts.read_models.alerts.ALERTS": (
        "asked", "waiting", "persons", "area_id", "salesperson_id", "due_on", "due_step", "look_on", "routed", "held", "muted_by",
        "inhibited_by", "restricts", "ended_at", "procedure",
    ),
}  # fmt: skip
"""Read models of which there is a second version, and the columns that came with it."""
COMMANDS = {f"regulars rebuild {name}" for name in ("cards customers", "cards receivables", "alerts customers", "alerts alerts")}
OLD_ROW = """
INSERT INTO cards.customers_a (customer_id, part, stub, kind, name, sort_name, basics, external_ids)
VALUES ($1, 0, false, 'COMPANY', 'As it was', 'as it was', '{"kind":"COMPANY","name":"As it was"}', '[]')"""


@pytest.fixture
async def older(cluster: Cluster) -> AsyncIterator[Database]:
    """The schemas of an older revision, with the columns that its read models had."""
    database = Database(cluster, f"older_{uuid4().hex}")
    admin = await asyncpg.connect(cluster.dsn("postgres", "postgres"))
    await create_database(admin, database.name)
    await admin.close()
    with pytest.MonkeyPatch.context() as patch:
        for name, columns in ADDED.items():
            patch.setattr(name, _as_it_was(pkgutil.resolve_name(name), columns))
        for service in SERVICES:
            await asyncio.to_thread(migrate, service, database.dsn(OWNER), PARTS, REVISION)
    admin = await asyncpg.connect(database.dsn("postgres"))
    await install(admin)
    await admin.close()
    yield database
    await drop_test_database(database)


def _as_it_was(model: ReadModel[Any], added: Sequence[str]) -> ReadModel[Any]:
    """What a migration reads of a read model's first version; a whole one is refused without its row."""
    old = copy.copy(model)
    object.__setattr__(old, "version", 1)
    object.__setattr__(old, "columns", {name: kind for name, kind in model.columns.items() if name not in added})
    return old


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def endpoints(database: Database) -> dict[str, Any]:
    roles = [role for service in SERVICES for role in (service, f"{service}_rebuild")]
    return {"kafka": None, "postgres": {role: database.dsn(role) for role in roles}}


async def test_an_upgrade_names_the_rebuilds_that_are_due_and_they_bring_the_lists_to_the_new_version(
    older: Database, tmp_path: Path
) -> None:
    customer = uuid4()
    await _recorded_before(older, customer)
    said = await asyncio.to_thread(run, "migrate", "--dsn", older.dsn(OWNER))
    assert {line.strip() for line in said.splitlines() if "regulars rebuild" in line} == COMMANDS
    assert said == await asyncio.to_thread(run, "migrate", "--dsn", older.dsn(OWNER)), "it is said until it is done"

    settings = Settings(**settings_of(older, "cards", tmp_path))
    settings.keys_file.write_text('{"keys": []}')
    async with working(run_work(settings)), serving(build_api(settings), tmp_path, SCOPES) as client:
        health = (await client.get("/readyz?verbose")).json()
        assert (health["status"], health["degraded"]) == ("degraded", ["customers", "receivables"])
        assert health["checks"]["read model customers"] == "rebuild due"
        assert await _names(client) == ["As it was"], "the list is shown as it was"

        for due in await all_due(older.dsn(OWNER)):
            await rebuild_named(endpoints(older), due.service, due.read_model, anew=False, force=False, progress=lambda n: None)
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        assert await _names(client, place="Suzhou") == ["Hua Xin Trading"]
        # The worker, which ran all the time, has taken the new slot over.
        body = {"kind": "COMPANY", "name": "Lan Tian", "place": "Suzhou"}
        assert (await client.post("/v1/customers", json=body, headers=key())).status_code == 201

        async def shown() -> bool:
            return await _names(client, place="Suzhou") == ["Hua Xin Trading", "Lan Tian"]

        await eventually(shown)
    said = await asyncio.to_thread(run, "migrate", "--dsn", older.dsn(OWNER))
    assert "regulars rebuild" not in said


async def _recorded_before(database: Database, customer: UUID) -> None:
    pool = await create_pool(database.dsn("cards"), max_size=2, statement_timeout_ms=10_000, name="test")
    registered = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin Trading", place="Suzhou"))
    await record(pool, "cards", [(f"card-{customer}", customer, registered)])
    await pool.execute(OLD_ROW, customer)
    pool.terminate()


async def _names(client: httpx.AsyncClient, **where: str) -> list[str]:
    asked = {"where": [f"{name}={value}" for name, value in where.items()]}
    answer = await client.get("/v1/customers", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]
