"""What is expected of a customer over HTTP: stated, held against sales and share, refused by name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import SaleRecorded
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification
from tests.integration.running import key


def month_before(months: int, day: int = 10) -> date:
    number = TODAY.year * 12 + TODAY.month - 1 - months
    return date(number // 12, number % 12 + 1, day)


def sold(customer: UUID, months: int, net: str) -> Event:
    fact_id = str(uuid4())
    on = month_before(months)
    return SaleRecorded(customer_id=customer, source="erp", source_event_id=fact_id, sold_on=on, net=Money(Decimal(net), "CNY"))


async def put(service: Classification, customer: UUID, **body: Any) -> Any:
    return await service.client.put(f"/v1/customers/{customer}/expectation", json=body, headers=key())


@pytest.mark.requirement("S2.20")
async def test_a_share_and_a_target_are_held_against_what_was_sold(classification: Classification) -> None:
    customer, other = uuid4(), uuid4()
    await classification.trade(sold(customer, 1, "300.00"), sold(other, 1, "700.00"), sold(customer, 2, "900.00"))
    path = f"/v1/customers/{customer}/expectation"

    async def known() -> bool:
        return (await classification.client.get(path)).status_code == 200

    await eventually(known)
    from_on = month_before(2, 15).isoformat()
    said = {"currency": "CNY", "from_on": from_on, "share": "0.5", "monthly": {"amount": "200.00", "currency": "CNY"}}
    first = await put(classification, customer, **said)
    assert first.status_code == 200, first.text
    assert (await put(classification, customer, **said)).headers["etag"] == first.headers["etag"]

    async def both() -> list[dict[str, Any]] | None:
        months: list[dict[str, Any]] = (await classification.client.get(path)).json()["months"]
        return months if months and months[0]["company_net"]["amount"] == "1000.00" else None

    months = await eventually(both)
    assert months is not None
    assert [(one["month"], one["net"]["amount"], one["share"], one["below"]) for one in months] == [
        (month_before(1).isoformat()[:7], "300.00", "0.300000", True),
        (month_before(2).isoformat()[:7], "900.00", "1.000000", False),
    ]
    lower = await put(classification, customer, **{**said, "from_on": month_before(1).isoformat(), "share": "0.3"})
    assert lower.status_code == 200
    body = (await classification.client.get(path)).json()
    assert [one["below"] for one in body["months"]] == [False, False]
    assert len(body["expectations"]) == 2

    async def listed() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = (await classification.client.get("/v1/expectations")).json()["items"]
        # The later statement is folded a moment after it was answered.
        return items if items and not items[0]["last_month"][0]["below"] else None

    items = await eventually(listed)
    assert items is not None
    assert [one["customer_id"] for one in items] == [str(customer)]
    assert [(one["month"], one["below"]) for one in items[0]["last_month"]] == [(month_before(1).isoformat()[:7], False)]


async def test_what_cannot_be_expected_is_refused_by_name(classification: Classification) -> None:
    customer = uuid4()
    unknown = await put(classification, customer, currency="CNY", from_on="2026-01-01", share="0.5")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    await classification.trade(sold(customer, 1, "300.00"))

    async def known() -> bool:
        return (await classification.client.get(f"/v1/customers/{customer}/expectation")).status_code == 200

    await eventually(known)
    other = {"amount": "1.00", "currency": "EUR"}
    refused = await put(classification, customer, currency="CNY", from_on="2026-01-01", monthly=other)
    assert (refused.status_code, refused.json()["code"]) == (422, "EXPECTATION_OUT_OF_RANGE")
