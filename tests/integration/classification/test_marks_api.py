"""Marks of customers through HTTP: those of the card, those that follow from trade, as of any day, by a published standard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.handlers import marks as handler
from shared.contracts.cards import Marks, MarksAssigned
from shared.contracts.relations import TradeEnded
from tests.integration.classification.conftest import Classification, days_ago, returned, sale
from tests.integration.classification.with_cards import registered, says, shown
from tests.integration.running import key

MAIN, ORDINARY, SCATTERED, FUTURE, LOST, OVER = (UUID(int=n) for n in range(1, 7))


@pytest.fixture(autouse=True)
def fresh_averages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "GOOD_FOR", timedelta(0))


async def trade(service: Classification) -> None:
    """MAIN buys much and for long; ORDINARY often and little; SCATTERED twice; LOST long ago; OVER ended trade; FUTURE never bought."""
    marks: dict[UUID, dict[str, str]] = {
        MAIN: {
            "nature": "ORDINARY_COMPANY",
            "ownership": "JOINT_STOCK",
            "shop_kind": "WHOLESALE",
            "location": "CENTRE",
            "industry": "TOOLS",
        },
        ORDINARY: {"nature": "INDIVIDUAL", "ownership": "INDIVIDUAL", "shop_kind": "RETAIL"},
        SCATTERED: {"nature": "GOVERNMENT", "ownership": "STATE"},
        FUTURE: {"nature": "TRADING_PARTNER", "shop_kind": "CHAIN"},
        LOST: {},
        OVER: {"shop_kind": "RETAIL"},
    }
    await says(service, *(registered(customer, "north", "s-1", **said) for customer, said in marks.items()), days=500)
    await service.trade(
        *(sale(MAIN, 900, days) for days in (450, 300, 200, 100, 10)),
        *(sale(ORDINARY, 40, days) for days in (150, 120, 90, 60)),
        *(sale(SCATTERED, 50, days) for days in (20, 5)),
        *(sale(OVER, 30, days) for days in (60, 50, 40)),
        sale(LOST, 500, 400),
    )
    await says(service, TradeEnded(customer_id=OVER, ended_on=days_ago(30), reason="CLOSED_DOWN"), days=30)


async def marks(service: Classification, count: int = 6, **asked: Any) -> dict[UUID, dict[str, Any]]:
    def ready(body: dict[str, Any]) -> bool:
        return len(body["items"]) == count

    items = (await shown(service, "/v1/marks", ready, **asked))["items"]
    return {UUID(item["customer_id"]): item for item in items}


async def folded(service: Classification) -> None:
    """Every sale and every card has arrived."""

    def ready(body: dict[str, Any]) -> bool:
        found = {UUID(item["customer_id"]): item for item in body["items"]}
        return (
            len(found) == 6
            and found[SCATTERED].get("net", {}).get("amount") == "100.00"
            and all(found[one]["trade_process"] == "HAS_TRADED" for one in (LOST, OVER))
        )

    await shown(service, "/v1/marks", ready)


@pytest.mark.requirement("S4.2", "S4.3", "S4.5", "S4.6", "S4.23", "S4.24")
async def test_each_customer_has_its_marks(classification: Classification) -> None:
    await trade(classification)
    await folded(classification)
    found = await marks(classification)
    assert {who: one["position_class"] for who, one in found.items()} == {
        MAIN: "MAIN",
        ORDINARY: "ORDINARY",
        SCATTERED: "SCATTERED",
        FUTURE: None,
        LOST: None,
        OVER: "ORDINARY",
    }
    assert {who: one["trade_process"] for who, one in found.items()} == {
        MAIN: "TRADING",
        ORDINARY: "TRADING",
        SCATTERED: "TRADING",
        FUTURE: "ABOUT_TO_TRADE",
        LOST: "HAS_TRADED",
        OVER: "HAS_TRADED",
    }
    assert {who: one["time_series"] for who, one in found.items()} == {
        MAIN: "OLD",
        ORDINARY: "NEW",
        SCATTERED: "NEW",
        FUTURE: "FUTURE",
        LOST: "OLD",
        OVER: "NEW",
    }
    assert (found[MAIN]["nature"], found[MAIN]["ownership"], found[MAIN]["shop_kind"]) == (
        "ORDINARY_COMPANY",
        "JOINT_STOCK",
        "WHOLESALE",
    )
    assert (found[MAIN]["location"], found[MAIN]["industry"], found[LOST]["nature"]) == ("CENTRE", "TOOLS", None)
    assert list(await marks(classification, 1, position_class="MAIN")) == [MAIN]
    assert list(await marks(classification, 1, time_series="FUTURE")) == [FUTURE]
    assert list(await marks(classification, 2, shop_kind="RETAIL")) == [ORDINARY, OVER]
    assert await marks(classification, 0, area_id="south") == {}
    assert set(await marks(classification, 6, salesperson_id="s-1")) == set(found)
    first = (await classification.client.get("/v1/marks", params={"limit": 4})).json()
    rest = (await classification.client.get("/v1/marks", params={"limit": 4, "cursor": first["next_cursor"]})).json()
    assert [UUID(one["customer_id"]) for one in (*first["items"], *rest["items"])] == sorted(found)


@pytest.mark.requirement("S4.2", "S4.3", "S4.6")
async def test_a_mark_says_why_and_any_day_can_be_asked(classification: Classification) -> None:
    await trade(classification)
    await says(
        classification, MarksAssigned(customer_id=MAIN, marks=Marks(shop_kind="AGENCY", nature="SPECIAL_COMPANY")), days=50
    )
    await folded(classification)
    path = f"/v1/customers/{MAIN}/marks"
    now = await shown(classification, path, lambda body: body["shop_kind"]["value"] == "AGENCY")
    # 3,600 of 3,600 + 160 + 100 + 90, by four buyers; the sale 450 days ago lies outside the period.
    assert now["figures"]["average_of_buyers"] == {"amount": "987.50", "currency": "CNY"}
    assert (now["position_class"]["value"], now["position_class"]["standard_version"]) == ("MAIN", 0)
    assert now["position_class"]["why"] == (
        "Trade began 450 days ago (365 for MAIN); net sales of 365 days are 3.65 times the average of all buyers (3 for MAIN)."
    )
    assert now["trade_process"]["why"] == f"It last bought on {days_ago(10)}, within 365 days."
    assert {one["read_model"] for one in now["from_what"]} >= {"sold", "profiles", "customer_sales"}
    then = (await classification.client.get(path, params={"as_of": days_ago(60).isoformat()})).json()
    assert (then["shop_kind"]["value"], then["nature"]["value"]) == ("WHOLESALE", "ORDINARY_COMPANY")
    early = (await classification.client.get(path, params={"as_of": days_ago(449).isoformat()})).json()
    assert (early["time_series"]["value"], early["trade_process"]["value"]) == ("NEW", "TRADING")
    before = (await classification.client.get(path, params={"as_of": days_ago(451).isoformat()})).json()
    assert (before["time_series"]["value"], before["trade_process"]["value"], before["position_class"]["value"]) == (
        "FUTURE",
        "ABOUT_TO_TRADE",
        None,
    )
    over = (await classification.client.get(f"/v1/customers/{OVER}/marks", params={"as_of": days_ago(35).isoformat()})).json()
    assert over["trade_process"]["value"] == "TRADING"
    nobody = await classification.client.get(f"/v1/customers/{uuid4()}/marks")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    ahead = await classification.client.get(path, params={"as_of": days_ago(-1).isoformat()})
    assert (ahead.status_code, ahead.json()["code"]) == (422, "AS_OF_IN_FUTURE")


@pytest.mark.requirement("S4.6")
async def test_the_standard_of_marks_is_published_and_decides(classification: Classification) -> None:
    await trade(classification)
    await folded(classification)
    built_in = await classification.client.get("/v1/standards/marks")
    assert (built_in.headers["etag"], built_in.json()["main_times"]) == ('"0"', "3")

    async def publish(body: dict[str, Any], version: int) -> Any:
        return await classification.client.put("/v1/standards/marks", json=body, headers={**key(), "If-Match": f'"{version}"'})

    wanted = {"main_times": "3.7", "scattered_days": 4, "new_days": 30, "trading_days": 30}
    path = "/v1/standards/marks/preview"
    seen = await classification.client.post(path, json=wanted)
    assert seen.status_code == 200, seen.text
    assert [
        (one["mark"], one["value"], one["would_be"], [UUID(each) for each in one["first"]]) for one in seen.json()["moves"]
    ] == [
        ("position_class", "MAIN", "ORDINARY", [MAIN]),
        ("position_class", "ORDINARY", "SCATTERED", [OVER]),
        ("time_series", "NEW", "OLD", [ORDINARY, OVER]),
        ("trade_process", "TRADING", "HAS_TRADED", [ORDINARY]),
    ]
    unsound = await classification.client.post(path, json={"main_times": "1"})
    assert (unsound.status_code, unsound.json()["code"]) == (422, "MARKS_OUT_OF_RANGE")
    assert (await publish(wanted, 0)).status_code == 200
    assert (await publish({}, 0)).status_code == 412
    refused = await publish({"main_times": "1"}, 1)
    assert (refused.status_code, refused.json()["code"]) == (422, "MARKS_OUT_OF_RANGE")
    found = await marks(classification)
    assert [found[who]["position_class"] for who in (MAIN, ORDINARY, OVER)] == ["ORDINARY", "ORDINARY", "SCATTERED"]
    assert [found[who]["time_series"] for who in (ORDINARY, SCATTERED)] == ["OLD", "NEW"]
    assert [found[who]["trade_process"] for who in (MAIN, ORDINARY)] == ["TRADING", "HAS_TRADED"]


async def test_what_was_returned_counts_against_what_was_bought(classification: Classification) -> None:
    await trade(classification)
    await classification.trade(returned(MAIN, 3400))
    found = await shown(
        classification, f"/v1/customers/{MAIN}/marks", lambda body: (body["figures"]["net"] or {}).get("amount") == "200.00"
    )
    assert found["position_class"]["value"] == "ORDINARY"


async def test_the_average_of_all_buyers_is_good_for_a_while(
    classification: Classification, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trade(classification)
    await folded(classification)
    path = f"/v1/customers/{ORDINARY}/marks"
    before = (await classification.client.get(path)).json()["figures"]["average_of_buyers"]
    monkeypatch.setattr(handler, "GOOD_FOR", timedelta(minutes=10))
    await classification.trade(sale(ORDINARY, 4000, 3))
    found = await shown(classification, path, lambda body: body["figures"]["net"]["amount"] == "4160.00")
    assert found["figures"]["average_of_buyers"] == before
    monkeypatch.setattr(handler, "GOOD_FOR", timedelta(0))
    now = (await classification.client.get(path)).json()["figures"]
    assert now["average_of_buyers"] == {"amount": "1987.50", "currency": "CNY"}


async def test_the_average_is_no_finer_than_the_currency(classification: Classification) -> None:
    await trade(classification)
    await classification.trade(sale(MAIN, 100, 10, "JPY"), sale(ORDINARY, 103, 10, "JPY"))

    def there(body: dict[str, Any]) -> bool:
        return bool(body["figures"]["average_of_buyers"] == {"amount": "102", "currency": "JPY"})

    await shown(classification, f"/v1/customers/{MAIN}/marks", there, currency="JPY")


async def test_where_nobody_bought_there_is_no_average(classification: Classification) -> None:
    await trade(classification)
    found = await shown(
        classification, f"/v1/customers/{MAIN}/marks", lambda body: bool(body["figures"]["last_sale_on"]), currency="EUR"
    )
    assert (found["figures"]["average_of_buyers"], found["position_class"]["value"]) == (None, None)
