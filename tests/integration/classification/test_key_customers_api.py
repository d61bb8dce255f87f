"""Key customers through HTTP with their key data, and who of the others is like them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.integration.classification.conftest import Classification, days_ago, sale
from tests.integration.classification.with_cards import registered, says, shown

KEY = [UUID(int=n) for n in range(1, 4)]
SMALL = [UUID(int=n) for n in range(11, 15)]
WHOLESALER, RETAILER, UNMARKED, FRESH = (UUID(int=n) for n in range(21, 25))


async def trade(service: Classification) -> None:
    """Three wholesalers in the centre make most of the sales; small retailers the rest; three prospects and a new customer are asked about."""
    await says(
        service,
        *(registered(one, "north", "s-1", shop_kind="WHOLESALE", location="CENTRE") for one in KEY),
        *(registered(one, "north", "s-2", shop_kind="RETAIL", location="RESIDENTIAL") for one in SMALL),
        registered(WHOLESALER, "north", "s-2", shop_kind="WHOLESALE", location="CENTRE"),
        registered(RETAILER, "south", "s-2", shop_kind="RETAIL", location="RESIDENTIAL"),
        registered(UNMARKED, "north", "s-2"),
        registered(FRESH, "north", "s-2", shop_kind="WHOLESALE", location="RESIDENTIAL"),
        days=600,
    )
    await service.trade(
        *(sale(one, 1000 + n, 300) for n, one in enumerate(KEY)), *(sale(one, 150, 300) for one in SMALL), sale(FRESH, 20, 10)
    )


@pytest.mark.requirement("S2.12", "S0.21")
async def test_key_customers_are_found_with_their_key_data(classification: Classification) -> None:
    await trade(classification)

    def ready(body: dict[str, Any]) -> bool:
        return [UUID(one["customer_id"]) for one in body["items"]] == KEY[::-1] and all(
            one["shop_kind"] and one["salesperson_id"] and one["time_series"] == "OLD" and body["items"][0]["share"] == "0.276566"
            for one in body["items"]
        )

    found = await shown(classification, "/v1/key-customers", ready)
    first = found["items"][0]
    assert (first["rank"], first["net"], first["share"]) == (1, {"amount": "1002.00", "currency": "CNY"}, "0.276566")
    assert (first["location"], first["area_id"], first["last_sale_on"]) == ("CENTRE", "north", days_ago(300).isoformat())
    page = (await classification.client.get("/v1/key-customers", params={"limit": 2})).json()
    rest = (await classification.client.get("/v1/key-customers", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [*page["items"], *rest["items"]] == found["items"]
    of_seller = (await classification.client.get("/v1/key-customers", params={"salesperson_id": "s-2"})).json()["items"]
    assert {UUID(one["customer_id"]) for one in of_seller} == set(SMALL)


@pytest.mark.requirement("S0.21")
async def test_future_and_potential_key_customers_are_like_those_there_are(classification: Classification) -> None:
    await trade(classification)

    def ready(body: dict[str, Any]) -> bool:
        profile = {(one["mark"], one["value"]): (one["key_customers"], one["customers"]) for one in body["profile"]}
        fresh = [one for one in body["items"] if one["customer_id"] == str(FRESH) and one["standing"] == "NEW"]
        return (
            profile.get(("shop_kind", "WHOLESALE")) == (3, 5) and profile.get(("shop_kind", "RETAIL")) == (0, 5) and bool(fresh)
        )

    found = await shown(classification, "/v1/key-customers/likely", ready)
    assert [(one["mark"], one["value"]) for one in found["profile"]][:2] == [("location", "CENTRE"), ("shop_kind", "WHOLESALE")]
    score = {UUID(one["customer_id"]): one for one in found["items"]}
    order = list(score)
    assert order.index(WHOLESALER) == 0
    assert order.index(FRESH) < order.index(RETAILER)
    assert (score[WHOLESALER]["standing"], score[FRESH]["standing"], score[SMALL[0]]["standing"]) == (
        "FUTURE",
        "NEW",
        "POTENTIAL",
    )
    assert (score[UNMARKED]["score"], score[UNMARKED]["why"]) == ("0", [])
    # (3 + 1) / 5 of the key customers, (5 + 1) / 12 of all.
    assert {"mark": "shop_kind", "value": "WHOLESALE", "lift": "1.6000"} in score[WHOLESALER]["why"]
    assert not set(score) & set(KEY)
    future = (await classification.client.get("/v1/key-customers/likely", params={"among": "FUTURE", "limit": 2})).json()
    more = (
        await classification.client.get(
            "/v1/key-customers/likely", params={"among": "FUTURE", "limit": 2, "cursor": future["next_cursor"]}
        )
    ).json()
    assert [UUID(one["customer_id"]) for one in (*future["items"], *more["items"])] == [WHOLESALER, UNMARKED, RETAILER]
