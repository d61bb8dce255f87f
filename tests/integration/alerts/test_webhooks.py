"""Webhooks through HTTP on a real database and real sockets: subscribed by the API, received by a library that is not ours."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from services.alerts.settings import Settings
from services.alerts.wiring import build_api
from shared.contracts.alerts import AlertAcknowledged, AlertOpened, Finding
from shared.contracts.event import Event
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import SCOPES, Alerts, PoolOf, ago, invoice, leading, sales, today, working_service
from tests.integration.alerts.receiver import Fault, Receiver, receiving
from tests.integration.running import key, record, serving, settings_of

WEBHOOK_SCOPES = (*SCOPES, "alerts.webhook.read", "alerts.webhook.write")


@pytest.fixture
async def hooked(database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Alerts]:
    """The service with loopback addresses allowed, and short waits between attempts."""
    waits = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
    more = {"webhook_networks": ("127.0.0.0/8",), "webhook_retry_seconds": waits, "webhook_timeout_seconds": 0.5}
    settings = Settings(**settings_of(database, "alerts", tmp_path), **more)
    (tmp_path / "keys.json").write_text('{"keys": []}')
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(serving(build_api(settings), tmp_path, WEBHOOK_SCOPES))
        await stack.enter_async_context(leading(*((one, database.dsn(one)) for one in ("cards", "classification", "complaints"))))
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


def steps_of(customer: UUID, alerts: int, steps: int) -> list[tuple[str, UUID, Event]]:
    """Alerts of a customer that are opened and then acknowledged again and again, as they would be recorded."""
    found: list[tuple[str, UUID, Event]] = []
    for n in range(alerts):
        alert_id = uuid5(customer, str(n))
        named: dict[str, Any] = {"alert_id": alert_id, "customer_id": customer, "kind": "credit"}
        finding = Finding(rule_id="overdue_debt", rule_version=1, level="act", true_on=today(), reasons=())
        made: list[Event] = [AlertOpened(**named, channel="CNY", finding=finding)]
        made += [AlertAcknowledged(**named, acknowledged_by=customer, next_check_on=today()) for _ in range(steps)]
        found += [(f"alert-{alert_id}", customer, event) for event in made]
    return found


def five_in_a_hundred(seed: int) -> Fault:
    """Whatever a network and a receiver do wrong, in five of a hundred calls."""
    drawn = random.Random(seed)
    wrong = (
        "500 Error",
        "503 Busy\r\nretry-after: 0",
        "429 Wait\r\nretry-after: 0",
        "302 Found\r\nlocation: /inside",
        "reset",
        "lost",
        "late",
    )
    return lambda _: drawn.choice(wrong) if drawn.random() < 0.05 else None


@pytest.mark.requirement("S1.20")
async def test_under_five_percent_failures_none_is_lost_and_every_customer_stays_in_order(
    hooked: Alerts, receiver: Receiver
) -> None:
    receiver.fault = five_in_a_hundred(7)
    webhook_id = await subscribed(hooked, receiver)
    customers = [uuid4() for _ in range(30)]
    # Interleaved as they would happen: one event of every customer after the other.
    recorded = [
        event for round_of in zip(*(steps_of(customer, 2, 9) for customer in customers), strict=True) for event in round_of
    ]
    await record(hooked.own, "alerts", recorded)
    rows = await hooked.own.fetch(
        "SELECT event_id, customer_id FROM alerts.events WHERE customer_id = ANY($1) ORDER BY gen, xid, pos", customers
    )

    async def all_told() -> bool:
        hook = (await hooked.client.get(f"/v1/webhooks/{webhook_id}")).json()
        return len(set(receiver.ids())) == len(rows) and (hook["waiting"], hook["dead"]) == (0, 0)

    await eventually(all_told, timeout=60)
    assert len(rows) == 600
    assert receiver.refused == []
    assert receiver.calls > 620
    assert set(receiver.paths) == {"/alerts"}
    # A repeat after a lost answer carries the same id; without repeats each customer's are in the order of the log.
    first = list(dict.fromkeys(receiver.ids()))
    owner = {str(row["event_id"]): row["customer_id"] for row in rows}
    for customer in customers:
        wanted = [str(row["event_id"]) for row in rows if row["customer_id"] == customer]
        assert [one for one in first if owner[one] == customer] == wanted
        # Nor does a repeat come after a later one.
        its = [wanted.index(one) for one in receiver.ids() if owner[one] == customer]
        assert its == sorted(its)
