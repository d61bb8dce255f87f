"""The service classification beside the store of cards, whose watermark ticks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.classification.settings import Settings
from services.classification.wiring import build_api, run_work
from shared.auth.scopes import SCOPES as EVERY_SCOPE
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import GoodsReturned, SaleLine, SaleRecorded
from shared.postgres.pool import Pool
from shared.relay.leader import lead
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.running import key, record, serving, settings_of, working

PoolOf = Callable[[Database, str], Awaitable[Pool]]
SCOPES = tuple(scope for scope in EVERY_SCOPE if scope.startswith("classification."))
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def line(article: str, net: int, quantity: int = 1, unit_cost: str | None = None) -> SaleLine:
    cost = None if unit_cost is None else Decimal(unit_cost)
    return SaleLine(article=article, quantity=Decimal(quantity), net=Decimal(net), unit_cost=cost)


def sale(customer: UUID, net: int, days: int = 30, currency: str = "CNY", lines: tuple[SaleLine, ...] = ()) -> Event:
    return SaleRecorded(
        customer_id=customer,
        source="erp",
        source_event_id=str(uuid4()),
        sold_on=days_ago(days),
        net=Money(Decimal(net), currency),
        lines=lines,
    )


def returned(customer: UUID, net: int, days: int = 20, lines: tuple[SaleLine, ...] = ()) -> Event:
    return GoodsReturned(
        customer_id=customer,
        source="erp",
        source_event_id=str(uuid4()),
        returned_on=days_ago(days),
        net=Money(Decimal(net), "CNY"),
        lines=lines,
    )


@dataclass(frozen=True)
class Classification:
    """A client of the service, the stores, and what is done with them again and again."""

    client: httpx.AsyncClient
    cards: Pool
    own: Pool
    settings: Settings
    database: Database

    async def trade(self, *facts: Any) -> None:
        await record(self.cards, "cards", [(f"ledger-{fact.customer_id}", fact.customer_id, fact) for fact in facts])

    async def run(self, **asked: Any) -> dict[str, Any]:
        """Ask for a run and wait for its end."""
        return await self.ended(await self.queued(**asked))

    async def queued(self, **asked: Any) -> str:
        """Ask for a run; its address."""
        queued = await self.client.post("/v1/value-class-runs", json=asked, headers=key())
        assert queued.status_code == 202, queued.text
        return str(queued.headers["location"])

    async def ended(self, address: str) -> dict[str, Any]:
        async def done() -> dict[str, Any] | None:
            found: dict[str, Any] = (await self.client.get(address)).json()
            return found if found["state"] == "DONE" else None

        found = await eventually(done, timeout=20)
        assert found is not None
        return found

    async def classes(self, **asked: Any) -> dict[UUID, str]:
        items = (await self.client.get("/v1/value-classes", params=asked)).json()["items"]
        return {UUID(item["customer_id"]): item["value_class"] for item in items}

    async def told(self) -> int:
        async with self.own.acquire() as c:
            found: int = await c.fetchval("SELECT count(*) FROM classification.events WHERE stream LIKE 'classification-%'")
        return found


@pytest.fixture
async def idle(database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Classification]:
    """The service without its `work`."""
    settings = Settings(**settings_of(database, "classification", tmp_path))
    (tmp_path / "keys.json").write_text('{"keys": []}')
    cards, own = await pool_of(database, "cards"), await pool_of(database, "classification")
    ticking = lead(service="cards", dsn=database.dsn("cards"), kafka=None, now=lambda: datetime.now(UTC))
    async with serving(build_api(settings), tmp_path, SCOPES) as client, working(ticking):
        yield Classification(client, cards, own, settings, database)


@pytest.fixture
async def classification(idle: Classification) -> AsyncIterator[Classification]:
    async with working(run_work(idle.settings)):
        yield idle
