"""The portfolio of a scope through HTTP: how uneven it is, which strategies that bears, and where staff and vehicles are needed most."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.card_parts import Characteristics, CharacteristicsRevised
from shared.contracts.cards import Provenance
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded
from tests.integration.classification.conftest import Classification, days_ago, sale
from tests.integration.classification.with_cards import registered, says, shown
from tests.integration.running import key

NORTH = [UUID(int=n) for n in range(1, 5)]
SOUTH = [UUID(int=n) for n in range(11, 15)]


async def trade(service: Classification, north: list[int], south: list[int]) -> None:
    await says(
        service,
        *(registered(one, "north", "s-1", shop_kind="WHOLESALE", nature="COMPANY") for one in NORTH),
        *(registered(one, "south", "s-2", shop_kind="RETAIL", nature="COMPANY") for one in SOUTH),
        days=100,
    )
    bought = zip((*NORTH, *SOUTH), (*north, *south), strict=True)
    await service.trade(*(sale(customer, net) for customer, net in bought if net))


async def strategy(service: Classification, customers: int, **asked: Any) -> dict[str, Any]:
    def ready(body: dict[str, Any]) -> bool:
        # Segments say that cards have arrived as well.
        return bool(body["concentration"]["customers"] == customers and body["segments"])

    return await shown(service, "/v1/strategy", ready, **asked)


def held(body: dict[str, Any]) -> list[str]:
    return [one["name"] for one in body["strategies"] if one["holds"]]


@pytest.mark.requirement("S2.32")
async def test_customers_who_are_all_alike_bear_the_concentrated_strategy(classification: Classification) -> None:
    await trade(classification, [100] * 4, [100] * 4)
    found = await strategy(classification, 8)
    assert held(found) == ["CONCENTRATED"]
    spread = found["concentration"]
    assert (spread["gini"], spread["effective_number"], spread["top_fifth_share"]) == ("0.000000", "8.00", "0.250000")
    assert found["strategies"][0]["measured"] == "The Gini coefficient of 8 customers is 0.000000."


@pytest.mark.requirement("S2.33")
async def test_a_segment_that_brings_more_bears_the_differentiated_one(classification: Classification) -> None:
    await trade(classification, [300] * 4, [50] * 4)
    found = await strategy(classification, 8)
    assert held(found) == ["DIFFERENTIATED"]
    best = found["segment"]
    assert (best["share"], best["times"], best["customers"]) == ("0.857143", "1.71", 4)
    assert {(one["mark"], one["value"]) for one in found["segments"][:2]} == {("area_id", "north"), ("shop_kind", "WHOLESALE")}
    south = await strategy(classification, 4, area_id="south")
    assert held(south) == ["CONCENTRATED"]


@pytest.mark.requirement("S2.34")
async def test_customers_who_differ_strongly_bear_the_individual_one(classification: Classification) -> None:
    await trade(classification, [9000, 10, 10, 10], [800, 10, 10, 10])
    found = await strategy(classification, 8)
    assert "INDIVIDUAL" in held(found)
    # Places 1 to 6 with 10 each, 7 with 800, 8 with 9000: 2 * (210 + 5600 + 72000) / (8 * 9860) - 9 / 8.
    assert found["concentration"]["gini"] == "0.847870"
    published = await classification.client.put(
        "/v1/standards/portfolio", json={"apart_gini": "0.9"}, headers={**key(), "If-Match": '"0"'}
    )
    assert published.status_code == 200
    assert "INDIVIDUAL" not in held(await strategy(classification, 8))
    refused = await classification.client.put(
        "/v1/standards/portfolio", json={"apart_gini": "0.1"}, headers={**key(), "If-Match": '"1"'}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "PORTFOLIO_OUT_OF_RANGE")


def visited(customer: UUID, days: int, cost: int) -> InvestmentRecorded:
    spent = Money(Decimal(cost), "CNY")
    return InvestmentRecorded(
        customer_id=customer, investment_id=uuid4(), kind="VISIT", spent_on=days_ago(days), cost=spent, hours=Decimal(2)
    )


@pytest.mark.requirement("S1.13")
async def test_staff_and_vehicles_go_where_value_and_potential_get_too_little(classification: Classification) -> None:
    await trade(classification, [600, 0, 0, 0], [200, 0, 0, 0])
    grown = CharacteristicsRevised(
        customer_id=NORTH[1], provenance=Provenance(source="SALESPERSON"), stated=Characteristics(potential=5)
    )
    await says(classification, grown, *(visited(SOUTH[0], days, 10) for days in (5, 6, 7)), visited(NORTH[0], 5, 10))

    def ready(body: dict[str, Any]) -> bool:
        items = {one["area_id"]: one for one in body["items"]}
        return {
            area: (one["net"] or {}).get("amount")
            for area, one in items.items()
            if one["visits"] and (one["potential"] or area == "south")
        } == {"north": "600.00", "south": "200.00"} and items["south"]["visits"] == 3

    found = await shown(classification, "/v1/allocation", ready)
    north, south = found["items"]
    assert (north["area_id"], north["customers"], north["value_share"], north["potential_share"]) == (
        "north",
        4,
        "0.750000",
        "1.000000",
    )
    assert (north["cost_share"], north["visit_share"], north["need"]) == ("0.250000", "0.250000", "0.625000")
    assert (south["need"], south["cost"], south["hours"]) == ("-0.625000", {"amount": "30.00", "currency": "CNY"}, "6")
    by = {"by": "customer_id", "limit": 1}
    first = (await classification.client.get("/v1/allocation", params=by)).json()
    second = (await classification.client.get("/v1/allocation", params={**by, "cursor": first["next_cursor"]})).json()
    assert [UUID(body["items"][0]["customer_id"]) for body in (first, second)] == [NORTH[1], NORTH[0]]
    only = (await classification.client.get("/v1/allocation", params={"by": "salesperson_id", "area_id": "south"})).json()[
        "items"
    ]
    assert [(one["salesperson_id"], one["value_share"]) for one in only] == [("s-2", "1.000000")]
