"""Webhooks through HTTP on a real database and real sockets: subscribed by the API, received by a library that is not ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.alerts.settings import Settings
from services.alerts.wiring import build_api
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import SCOPES, Alerts, PoolOf, ago, invoice, leading, sales, working_service
from tests.integration.alerts.receiver import Receiver, receiving
from tests.integration.running import key, serving, settings_of

WEBHOOK_SCOPES = (*SCOPES, "alerts.webhook.read", "alerts.webhook.write")


@pytest.fixture
async def hooked(database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Alerts]:
    """The service with loopback addresses allowed, and short waits between attempts."""
    waits = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
    more = {"webhook_networks": ("127.0.0.0/8",), "webhook_retry_seconds": waits}
    settings = Settings(**settings_of(database, "alerts", tmp_path), **more)
    (tmp_path / "keys.json").write_text('{"keys": []}')
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(serving(build_api(settings), tmp_path, WEBHOOK_SCOPES))
        await stack.enter_async_context(leading(("cards", database.dsn("cards")), ("complaints", database.dsn("complaints"))))
        await stack.enter_async_context(working_service(settings))
        pools = [await pool_of(database, service) for service in ("cards", "complaints", "alerts")]
        yield Alerts(client, *pools, settings, database)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def subscribed(hooked: Alerts, receiver: Receiver, **wanted: Any) -> str:
    """A subscription of this receiver, which keeps the secret that it is shown."""
    body = {"name": "CRM", "url": receiver.url, **wanted}
    answer = await hooked.client.post("/v1/webhooks", json=body, headers=key())
    assert answer.status_code == 201, answer.text
    receiver.secret = answer.json()["secret"]
    webhook_id: str = answer.json()["id"]
    return webhook_id


@pytest.mark.requirement("S1.20")
async def test_a_subscriber_receives_a_signed_call_that_the_public_library_accepts(hooked: Alerts, receiver: Receiver) -> None:
    customer, silent = uuid4(), uuid4()
    await hooked.ledger(customer, invoice(customer, "1", ago(40)))
    await hooked.ledger(silent, *sales(silent, ago(45)))
    await subscribed(hooked, receiver, kinds=["credit"])
    await hooked.go_live()
    alert = await hooked.the_alert(customer)
    await hooked.the_alert(silent)
    [(call_id, body)] = await eventually(lambda: _taken(receiver, 1))
    steps = (await hooked.client.get(f"/v1/alerts/{alert['id']}")).json()["steps"]
    assert call_id == steps[0]["event_id"]
    assert body["type"] == "regulars.alerts.alert-opened.v1"
    assert (body["data"]["alert_id"], body["data"]["finding"]["rule_id"]) == (alert["id"], "overdue_debt")
    assert receiver.refused == []


async def _taken(receiver: Receiver, least: int) -> list[tuple[str, dict[str, Any]]]:
    return receiver.taken if len(receiver.taken) >= least else []
