"""The service alerts with the stores of cards and complaints beside it, everything on the store feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.alerts.settings import Settings
from services.alerts.wiring import build_api, run_work
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceIssued, PaymentReceived, SaleRecorded
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.postgres.pool import Pool
from shared.relay.leader import lead
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.running import key, record, serving, settings_of

PoolOf = Callable[[Database, str], Awaitable[Pool]]
ZONE = ZoneInfo("Asia/Shanghai")
SCOPES = (
    "alerts.alert.read",
    "alerts.alert.write",
    "alerts.company.read",
    "alerts.company.write",
    "alerts.abnormality.write",
    "alerts.rule.read",
    "alerts.rule.write",
    "alerts.golive.write",
    "cards.pii.read",
)


def today() -> date:
    return datetime.now(ZONE).date()


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def cny(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def sale(customer: UUID, on: date, source: str = "erp") -> Event:
    return SaleRecorded(customer_id=customer, source=source, source_event_id=str(uuid4()), sold_on=on, net=cny("400.00"))


def sales(customer: UUID, last: date, every: int = 10, times: int = 12) -> list[Event]:
    return [sale(customer, last - timedelta(days=every * i)) for i in reversed(range(times))]


def invoice(customer: UUID, number: str, due: date, amount: str = "900.00") -> Event:
    issued = due - timedelta(days=30)
    return InvoiceIssued(
        customer_id=customer,
        source="erp",
        source_event_id=f"i{number}",
        number=number,
        issued_on=issued,
        due_on=due,
        amount=cny(amount),
    )


def payment(customer: UUID, id: str, amount: str = "900.00", on: date | None = None) -> Event:
    return PaymentReceived(customer_id=customer, source="erp", source_event_id=id, received_on=on or today(), amount=cny(amount))


async def control(pool: Pool, service: str, stream: str, *events: Event) -> None:
    """Control events belong to part 0, whatever their stream."""
    new = [NewEvent(uuid4(), event, datetime.now(UTC)) for event in events]
    async with pool.acquire() as c, c.transaction():
        await append_many(c, service, [Append(stream, "any", None, 0, new)])


@dataclass(frozen=True)
class Alerts:
    """A client of the service, and the stores that it follows."""

    client: httpx.AsyncClient
    cards: Pool
    complaints: Pool
    own: Pool
    settings: Settings
    database: Database

    async def ledger(self, customer: UUID, *events: Event) -> str:
        return await record(self.cards, "cards", [(f"ledger-{customer}", customer, event) for event in events])

    async def control(self, *events: Event) -> None:
        await control(self.cards, "cards", "source", *events)

    async def go_live(self) -> httpx.Response:
        response = await self.client.post("/v1/go-live", json={}, headers=key())
        assert response.status_code == 201, response.text
        return response

    async def alerts_of(self, customer: UUID, **filters: str) -> list[dict[str, Any]]:
        response = await self.client.get("/v1/alerts", params={"customer_id": str(customer), **filters})
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    async def the_alert(self, customer: UUID, **filters: str) -> dict[str, Any]:
        found = await eventually(lambda: self.alerts_of(customer, **filters), timeout=10)
        assert len(found) == 1, found
        return found[0]

    async def whole(self, alert_id: str) -> dict[str, Any]:
        response = await self.client.get(f"/v1/alerts/{alert_id}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def recovered(self, alert_id: str) -> dict[str, Any]:
        """The alert, as soon as the data have taken it back; one of the lowest level may be closed by then."""

        async def there() -> dict[str, Any] | None:
            found = await self.whole(alert_id)
            return found if any(step["step"] == "RECOVERED" for step in found["steps"]) else None

        return await eventually(there, timeout=10)

    async def steps(self, alert_id: str, *expected: str) -> dict[str, Any]:
        """The alert, as soon as everything that is expected has happened to it, and nothing else."""

        async def there() -> dict[str, Any] | None:
            found = await self.whole(alert_id)
            return found if len(found["steps"]) >= len(expected) else None

        found = await eventually(there, timeout=10)
        assert [step["step"] for step in found["steps"]] == list(expected)
        return found

    async def days_pass(self, days: int) -> None:
        """The watermark says that everything through so many days from now is recorded: what is due by then is late."""
        await self.own.execute("UPDATE alerts.watermark SET t = now() + make_interval(days => $1)", days)

    async def caught_up(self) -> None:
        """Everything recorded so far has been taken by the engine on every part."""
        recorded = [
            await pool.fetchval("SELECT max(recorded_at) FROM " + schema + ".published_events")
            for pool, schema in ((self.cards, "cards"), (self.complaints, "complaints"), (self.own, "alerts"))
        ]
        # What lies on the control topics is an item of every part; facts are items of theirs.
        last = max(at for at in recorded if at is not None)

        async def beyond() -> bool:
            reached = await self.own.fetch(
                "SELECT extra->>'reached' AS r, cursors::text AS c FROM alerts.positions WHERE read_model = 'watched_customers'"
            )
            marks = [await pool.fetchval(f"SELECT t FROM {schema}.published_watermark") for pool, schema in self._stores()]
            return bool(reached) and all(mark is not None and mark > last for mark in marks) and await self._all_taken()

        await eventually(beyond, timeout=15)

    def _stores(self) -> Sequence[tuple[Pool, str]]:
        return ((self.cards, "cards"), (self.own, "classification"), (self.complaints, "complaints"), (self.own, "alerts"))

    async def _all_taken(self) -> bool:
        left: int = await self.own.fetchval(
            """SELECT count(*) FROM cards.published_events e LEFT JOIN alerts.positions p
                 ON p.read_model = 'watched_customers' AND p.part = e.part
              WHERE e.customer_id IS NOT NULL
                AND (p.extra->>'reached' IS NULL OR split_part(p.extra->>'reached', ' ', 1)::timestamptz < e.recorded_at)"""
        )
        return left == 0


@asynccontextmanager
async def leading(*dsns: tuple[str, str]) -> AsyncIterator[None]:
    """Watermarks of services whose `work` is not running here."""
    tasks = [
        asyncio.create_task(lead(service=service, dsn=dsn, kafka=None, now=lambda: datetime.now(UTC))) for service, dsn in dsns
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def working_service(settings: Settings) -> AsyncIterator[None]:
    task = asyncio.create_task(run_work(settings))
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def alerts(database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Alerts]:
    settings = Settings(**settings_of(database, "alerts", tmp_path))
    (tmp_path / "keys.json").write_text('{"keys": []}')
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(serving(build_api(settings), tmp_path, SCOPES))
        await stack.enter_async_context(leading(*((one, database.dsn(one)) for one in ("cards", "classification", "complaints"))))
        await stack.enter_async_context(working_service(settings))
        pools = [await pool_of(database, service) for service in ("cards", "complaints", "alerts")]
        yield Alerts(client, *pools, settings, database)
