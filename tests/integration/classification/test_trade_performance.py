"""Trade by month and year over HTTP: shares in the scope and in the company, levels met or not, pages that go on where they ended."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.domain.months import last_day, month_after
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import GoodsReturned, SaleRecorded
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification
from tests.integration.running import key, record

FIRST, SECOND, THIRD = (UUID(int=n) for n in range(1, 4))
LAST_MONTH, BEFORE = month_after(TODAY, -1), month_after(TODAY, -2)
PERIOD = {"from": BEFORE.isoformat(), "to": last_day(LAST_MONTH).isoformat()}


def sold(customer: UUID, on: date, net: str, currency: str = "CNY") -> Event:
    fact_id = str(uuid4())
    return SaleRecorded(
        customer_id=customer, source="erp", source_event_id=fact_id, sold_on=on, net=Money(Decimal(net), currency)
    )


def back(customer: UUID, on: date, net: str) -> Event:
    fact_id = str(uuid4())
    amount = Money(Decimal(net), "CNY")
    return GoodsReturned(customer_id=customer, source="erp", source_event_id=fact_id, returned_on=on, net=amount)


async def asked_until(service: Classification, path: str, net: str, **params: Any) -> dict[str, Any]:
    """The answer once the scope's net sales are what they have to become."""

    async def there() -> dict[str, Any] | None:
        found = await service.client.get(path, params=params)
        assert found.status_code in (200, 404), found.text
        body: dict[str, Any] = found.json()
        return body if found.status_code == 200 and (body.get("net") or {}).get("amount") == net else None

    found = await eventually(there, timeout=30)
    assert found is not None
    return found


def figures(items: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(item[name]["amount"] if isinstance(item[name], dict) else item[name] for name in names) for item in items]


@pytest.mark.requirement("S2.18", "S2.19", "S2.20")
async def test_months_shares_and_levels_of_a_scope(classification: Classification) -> None:
    await classification.trade(
        sold(FIRST, BEFORE, "600.00"),
        sold(FIRST, LAST_MONTH, "100.00"),
        sold(SECOND, BEFORE, "150.00"),
        back(SECOND, LAST_MONTH, "50.00"),
        sold(THIRD, LAST_MONTH, "200.00"),
        sold(THIRD, TODAY, "7.00"),
        sold(THIRD, LAST_MONTH, "9000.00", "EUR"),
    )
    east = [SalespersonAssigned(customer_id=one, area_id="east", salesperson_id="S7") for one in (FIRST, SECOND)]
    await record(classification.cards, "cards", [(f"card-{one.customer_id}", one.customer_id, one) for one in east])
    whole = await asked_until(classification, "/v1/trade-performance", "1000.00", currency="CNY", **PERIOD)
    assert whole["customers"] == 3
    assert figures(whole["periods"], "period", "net", "company_share") == [
        (BEFORE.isoformat()[:7], "750.00", "1.000000"),
        (LAST_MONTH.isoformat()[:7], "250.00", "1.000000"),
    ]
    assert figures(whole["items"], "customer_id", "net", "share") == [
        (str(FIRST), "700.00", "0.700000"),
        (str(THIRD), "200.00", "0.200000"),
        (str(SECOND), "100.00", "0.100000"),
    ]
    assert {one["read_model"] for one in whole["from_what"]} == {"sold", "customer_sales", "expected_levels"}

    expected = {"currency": "CNY", "from_on": BEFORE.isoformat(), "share": "0.5"}
    put = await classification.client.put(f"/v1/customers/{FIRST}/expectation", json=expected, headers=key())
    assert put.status_code == 200, put.text

    async def levelled() -> list[dict[str, Any]] | None:
        params = {"currency": "CNY", "area_id": "east", **PERIOD}
        items: list[dict[str, Any]] = (await classification.client.get("/v1/trade-performance", params=params)).json()["items"]
        return items if len(items) == 2 and "levels" in items[0] else None

    items = await eventually(levelled, timeout=30)
    assert items is not None
    assert figures(items, "customer_id", "net", "share") == [
        (str(FIRST), "700.00", "0.875000"),
        (str(SECOND), "100.00", "0.125000"),
    ]
    assert figures(items[0]["periods"], "net", "share", "company_share") == [
        ("600.00", "0.800000", "0.800000"),
        ("100.00", "2.000000", "0.400000"),
    ]
    assert [(one["company_share"], one["below"]) for one in items[0]["levels"]] == [("0.800000", False), ("0.400000", True)]
    assert "levels" not in items[1]
    alone = await asked_until(classification, f"/v1/customers/{FIRST}/trade-performance", "700.00", currency="CNY", **PERIOD)
    assert alone["levels"] == items[0]["levels"]

    async def listed(**params: Any) -> list[str]:
        answer = await classification.client.get("/v1/expectations", params=params)
        return [one["customer_id"] for one in answer.json()["items"]]

    assert await listed(area_id="east") == await listed(salesperson_id="S7") == [str(FIRST)]
    assert await listed(area_id="west") == []


@pytest.mark.requirement("S2.18")
async def test_years_and_pages(classification: Classification) -> None:
    last_year = date(TODAY.year - 1, 6, 1)
    await classification.trade(
        sold(FIRST, last_year, "600.00"), sold(SECOND, last_year, "600.00"), sold(THIRD, last_year, "10.00"),
        sold(THIRD, month_after(last_year, -12), "30.00"),
    )  # fmt: skip
    period = {"from": f"{TODAY.year - 2}-01-01", "to": f"{TODAY.year - 1}-12-31", "by": "year", "limit": 2}
    first = await asked_until(classification, "/v1/trade-performance", "1240.00", **period)
    assert figures(first["periods"], "period", "net") == [(str(TODAY.year - 2), "30.00"), (str(TODAY.year - 1), "1210.00")]
    assert figures(first["items"], "customer_id", "net") == [(str(FIRST), "600.00"), (str(SECOND), "600.00")]
    second = (await classification.client.get(first["next"])).json()
    assert figures(second["items"], "customer_id", "net") == [(str(THIRD), "40.00")]
    assert figures(second["items"][0]["periods"], "period", "net", "share") == [
        (str(TODAY.year - 2), "30.00", "1.000000"),
        (str(TODAY.year - 1), "10.00", "0.008264"),
    ]
    assert "next" not in second


async def test_what_cannot_be_analysed_is_refused_by_name(classification: Classification) -> None:
    later = await classification.client.get("/v1/trade-performance", params={"to": month_after(TODAY, 2).isoformat()})
    assert (later.status_code, later.json()["code"]) == (422, "AS_OF_IN_FUTURE")
    nothing = await classification.client.get("/v1/trade-performance")
    assert (nothing.status_code, nothing.json()["items"]) == (200, [])
    unknown = await classification.client.get(f"/v1/customers/{uuid4()}/trade-performance")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
