"""The service with a receiver on a loopback port, and short waits between attempts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from services.alerts import wiring
from services.alerts.settings import Settings
from services.alerts.wiring import build_api
from shared.contracts.alerts import AlertAcknowledged, AlertOpened, AlertWorsened, Finding, Level
from shared.contracts.event import Event
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import SCOPES, Alerts, PoolOf, leading, today, working_service
from tests.integration.alerts.webhooks.receiver import Receiver, receiving
from tests.integration.running import key, record, serving, settings_of

WEBHOOK_SCOPES = (*SCOPES, "alerts.webhook.read", "alerts.webhook.write")
WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


@dataclass(frozen=True)
class Hooked:
    """The service, as its users reach it."""

    alerts: Alerts

    @property
    def client(self) -> httpx.AsyncClient:
        return self.alerts.client

    async def subscribe(self, receiver: Receiver, url: str | None = None, **wanted: Any) -> str:
        """A subscription of this receiver, which keeps the secret that it is shown."""
        answer = await self.client.post("/v1/webhooks", json={"name": "CRM", "url": url or receiver.url, **wanted}, headers=key())
        assert answer.status_code == 201, answer.text
        receiver.secret = answer.json()["secret"]
        webhook_id: str = answer.json()["id"]
        return webhook_id

    async def post(self, path: str, body: dict[str, Any] | None = None, status: int = 200) -> httpx.Response:
        answer = await self.client.post(path, json=body, headers=key())
        assert answer.status_code == status, answer.text
        return answer

    async def hook(self, webhook_id: str) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/webhooks/{webhook_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def calls(self, webhook_id: str, **filters: str) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/v1/webhooks/{webhook_id}/deliveries", params=filters)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def until(self, webhook_id: str, **wanted: Any) -> dict[str, Any]:
        """The subscription, as soon as it shows these values."""

        async def so() -> dict[str, Any] | None:
            found = await self.hook(webhook_id)
            return found if found.items() >= wanted.items() else None

        found = await eventually(so, timeout=20)
        assert found is not None
        return found

    async def record(self, *steps: tuple[str, UUID, Event]) -> None:
        await record(self.alerts.own, "alerts", steps)


Step = tuple[str, UUID, Event]


def steps_of(customer: UUID, alerts: int = 1, steps: int = 1) -> list[Step]:
    """What persons do about a customer's alerts, as it would be recorded. Nothing answers it, so nothing else happens."""
    found: list[Step] = []
    for n in range(alerts):
        named: dict[str, Any] = {"alert_id": uuid5(customer, str(n)), "customer_id": customer, "kind": "credit"}
        done = AlertAcknowledged(**named, acknowledged_by=customer, next_check_on=today())
        found += [(f"alert-{done.alert_id}", customer, done)] * steps
    return found


def found_of(customer: UUID, level: Level) -> Step:
    """An alert of a customer is opened, or worsens when its level is `stop`."""
    finding = Finding(rule_id="overdue_debt", rule_version=1, level=level, true_on=today(), reasons=())
    named: dict[str, Any] = {"alert_id": uuid5(customer, "0"), "customer_id": customer, "kind": "credit", "finding": finding}
    event: Event = AlertWorsened(**named) if level == "stop" else AlertOpened(**named, channel="CNY")
    return f"alert-{uuid5(customer, '0')}", customer, event


Service = Callable[..., AbstractAsyncContextManager[Hooked]]


async def _say_nothing(*_: object) -> None:
    await asyncio.Event().wait()


@pytest.fixture
def service(database: Database, pool_of: PoolOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service with these settings; `workers` says how many processes work. Nothing is recorded but what a test records: the
    procedure, which would route each alert, says nothing."""
    monkeypatch.setattr(wiring, "follow_alerts", _say_nothing)

    @asynccontextmanager
    async def running(workers: int = 1, **more: Any) -> AsyncIterator[Hooked]:
        usual = {"webhook_networks": ("127.0.0.0/8",), "webhook_retry_seconds": WAITS, "webhook_timeout_seconds": 0.5}
        settings = Settings(**settings_of(database, "alerts", tmp_path), **(usual | more))
        if not (tmp_path / "keys.json").exists():
            (tmp_path / "keys.json").write_text('{"keys": []}')
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(serving(build_api(settings), tmp_path, WEBHOOK_SCOPES))
            await stack.enter_async_context(
                leading(*((one, database.dsn(one)) for one in ("cards", "classification", "complaints")))
            )
            for _ in range(workers):
                await stack.enter_async_context(working_service(settings))
            pools = [await pool_of(database, name) for name in ("cards", "complaints", "alerts")]
            yield Hooked(Alerts(client, *pools, settings, database))

    return running


@pytest.fixture
async def hooked(service: Service) -> AsyncIterator[Hooked]:
    async with service() as found:
        yield found


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found
