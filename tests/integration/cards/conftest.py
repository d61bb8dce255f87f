"""The service cards as its two processes run it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.cards.settings import Settings
from services.cards.wiring import build_api, run_work
from shared.auth.scopes import SCOPES as EVERY_SCOPE
from shared.postgres.pool import Pool, create_pool
from shared.testing.databases import Cluster, Database, create_test_database
from tests.integration.running import key, keyed, second_caller, serving, settings_of, working

PoolOf = Callable[[Database, str], Awaitable[Pool]]
SCOPES = tuple(scope for scope in EVERY_SCOPE if scope.startswith("cards."))


@dataclass(frozen=True)
class Cards:
    """A client of the service with every scope, and its store."""

    client: httpx.AsyncClient
    pool: Pool
    database: Database
    settings: Settings
    folder: Path = field(repr=False)
    second: dict[str, str] = field(repr=False)
    """Headers of another caller, who may do the same."""

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers={**key(), **(headers or {})})

    async def put(self, path: str, body: Any, version: int | None, headers: dict[str, str] | None = None) -> httpx.Response:
        matching = {} if version is None else {"If-Match": f'"{version}"'}
        return await self.client.put(path, json=body, headers={**key(), **matching, **(headers or {})})

    async def erase(self, customer: object, headers: dict[str, str] | None = None) -> httpx.Response:
        """Asked for by one, agreed to by another: the answer to the latter, whose headers are these."""
        asked = await self.post(f"/v1/customers/{customer}/erasure", {"reason": "REQUESTED_BY_CUSTOMER"})
        assert asked.status_code in (200, 410), asked.text
        return await self.agree(customer, headers)

    async def agree(self, customer: object, headers: dict[str, str] | None = None) -> httpx.Response:
        """A second person agrees to an erasure."""
        return await self.post(f"/v1/customers/{customer}/erasure/approval", {}, {**self.second, **(headers or {})})

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.client.get(path, params=params)

    async def register(self, number: str = "K-1077", **more: Any) -> UUID:
        """A company under an external id of the ERP."""
        body = {"kind": "COMPANY", "name": "Hua Xin Trading", "external_ids": [{"system": "erp", "value": number}], **more}
        answer = await self.post("/v1/customers", body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["customer_id"])

    async def dashboard(self, statement: str) -> list[asyncpg.Record]:
        """What dashboards are answered."""
        c = await asyncpg.connect(self.database.dsn("dashboards"))
        try:
            return await c.fetch(statement)
        finally:
            await c.close()

    async def events(self, stream: str) -> list[str]:
        """Types of the events of a stream, in order, without what all names share."""
        rows = await self.pool.fetch("SELECT type FROM cards.events WHERE stream = $1 ORDER BY version", stream)
        return [row["type"].removeprefix("regulars.cards.").removesuffix(".v1") for row in rows]


@pytest.fixture
async def api(database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Cards]:
    """The API alone."""
    (tmp_path / "keys.json").write_text('{"keys": []}')
    settings = Settings(**settings_of(database, "cards", tmp_path))
    async with serving(build_api(settings), tmp_path, SCOPES) as client:
        yield Cards(client, await pool_of(database, "cards"), database, settings, tmp_path, second_caller(tmp_path, SCOPES))


@pytest.fixture(scope="session")
async def standing(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cards]:
    """One API for all tests that are refused, or that use numbers of their own (`fresh`)."""
    folder = tmp_path_factory.mktemp("cards")
    (folder / "keys.json").write_text('{"keys": []}')
    database = await create_test_database(cluster)
    settings = Settings(**settings_of(database, "cards", folder))
    pool = await create_pool(database.dsn("cards"), name="test cards")
    async with serving(build_api(settings), folder, SCOPES) as client:
        yield Cards(client, pool, database, settings, folder, second_caller(folder, SCOPES))
    pool.terminate()


def fresh() -> str:
    """A number that no other test uses."""
    return f"N-{uuid4()}"


@pytest.fixture
async def cards(api: Cards) -> AsyncIterator[Cards]:
    """The API with `work` beside it, on the feed of the stores."""
    async with working(run_work(api.settings)):
        yield api


@asynccontextmanager
async def somebody(cards: Cards, role: str, person: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A caller in a role, beside the one with every scope."""
    app = cards.client._transport.app  # type: ignore[attr-defined]
    headers = keyed(cards.folder, name=f"{role} {person}", scopes=(), principal=uuid4(), role=role, person=person)
    headers["Regulars-Purpose"] = "VISIT"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers) as client:
        yield client


def sale(number: str = "S-1", customer: str = "K-1077", **more: Any) -> dict[str, Any]:
    return {
        "source": "erp",
        "source_event_id": number,
        "customer": {"system": "erp", "value": customer},
        "sold_on": "2026-03-02",
        "net": {"amount": "1250.00", "currency": "CNY"},
        **more,
    }
