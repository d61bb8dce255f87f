"""The dossier on a running installation: right within a second of what happens in the three other services."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.testing.eventually import eventually
from tests.e2e.installations import Installation

AT_ONCE_SECONDS = 1.0
TIMES = 5


class Running:
    """Clients of the four services, and one customer that trades."""

    def __init__(self, installation: Installation) -> None:
        self.endpoints = installation.endpoints
        headers = {"Authorization": f"Bearer {self.endpoints['keys']['everything']}"}
        self.clients = {
            service: httpx.AsyncClient(base_url=found["url"], headers=headers)
            for service, found in self.endpoints["services"].items()
        }
        self.customer = ""
        self.position = ""

    async def post(self, service: str, path: str, body: Any, **params: str) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4())}
        answer = await self.clients[service].post(path, json=body, params=params, headers=headers)
        assert answer.status_code in (201, 202), answer.text
        return answer

    async def dossier(self) -> dict[str, Any]:
        answer = await self.clients["cards"].get(f"/v1/customers/{self.customer}/dossier")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, there: Callable[[dict[str, Any]], bool]) -> None:
        async def probe() -> bool:
            return there(await self.dossier())

        await eventually(probe, timeout=20, interval=0.005)


@pytest.fixture
async def running(on_kafka: Installation) -> Any:
    found = Running(on_kafka)
    number = f"D-{uuid4()}"
    card = {"kind": "COMPANY", "name": "At Once Trading", "external_ids": [{"system": "erp", "value": number}]}
    registered = await found.post("cards", "/v1/customers", card)
    found.customer, found.position = registered.json()["customer_id"], registered.headers["Regulars-Position"]
    yield found
    for client in found.clients.values():
        await client.aclose()


def reported(page: dict[str, Any]) -> list[dict[str, Any]]:
    """The abnormalities among the open alerts: of many complaints the data may warn as well."""
    return [one for one in page["alerts"]["open"] if one["kind"] == "reported"]


async def seconds_until(running: Running, act: Callable[[], Awaitable[Any]], there: Callable[[dict[str, Any]], bool]) -> float:
    """From sending the command until the dossier shows what it did."""
    began = time.monotonic()
    await act()
    await running.until(there)
    return time.monotonic() - began


@pytest.mark.requirement("S2.13", "S0.22")
async def test_the_dossier_is_right_within_a_second_of_a_complaint_and_an_alert(running: Running) -> None:
    about = {"customer": {"id": running.customer}}
    where = {"min_position": running.position}
    complaints, alerts = [], []
    for n in range(1, TIMES + 1):
        complaint = {**about, "kind": "QUALITY", "channel": "HOTLINE", "claimed": {"amount": "10.00", "currency": "CNY"}}
        complaints.append(
            await seconds_until(
                running,
                lambda complaint=complaint: running.post("complaints", "/v1/complaints", complaint, **where),  # type: ignore[misc]
                lambda page, n=n: len(page["complaints"]["open"]) == n,  # type: ignore[misc]
            )
        )
        alerts.append(
            await seconds_until(
                running,
                lambda n=n: running.post("alerts", "/v1/abnormalities", {**about, "sign": f"SIGN_{n}"}, **where),  # type: ignore[misc]
                lambda page, n=n: len(reported(page)) == n,  # type: ignore[misc]
            )
        )
    assert max(*complaints, *alerts) < AT_ONCE_SECONDS


@pytest.mark.requirement("S2.13", "S2.7")
async def test_the_dossier_is_right_within_a_second_of_a_change_of_class(running: Running) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    sale = {
        "source": f"at-once-{uuid4()}",
        "source_event_id": "S-1",
        "customer": {"id": running.customer},
        "sold_on": (yesterday - timedelta(days=9)).isoformat(),
        "net": {"amount": "90000000.00", "currency": "CNY"},
    }
    await running.post("cards", "/v1/sales", sale)
    run = {"period_to": yesterday.isoformat(), "currency": "CNY"}
    await running.post("classification", "/v1/value-class-runs", run)
    await running.until(lambda page: (page["statistics"]["value_class"] or {}).get("value_class") == "A")
    seen = datetime.now(UTC)
    store = await asyncpg.connect(running.endpoints["postgres"]["admin"])
    try:
        recorded: datetime = await store.fetchval(
            "SELECT recorded_at FROM classification.events WHERE stream = $1 ORDER BY version DESC LIMIT 1",
            f"classification-{running.customer}",
        )
    finally:
        await store.close()
    assert seen - recorded < timedelta(seconds=AT_ONCE_SECONDS)
