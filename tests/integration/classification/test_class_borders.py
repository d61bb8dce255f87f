"""How firmly a class holds, over HTTP: since when, how often it changed, how far to either border, and kept by the margin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.cards import SalespersonAssigned
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import Classification, days_ago, returned, sale
from tests.integration.running import key, record

FIRST, SECOND, THIRD = (UUID(int=n) for n in range(1, 4))


async def class_of(service: Classification, customer: UUID, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await service.client.get(f"/v1/customers/{customer}/value-class", params=asked)).json()
    return found


async def publish(service: Classification, version: int, **standard: Any) -> Any:
    headers = {**key(), "If-Match": f'"{version}"'}
    return await service.client.put("/v1/standards/value-class", json=standard, headers=headers)


@pytest.mark.requirement("S0.26", "S2.17")
async def test_a_class_is_kept_by_the_margin_of_the_standard(classification: Classification) -> None:
    published = await publish(classification, 0, margin="0.05")
    assert (published.status_code, published.json()["margin"]) == (200, "0.05"), published.text
    wrong = await publish(classification, 1, margin="0.051")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "BOUNDS_OUT_OF_ORDER")
    await classification.trade(sale(FIRST, 500), sale(SECOND, 110), sale(THIRD, 20))
    assert (await classification.run())["margin"] == "0.05"
    assert await classification.classes() == {FIRST: "A", SECOND: "A", THIRD: "C"}
    # 81.9 % before the second: beyond the bound, within the margin.
    await classification.trade(sale(FIRST, 90))
    await classification.run()
    kept = await class_of(classification, SECOND)
    assert (kept["value_class"], kept["flips"], kept["figures"]["by_margin"]) == ("A", 0, True)
    # 590 before it are 85 % of 694.117..., and all together bought 720.
    assert kept["figures"]["to_fall"] == {"amount": "25.89", "currency": "CNY"}
    await classification.trade(returned(SECOND, 26))
    run = await classification.run()
    fallen = await class_of(classification, SECOND)
    assert (fallen["value_class"], fallen["since"], fallen["flips"]) == ("B", run["period_to"], 1)
    items = (await classification.client.get("/v1/value-classes")).json()["items"]
    assert [(item["value_class"], item["flips"], item["since"]) for item in items] == [
        ("A", 0, run["period_to"]),
        ("B", 1, run["period_to"]),
        ("C", 0, run["period_to"]),
    ]
    assert "by_margin" not in items[0]


@pytest.mark.requirement("S2.17")
async def test_the_class_of_an_earlier_day_and_those_of_a_salesperson(classification: Classification) -> None:
    assigned = SalespersonAssigned(customer_id=SECOND, salesperson_id="S7", area_id="east")
    await record(classification.cards, "cards", [(f"card-{SECOND}", SECOND, assigned)])
    await classification.trade(sale(FIRST, 90, days=100), sale(SECOND, 10, days=100), sale(SECOND, 500, days=20))
    await classification.run(period_to=days_ago(50).isoformat())
    await classification.run()
    earlier = await class_of(classification, SECOND, as_of=days_ago(40).isoformat())
    assert (earlier["value_class"], earlier["since"], earlier["flips"]) == ("B", days_ago(50).isoformat(), 0)
    assert "figures" not in earlier
    now = await class_of(classification, SECOND)
    assert (now["value_class"], now["since"], now["flips"]) == ("A", days_ago(1).isoformat(), 1)
    assert (await class_of(classification, SECOND, as_of=days_ago(60).isoformat()))["value_class"] is None

    async def served() -> bool:
        return await classification.classes(salesperson_id="S7", area_id="east") == {SECOND: "A"}

    assert await eventually(served)
    assert await classification.classes(salesperson_id="S8") == {}


async def test_classes_go_forward(classification: Classification) -> None:
    await classification.trade(sale(FIRST, 90, days=100), sale(SECOND, 10, days=100), sale(SECOND, 500, days=20))
    await classification.run(period_to=days_ago(10).isoformat())
    headers = key()
    earlier = {"period_to": days_ago(11).isoformat()}
    refused = await classification.client.post("/v1/value-class-runs", json=earlier, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "PERIOD_CLASSED")
    assert (await class_of(classification, SECOND))["value_class"] == "A"
    assert await classification.told() == 2
    # The same period again, after a correction: it changes what has changed, and the class holds since the end of that.
    await classification.trade(returned(SECOND, 505, days=15))
    await classification.run(period_to=days_ago(10).isoformat())
    found = await class_of(classification, SECOND)
    assert (found["value_class"], found["since"], found["flips"]) == ("B", days_ago(10).isoformat(), 1)
