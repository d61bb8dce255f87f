"""The end of a month or quarter over HTTP: what moved in each area, who it was, and whose visits are to change for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.domain.months import last_day, month_after
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.classification import ValueClass, ValueClassChanged
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification
from tests.integration.classification.test_trade_performance import back, sold
from tests.integration.running import record

NEW, BACK, GROWN, STEADY, SHRUNK, LOST, RETURNED, RISEN = (UUID(int=n) for n in range(1, 9))
MONTH, BEFORE = month_after(TODAY, -1), month_after(TODAY, -2)
LONG_AGO = month_after(TODAY, -5)
PERIOD = {"period": f"{MONTH:%Y-%m}", "currency": "CNY"}
CLASSES = {SHRUNK: "A", LOST: "C", BACK: None, NEW: None, GROWN: "C", RISEN: "B"}
"""Of those whose visits are to change."""
EAST = (NEW, GROWN, SHRUNK, LOST, RISEN)


def classed(customer: UUID, value_class: ValueClass | None, month: Any) -> ValueClassChanged:
    return ValueClassChanged(
        customer_id=customer,
        run_id=uuid4(),
        standard="value-class",
        standard_version=0,
        period_from=LONG_AGO,
        period_to=last_day(month),
        value_class=value_class,
    )


async def traded(service: Classification) -> None:
    served = [SalespersonAssigned(customer_id=one, area_id="east", salesperson_id="S7") for one in EAST]
    await record(service.cards, "cards", [(f"card-{one.customer_id}", one.customer_id, one) for one in served])
    classes = [
        classed(SHRUNK, "A", BEFORE),
        classed(LOST, "C", BEFORE),
        classed(RISEN, "C", BEFORE),
        classed(RISEN, "B", MONTH),
        # Found out later than the period: it says nothing about it.
        classed(RISEN, "C", TODAY),
        classed(GROWN, "C", BEFORE),
        classed(STEADY, "A", BEFORE),
    ]
    await record(service.own, "classification", [(f"classification-{one.customer_id}", one.customer_id, one) for one in classes])
    await service.trade(
        sold(NEW, MONTH, "50.00"),
        sold(BACK, LONG_AGO, "5.00"),
        sold(BACK, MONTH, "60.00"),
        sold(GROWN, BEFORE, "100.00"),
        sold(GROWN, MONTH, "130.00"),
        sold(STEADY, BEFORE, "100.00"),
        sold(STEADY, MONTH, "129.99"),
        sold(SHRUNK, BEFORE, "1000.00"),
        sold(SHRUNK, MONTH, "700.00"),
        sold(LOST, BEFORE, "80.00"),
        back(RETURNED, MONTH, "7.00"),
        sold(RISEN, BEFORE, "100.00"),
        sold(RISEN, MONTH, "101.00"),
    )


async def answered(service: Classification, path: str, **params: Any) -> dict[str, Any]:
    """The answer once everything of `traded` is folded."""

    async def there() -> dict[str, Any] | None:
        sums = (await service.client.get("/v1/trade-review", params=PERIOD)).json()
        if (sums["net"] or {}).get("amount") != "1163.99" or len(sums["groups"]) != 2:
            return None
        routes = (await service.client.get("/v1/route-adjustments", params=PERIOD)).json()
        if {UUID(one["customer_id"]): one["value_class"] for one in routes["items"]} != CLASSES:
            return None
        found = await service.client.get(path, params={**PERIOD, **params})
        assert found.status_code == 200, found.text
        body: dict[str, Any] = found.json()
        return body

    found = await eventually(there, timeout=30)
    assert found is not None
    return found


@pytest.mark.requirement("S0.15")
async def test_what_moved_is_summed_by_area_and_told_by_customer(classification: Classification) -> None:
    await traded(classification)
    found = await answered(classification, "/v1/trade-review")
    assert found["against"] == {"from": BEFORE.isoformat(), "to": last_day(BEFORE).isoformat()}
    assert (found["net_before"]["amount"], found["change"]["amount"]) == ("1380.00", "-216.01")
    east, nobody = found["groups"]
    assert (east["area_id"], "area_id" in nobody) == ("east", False)
    assert [(one["movement"], one["customers"], one["change"]["amount"]) for one in east["movements"]] == [
        ("GROWN", 2, "31.00"), ("LOST", 1, "-80.00"), ("NEW", 1, "50.00"), ("SHRUNK", 1, "-300.00"),
    ]  # fmt: skip
    assert [(one["movement"], one["change"]["amount"]) for one in nobody["movements"]] == [
        ("BACK", "60.00"), ("GROWN", "29.99"), ("RETURNS", "-7.00"),
    ]  # fmt: skip
    movers = await answered(classification, "/v1/trade-review/customers", limit=2)
    assert [one["customer_id"] for one in movers["items"]] == [str(SHRUNK), str(LOST)]
    following = (await classification.client.get(movers["next"])).json()
    assert [one["customer_id"] for one in following["items"]] == [str(BACK), str(NEW)]
    lost = await answered(classification, "/v1/trade-review/customers", movement="LOST", salesperson_id="S7")
    assert [(one["customer_id"], one["net_before"]["amount"]) for one in lost["items"]] == [(str(LOST), "80.00")]


@pytest.mark.requirement("S0.15")
async def test_routes_follow_classes_and_sales(classification: Classification) -> None:
    await traded(classification)
    found = await answered(classification, "/v1/route-adjustments")
    assert [(UUID(one["customer_id"]), one["visits"], one["reason"]) for one in found["items"]] == [
        (SHRUNK, "MORE", "KEY_SHRINKING"),
        (LOST, "LESS", "LOST"),
        (BACK, "MORE", "BACK"),
        (NEW, "MORE", "NEW"),
        (GROWN, "MORE", "GROWN"),
        (RISEN, "MORE", "CLASS_ROSE"),
    ]
    risen = found["items"][-1]
    assert (risen["value_class_before"], risen["visit_days_before"], risen["value_class"], risen["visit_days"]) == (
        "C",
        90,
        "B",
        30,
    )
    assert (found["service_levels_version"], "visit_days" in found["items"][3]) == (0, False)
    assert found["rule"] == {"name": "route-adjustment", "version": 1, "moved": "0.30"}
    assert found["routes"] == [{"area_id": "east", "more": 4, "less": 1}, {"more": 1, "less": 0}]
    less = await answered(classification, "/v1/route-adjustments", visits="LESS", area_id="east")
    assert ([one["customer_id"] for one in less["items"]], less["routes"]) == (
        [str(LOST)],
        [{"area_id": "east", "more": 0, "less": 1}],
    )
    page = await answered(classification, "/v1/route-adjustments", limit=5)
    rest = (await classification.client.get(page["next"])).json()
    assert [one["customer_id"] for one in rest["items"]] == [str(RISEN)]


async def test_only_periods_that_are_over_are_reviewed(classification: Classification) -> None:
    for period, code in (("2026-Q5", "PERIOD_MALFORMED"), (f"{TODAY:%Y-%m}", "PERIOD_NOT_OVER")):
        for path in ("/v1/trade-review", "/v1/trade-review/customers", "/v1/route-adjustments"):
            found = await classification.client.get(path, params={"period": period})
            assert (found.status_code, found.json()["code"]) == (422, code)
    nothing = await classification.client.get("/v1/route-adjustments", params={"period": "2020-Q1"})
    assert (nothing.status_code, nothing.json()["items"]) == (200, [])
