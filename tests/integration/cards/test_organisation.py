"""The sales organisation over HTTP: areas without circles, one superior, one keeper of the cards, and who sells where."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards
from tests.integration.running import key, serving

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def area(cards: Cards, area_id: str, parent_id: str | None = None) -> httpx.Response:
    return await cards.put(f"/v1/areas/{area_id}", {"name": area_id.title(), "parent_id": parent_id}, None)


async def leave(cards: Cards, area_id: str, person: str, valid_from: str) -> httpx.Response:
    path = f"/v1/areas/{area_id}/salespeople/{person}"
    return await cards.client.delete(path, params={"valid_from": valid_from}, headers=key())


@pytest.mark.requirement("S0.23", "S2.14", "S3.45")
async def test_each_area_has_one_who_leads_it_and_one_who_keeps_its_cards(api: Cards) -> None:
    for area_id, parent_id in (("CHINA", None), ("EAST", "CHINA"), ("SHANGHAI", "EAST")):
        assert (await area(api, area_id, parent_id)).status_code == 200
    await api.put("/v1/areas/CHINA/superior", {"superior_id": "E-01", "valid_from": day(-30)}, None)
    await api.put("/v1/areas/CHINA/custodian", {"custodian_id": "E-12", "valid_from": day(-30)}, None)
    await api.put("/v1/areas/EAST/superior", {"superior_id": "E-07", "valid_from": day(-10)}, None)
    await api.put("/v1/areas/EAST/custodian", {"custodian_id": "E-13"}, None)
    joined = await api.put("/v1/areas/SHANGHAI/salespeople/E-44", {"valid_from": day(-20), "principal": str(UUID(int=7))}, None)
    assert joined.headers["ETag"] == '"8"'
    shown = (await api.get("/v1/areas/SHANGHAI")).json()
    assert (shown["superior_id"], shown["custodian_id"], shown["salespeople"]) == ("E-07", "E-13", ["E-44"])
    customer = await api.register(area_id="SHANGHAI", salesperson_id="E-44")
    responsible = (await api.get(f"/v1/customers/{customer}/responsible")).json()
    assert responsible == {
        "customer_id": str(customer),
        "area_id": "SHANGHAI",
        "salesperson_id": "E-44",
        "superior_id": "E-07",
        "custodian_id": "E-13",
    }
    # The next keeper follows the one before: there is never more than one.
    await api.put("/v1/areas/EAST/custodian", {"custodian_id": "E-14"}, None)
    assert (await api.get(f"/v1/customers/{customer}/responsible")).json()["custodian_id"] == "E-14"
    yesterday = (await api.get("/v1/areas/SHANGHAI", on=day(-1))).json()
    assert (yesterday["superior_id"], yesterday["custodian_id"]) == ("E-07", "E-12")
    whole = (await api.get("/v1/areas")).json()["items"]
    assert [(one["area_id"], one["parent_id"]) for one in whole] == [("CHINA", None), ("EAST", "CHINA"), ("SHANGHAI", "EAST")]


@pytest.mark.requirement("S0.23", "S3.45")
async def test_the_cards_are_for_those_who_may_see_them(api: Cards) -> None:
    customer = await api.register(area_id="EAST")
    async with serving(build_api(api.settings), api.folder, ["cards.organisation.read"]) as outsider:
        for path in (f"/v1/customers/{customer}", f"/v1/customers/{customer}/responsible", "/v1/customers"):
            refused = await outsider.get(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
        appointed = await outsider.put("/v1/areas/EAST/custodian", json={"custodian_id": "E-1"}, headers=key())
        assert appointed.status_code == 403


@pytest.mark.requirement("S2.14")
async def test_salespeople_come_and_go_by_their_days(api: Cards) -> None:
    for area_id in ("EAST", "WEST"):
        await area(api, area_id)
    await api.put("/v1/areas/EAST/superior", {"superior_id": "E-07", "valid_from": day(-90)}, None)
    await api.put("/v1/areas/EAST/salespeople/E-44", {"valid_from": day(-30)}, None)
    assert (await leave(api, "EAST", "E-44", day(-5))).status_code == 200
    await api.put("/v1/areas/WEST/salespeople/E-44", {"valid_from": day(-5)}, None)

    async def who(on: str | None = None) -> list[tuple[str, str, str | None]]:
        items = (await api.get("/v1/salespeople", **({} if on is None else {"on": on}))).json()["items"]
        return [(item["salesperson_id"], item["area_id"], item["superior_id"]) for item in items]

    assert await who() == [("E-44", "WEST", None)]
    assert await who(day(-6)) == [("E-44", "EAST", "E-07")]
    assert await who(day(-31)) == []
    assert (await api.get("/v1/salespeople", area_id="EAST")).json()["items"] == []
    again = await leave(api, "EAST", "E-44", day(0))
    assert (again.status_code, again.json()["code"]) == (409, "NOT_IN_AREA")


async def test_no_area_lies_within_itself(api: Cards) -> None:
    for area_id, parent_id in (("A", None), ("B", "A"), ("C", "B")):
        await area(api, area_id, parent_id)
    circle = await area(api, "A", "C")
    assert (circle.status_code, circle.json()["code"]) == (409, "AREA_CYCLE")
    itself = await area(api, "D", "D")
    assert (itself.status_code, itself.json()["code"]) == (409, "AREA_CYCLE")
    nowhere = await area(api, "D", "NOWHERE")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "AREA_UNKNOWN")
    assert len((await api.get("/v1/areas")).json()["items"]) == 3
    # Each alone is fine; both would be a circle.
    for area_id in ("L", "R"):
        await area(api, area_id)
    answers = await asyncio.gather(area(api, "L", "R"), area(api, "R", "L"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_changes_of_the_organisation_are_commands_like_all(api: Cards) -> None:
    headers = key()
    first = await api.client.put("/v1/areas/EAST", json={"name": "East"}, headers=headers)
    again = await api.client.put("/v1/areas/EAST", json={"name": "East"}, headers=headers)
    assert (again.headers["Idempotent-Replayed"], again.headers["ETag"]) == ("true", first.headers["ETag"])
    assert again.headers["Regulars-Position"] == first.headers["Regulars-Position"]
    stale = await api.put("/v1/areas/EAST", {"name": "The East"}, 7)
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    future = await api.put("/v1/areas/EAST/superior", {"superior_id": "E-1", "valid_from": day(1)}, None)
    assert (future.status_code, future.json()["code"]) == (422, "VALID_FROM_IN_FUTURE")
    nowhere = await api.put("/v1/areas/WEST/superior", {"superior_id": "E-1"}, None)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "AREA_UNKNOWN")
    assert (await api.get("/v1/areas/WEST")).status_code == 404
    same = await api.put("/v1/areas/EAST", {"name": "East"}, 1)
    assert (same.status_code, same.headers["ETag"]) == (200, '"1"')
    assert (await api.get(f"/v1/customers/{uuid4()}/responsible")).status_code == 404
