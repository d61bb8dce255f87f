"""From unpaid invoices to an order that is not delivered: grade, warning, a person's measure, the card, the trade check, the topic."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.testing.eventually import eventually
from tests.e2e.installations import Installation
from tests.e2e.test_plain_consumer import read_whole

TODAY = datetime.now(UTC).date()
PARTS = 12


class Company:
    """Clients of the four services."""

    def __init__(self, installation: Installation) -> None:
        found = installation.endpoints
        headers = {"Authorization": f"Bearer {found['keys']['everything']}"}
        self.clients = {
            name: httpx.AsyncClient(base_url=one["url"], headers=headers, timeout=30) for name, one in found["services"].items()
        }

    async def post(self, service: str, path: str, body: Any) -> httpx.Response:
        answer = await self.clients[service].post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
        assert answer.is_success, answer.text
        return answer

    async def get(self, service: str, path: str, **params: str) -> dict[str, Any]:
        answer = await self.clients[service].get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def company(on_kafka: Installation) -> AsyncIterator[Company]:
    found = Company(on_kafka)
    yield found
    for client in found.clients.values():
        await client.aclose()


async def who_does_not_pay(company: Company) -> str:
    """A customer whose only invoice is due for a hundred days, beyond its limit."""
    number = f"C-{uuid4()}"
    terms = {"payment_days": 30, "credit_limit": {"amount": "5000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"}
    external = {"system": "erp", "value": number}
    card = {"kind": "COMPANY", "name": "Never Pays", "external_ids": [external], "terms": terms}
    customer: str = (await company.post("cards", "/v1/customers", card)).json()["customer_id"]
    invoice = {
        "source": "erp",
        "source_event_id": number,
        "customer": external,
        "number": number,
        "issued_on": f"{TODAY - timedelta(days=130)}",
        "due_on": f"{TODAY - timedelta(days=100)}",
        "amount": {"amount": "9000.00", "currency": "CNY"},
    }
    await company.post("cards", "/v1/invoices", invoice)
    return customer


async def graded(company: Company) -> None:
    run = await company.post("classification", "/v1/credit-grade-runs", {"graded_on": f"{TODAY - timedelta(days=1)}"})

    async def done() -> bool:
        return bool((await company.get("classification", run.headers["location"]))["state"] == "DONE")

    await eventually(done, timeout=60)


async def warning(company: Company, customer: str) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        items = (await company.get("alerts", "/v1/alerts", customer_id=customer))["items"]
        return next((one for one in items if one["rule_id"] == "credit_grade_lowered"), None)

    alert = await eventually(found, timeout=30)
    assert alert is not None
    return alert


async def measured(company: Company, alert: str, measure: str) -> None:
    await company.post("alerts", f"/v1/alerts/{alert}/measure", {"measure": measure})


async def checked(company: Company, customer: str, code: str, *, there: bool) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        answer = await company.get("cards", f"/v1/customers/{customer}/trade-check", amount="100.00")
        return answer if (code in [one["code"] for one in answer["reasons"]]) == there else None

    answer = await eventually(found, timeout=30)
    assert answer is not None
    return answer


def told(installation: Installation, topic: str, customer: str) -> list[tuple[str, dict[str, Any]]]:
    """Types and bodies of what a topic says of a customer, in its order."""
    records = read_whole(installation.endpoints["kafka"], topic, PARTS)
    own = [one for one in records if (one.key() or b"").decode() == customer]
    types = [dict(one.headers() or [])["ce_type"].decode().split(".")[2] for one in own]
    return [(kind, json.loads(one.value() or b"{}")) for kind, one in zip(types, own, strict=True)]


@pytest.mark.requirement("S0.10", "S2.30", "S2.31")
async def test_a_customer_who_does_not_pay_gets_no_goods_until_credit_releases_it(
    on_kafka: Installation, company: Company
) -> None:
    customer = await who_does_not_pay(company)
    held = await checked(company, customer, "OVERDUE", there=True)
    assert held["decision"] == "hold"
    await graded(company)
    grade = await company.get("classification", f"/v1/customers/{customer}/credit-grade")
    assert (grade["grade"], grade["expected_change"]) == ("STOP", [{"amount": "-9000.00", "currency": "CNY"}])
    alert = await warning(company, customer)
    assert (alert["kind"], alert["level"], alert["reasons"][0]["figures"]["grade"]) == ("credit", "stop", "STOP")
    await measured(company, alert["id"], "STOP")
    stopped = await checked(company, customer, "TRADE_STOPPED", there=True)
    assert (stopped["decision"], stopped["reasons"][0]["figures"]["alert_id"]) == ("stop", alert["id"])
    await measured(company, alert["id"], "RELEASE")
    assert stopped["credit_grade"] == "STOP"
    released = await checked(company, customer, "TRADE_STOPPED", there=False)
    assert (released["decision"], "restriction" in released) == ("hold", False)
    cards = told(on_kafka, "regulars.cards.events.v1", customer)
    restricted, freed = cards[-2:]
    assert (restricted[0], restricted[1]["measure"], restricted[1]["alert_id"]) == ("trade-restricted", "STOP", alert["id"])
    assert freed[0] == "trade-released"
    warned = [body["alert_id"] for kind, body in told(on_kafka, "regulars.alerts.credit.v1", customer) if kind == "alert-opened"]
    assert alert["id"] in warned
    assert [kind for kind, _ in told(on_kafka, "regulars.classification.events.v1", customer)] == ["credit-graded"]
