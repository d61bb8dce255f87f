"""Versions of rules over HTTP: for some customers, from a day on, and their effect shown beforehand."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.contracts.cards import Basics, CustomerRegistered, MarksAssigned
from shared.contracts.cards import Marks as CardMarks
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import Alerts, ago, invoice, payment
from tests.integration.running import key, record

RULE = "/v1/rules/overdue_debt"


async def registered(alerts: Alerts, customer: UUID, area: str, kind: str = "COMPANY") -> None:
    event = CustomerRegistered(
        customer_id=customer, basics=Basics(kind="PERSON" if kind == "PERSON" else "COMPANY", name=f"Shop {area}"), area_id=area
    )
    await record(alerts.cards, "cards", [(f"customer-{customer}", customer, event)])


async def put(alerts: Alerts, **body: Any) -> httpx.Response:
    tag = (await alerts.client.get(RULE)).headers["ETag"]
    return await alerts.client.put(RULE, json=body, headers=key() | {"If-Match": tag})


async def preview(alerts: Alerts, **body: Any) -> dict[str, Any]:
    response = await alerts.client.post(f"{RULE}/preview", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def opened(alerts: Alerts) -> dict[str, str]:
    items = (await alerts.client.get("/v1/alerts", params={"rule_id": "overdue_debt"})).json()["items"]
    return {one["id"]: one["level"] for one in items}


async def test_a_change_shows_its_effect_before_it_is_published(alerts: Alerts) -> None:
    """What the preview foretells is what publishing does, under the same ids; open alerts are adopted and not doubled."""
    fresh, older, paid = uuid4(), uuid4(), uuid4()
    await registered(alerts, fresh, "north")
    await alerts.ledger(fresh, invoice(fresh, "1", ago(4)))
    await alerts.ledger(older, invoice(older, "2", ago(12)))
    await alerts.ledger(paid, invoice(paid, "3", ago(4)), payment(paid, "m"))
    await alerts.go_live()
    await alerts.the_alert(older)
    await alerts.caught_up()
    before = await opened(alerts)

    found = await preview(alerts, parameters={"watch_days": "3", "act_days": "10"})
    assert found["live"] and (found["version"], found["customers"], found["left_out"]) == (2, 3, 0)
    assert found["effects"] == {"OPENS": 1, "REOPENS": 0, "WORSENS": 1, "CLOSES": 0, "STAYS": 0}
    opens, worsens = found["items"]
    assert (opens["effect"], opens["customer"], opens["level"]) == ("OPENS", {"id": str(fresh), "name": "Shop north"}, "watch")
    assert opens["reasons"][1]["figures"]["days_overdue"] == 4
    assert (worsens["alert_id"], worsens["present_level"], worsens["level"]) == (*before, "watch", "act")
    assert await opened(alerts) == before, "nothing was published"

    stays = await preview(alerts, parameters={"watch_days": "20"})
    assert stays["effects"]["STAYS"] == 1 and sum(stays["effects"].values()) == 1
    assert (stays["items"][0]["alert_id"], stays["items"][0].get("level")) == (*before, None)

    assert (await put(alerts, parameters={"watch_days": "3", "act_days": "10"})).status_code == 200

    async def as_foretold() -> bool:
        return await opened(alerts) == {opens["alert_id"]: "watch", worsens["alert_id"]: "act"}

    await eventually(as_foretold)


async def test_a_version_may_concern_some_customers_only(alerts: Alerts) -> None:
    north, south = uuid4(), uuid4()
    for customer, area in ((north, "north"), (south, "south")):
        await registered(alerts, customer, area)
        await alerts.ledger(customer, invoice(customer, area, ago(4)))
    await alerts.go_live()
    await alerts.caught_up()
    scope = {"area_ids": ["north"]}
    foretold = await preview(alerts, parameters={"watch_days": "3"}, scope=scope)
    assert [one["customer"]["id"] for one in foretold["items"]] == [str(north)]

    done = await put(alerts, parameters={"watch_days": "3"}, scope=scope)
    assert (done.status_code, done.json()["version"]) == (200, 2)
    alert = await alerts.the_alert(north)
    assert alert["rule_version"] == 2
    await alerts.caught_up()
    assert await alerts.alerts_of(south) == []

    shown = (await alerts.client.get(RULE)).json()
    assert (shown["version"], shown["parameters"]["watch_days"]) == (1, "7")
    assert [(one["version"], one["scope"], one["parameters"]["watch_days"]) for one in shown["further"]] == [(2, scope, "3")]

    moved = MarksAssigned(customer_id=south, marks=CardMarks(shop_kind="KIOSK"))
    await record(alerts.cards, "cards", [(f"customer-{south}", south, moved)])
    assert (await put(alerts, parameters={"watch_days": "2"}, scope={"shop_kinds": ["KIOSK"]})).json()["version"] == 3
    assert (await alerts.the_alert(south))["rule_version"] == 3


async def test_a_version_begins_and_ends(alerts: Alerts) -> None:
    customer = uuid4()
    await registered(alerts, customer, "north")
    await alerts.ledger(customer, invoice(customer, "1", ago(4)))
    await alerts.go_live()
    late = await put(alerts, parameters={"watch_days": "3"}, live_from=ago(1).isoformat())
    assert (late.status_code, late.json()["code"]) == (422, "LIVE_FROM_PAST")
    assert (await put(alerts, parameters={"watch_days": "3"}, live_from=ago(-2).isoformat())).status_code == 200
    await alerts.caught_up()
    assert await alerts.alerts_of(customer) == []
    shown = (await alerts.client.get(RULE)).json()
    assert shown["version"] == 1 and shown["further"][0]["live_from"] == ago(-2).isoformat()

    assert (await put(alerts, parameters={"watch_days": "3"}, live_from=ago(0).isoformat())).status_code == 200
    assert (await alerts.the_alert(customer))["rule_version"] == 3
    assert (await alerts.client.get(RULE)).json()["version"] == 3

    async def withdraw(scope: dict[str, list[str]]) -> httpx.Response:
        tag = (await alerts.client.get(RULE)).headers["ETag"]
        return await alerts.client.post(f"{RULE}/withdrawal", json={"scope": scope}, headers=key() | {"If-Match": tag})

    unknown = await withdraw({"kinds": ["PERSON"]})
    assert (unknown.status_code, unknown.json()["code"]) == (409, "RULE_SCOPE_UNKNOWN")
    assert (await put(alerts, parameters={"watch_days": "1"}, scope={"kinds": ["PERSON"]})).status_code == 200
    assert (await withdraw({"kinds": ["PERSON"]})).status_code == 200
    assert [one["version"] for one in (await alerts.client.get(RULE)).json()["further"]] == []
