"""Into trade and out of it, over HTTP: conditions of admission, a complete card, and a card that outlives trade."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.wiring import build_api
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, fresh, sale
from tests.integration.running import serving

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
CONDITIONS = [{"code": "LICENCE", "text": "A licence"}, {"code": "SHOP", "text": "A shop of its own"}]
MET = [{"code": "LICENCE", "met": True, "note": "Mrs Li showed it"}, {"code": "SHOP", "met": True}]


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def step(cards: Cards, customer: UUID, what: str, body: dict[str, Any]) -> httpx.Response:
    """The next step of a customer, decided on its newest version."""
    version = (await cards.get(f"/v1/customers/{customer}")).headers["ETag"]
    return await cards.post(f"/v1/customers/{customer}/{what}", body, {"If-Match": version})


async def complete(cards: Cards, **more: Any) -> UUID:
    """A person with all that a card needs before trade."""
    body = {
        "kind": "PERSON",
        "person_name": "Li Na",
        "telephone": "+8613800138000",
        "address": "Lake Road 5",
        "salesperson_id": "wang",
        "marks": {"nature": "INDIVIDUAL"},
        "terms": {"payment_days": 30, "agreed_on": "2026-01-05"},
        **more,
    }
    answer = await cards.post("/v1/customers", body)
    assert answer.status_code == 201, answer.text
    customer = UUID(answer.json()["customer_id"])
    status = {"provenance": {"source": "SALESPERSON"}, "credit_status": "GOOD"}
    assert (await step(cards, customer, "trade-status", status)).status_code == 200
    return customer


async def published(cards: Cards) -> None:
    answer = await cards.put("/v1/admission-standard", {"conditions": CONDITIONS}, None)
    assert answer.status_code == 200, answer.text


@pytest.mark.requirement("S3.5", "S2.29")
async def test_trade_starts_with_admitted_customers_whose_card_is_complete(api: Cards) -> None:
    customer = await complete(api)
    early = await step(api, customer, "trade-start", {})
    assert (early.status_code, early.json()["code"]) == (409, "NOT_ADMITTED")
    none = await step(api, customer, "admission", {"checks": MET})
    assert (none.status_code, none.json()["code"]) == (409, "ADMISSION_STANDARD_MISSING")
    await published(api)
    unmet = await step(api, customer, "admission", {"checks": [{"code": "LICENCE", "met": False}]})
    assert (unmet.status_code, unmet.json()["code"]) == (409, "ADMISSION_CONDITIONS_UNMET")
    assert unmet.json()["conditions"] == ["LICENCE", "SHOP"]
    assert (await api.get(f"/v1/customers/{customer}")).json()["stage"] == "PROSPECT"
    admitted = await step(api, customer, "admission", {"checks": MET, "valid_from": day(-3)})
    assert admitted.status_code == 200, admitted.text
    card = (await api.get(f"/v1/customers/{customer}")).json()
    assert (card["stage"], card["stage_since"]) == ("ABOUT_TO_TRADE", day(-3))
    started = await step(api, customer, "trade-start", {"valid_from": day(-2)})
    assert started.status_code == 200, started.text
    assert (await api.get(f"/v1/customers/{customer}")).json()["stage"] == "TRADING"
    assert await api.events(f"card-{customer}") == [
        "customer-registered",
        "trade-terms-agreed",
        "trade-status-revised",
        "prospect-admitted",
        "trade-started",
    ]


@pytest.mark.requirement("S2.29")
async def test_an_incomplete_card_keeps_trade_from_starting_and_says_why(api: Cards) -> None:
    await published(api)
    customer = await api.register()
    assert (await step(api, customer, "admission", {"checks": MET})).status_code == 200
    refused = await step(api, customer, "trade-start", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "CARD_INCOMPLETE")
    assert {"basics.telephone", "marks.nature", "terms", "salesperson_id"} <= set(refused.json()["fields"])
    assert (await api.get(f"/v1/customers/{customer}")).json()["stage"] == "ABOUT_TO_TRADE"


@pytest.mark.requirement("S0.3", "S4.1", "S4.4")
async def test_prospects_customers_and_past_customers_are_told_apart_and_all_stay(cards: Cards) -> None:
    await published(cards)
    prospect = await cards.register("P-1")
    trading, past = await complete(cards), await complete(cards)
    for customer, steps in ((trading, ("start",)), (past, ("start", "end"))):
        assert (await step(cards, customer, "admission", {"checks": MET})).status_code == 200
        for one in steps:
            body = {"reason": "CLOSED_DOWN"} if one == "end" else {}
            answer = await step(cards, customer, f"trade-{one}", body)
            assert answer.status_code == 200, answer.text
    before = (await cards.get(f"/v1/customers/{past}")).json()
    assert (before["stage"], before["person_name"], before["terms"]["payment_days"]) == ("PAST", "Li Na", 30)
    fact = await cards.post("/v1/sales", {**sale(fresh()), "customer": {"id": str(past)}})
    assert fact.status_code == 201
    stages = {str(prospect): "PROSPECT", str(trading): "TRADING", str(past): "PAST"}
    await eventually(partial(_listed_as, cards, stages))
    for customer_id, stage in stages.items():
        found = (await cards.get("/v1/customers", where=f"stage={stage}")).json()["items"]
        assert [item["customer_id"] for item in found] == [customer_id]
    again = await step(cards, past, "trade-start", {})
    assert (again.status_code, again.json()["code"]) == (409, "NOT_ADMITTED")
    assert (await step(cards, past, "admission", {"checks": MET})).status_code == 200
    assert (await step(cards, past, "trade-start", {})).status_code == 200
    assert (await cards.get(f"/v1/customers/{past}")).json()["stage"] == "TRADING"


async def _listed_as(cards: Cards, stages: dict[str, str]) -> bool:
    items = (await cards.get("/v1/customers")).json()["items"]
    return {item["customer_id"]: item["stage"] for item in items} == stages


@pytest.mark.requirement("S4.1")
async def test_a_card_that_a_fact_opened_is_of_somebody_who_trades(standing: Cards) -> None:
    customer = (await standing.post("/v1/sales", sale(fresh(), customer=fresh()))).json()["customer_id"]
    card = (await standing.get(f"/v1/customers/{customer}")).json()
    assert (card["stub"], card["stage"], card["channel"]) == (True, "TRADING", "DIRECT")
    refused = await step(standing, UUID(customer), "admission", {"checks": []})
    assert (refused.status_code, refused.json()["code"]) == (409, "CUSTOMER_IS_STUB")
    ended = await step(standing, UUID(customer), "trade-end", {"reason": "TO_COMPETITOR"})
    assert ended.status_code == 200
    assert (await standing.get(f"/v1/customers/{customer}")).json()["stage"] == "PAST"


@pytest.mark.requirement("S4.1")
async def test_the_card_of_a_past_day_shows_where_the_customer_stood_then(standing: Cards) -> None:
    await published(standing)
    dealer = await standing.register(fresh())
    customer = await complete(standing, valid_from=day(-10))
    assert (await step(standing, customer, "admission", {"checks": MET, "valid_from": day(-6)})).status_code == 200
    assert (await step(standing, customer, "trade-start", {"valid_from": day(-3)})).status_code == 200
    version = int((await standing.get(f"/v1/customers/{customer}")).headers["ETag"].strip('"'))
    under = {"dealer_id": str(dealer), "valid_from": day(-2)}
    assert (await standing.put(f"/v1/customers/{customer}/dealer", under, version)).status_code == 200

    async def stood(on: str) -> tuple[str, str]:
        card = (await standing.get(f"/v1/customers/{customer}", as_of=on)).json()
        return card["stage"], card["channel"]

    assert await stood(day(-7)) == ("PROSPECT", "DIRECT")
    assert await stood(day(-6)) == ("ABOUT_TO_TRADE", "DIRECT")
    assert await stood(day(-3)) == ("TRADING", "DIRECT")
    assert await stood(day(-2)) == ("TRADING", "INDIRECT")
    yesterday = await standing.get(f"/v1/customers/{customer}", known_at=day(-1))
    assert (yesterday.status_code, yesterday.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_steps_of_the_future_or_before_the_last_are_refused(standing: Cards) -> None:
    await published(standing)
    customer = await complete(standing)
    future = await step(standing, customer, "admission", {"checks": MET, "valid_from": day(1)})
    assert (future.status_code, future.json()["code"]) == (422, "VALID_FROM_IN_FUTURE")
    assert future.json()["errors"][0]["pointer"] == "#/valid_from"
    assert (await step(standing, customer, "admission", {"checks": MET, "valid_from": day(-5)})).status_code == 200
    early = await step(standing, customer, "trade-start", {"valid_from": day(-6)})
    assert (early.status_code, early.json()["code"]) == (409, "STAGE_DAY_TOO_EARLY")
    not_yet = await step(standing, customer, "trade-end", {"reason": "CLOSED_DOWN"})
    assert (not_yet.status_code, not_yet.json()["code"]) == (409, "NOT_TRADING")
    strange = await step(standing, customer, "admission", {"checks": [*MET, {"code": "MOON", "met": True}]})
    assert (strange.status_code, strange.json()["conditions"]) == (422, ["MOON"])
    nobody = await standing.post(f"/v1/customers/{uuid4()}/trade-start", {}, {"If-Match": '"1"'})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    stale = await standing.post(f"/v1/customers/{customer}/trade-start", {}, {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")


async def test_what_was_noted_about_a_condition_is_sealed_and_goes_with_the_customer(api: Cards) -> None:
    await published(api)
    customer = await complete(api)
    assert (await step(api, customer, "admission", {"checks": MET})).status_code == 200
    assert "Mrs Li" not in await api.pool.fetchval("SELECT string_agg(body::text, '') FROM cards.events")
    assert (await api.erase(customer)).status_code == 200
    refused = await api.post(f"/v1/customers/{customer}/trade-start", {}, {"If-Match": '"5"'})
    assert (refused.status_code, refused.json()["code"]) == (410, "CUSTOMER_ERASED")


async def test_the_standard_has_versions_and_each_condition_once(api: Cards) -> None:
    missing = await api.get("/v1/admission-standard")
    assert (missing.status_code, missing.json()["code"]) == (409, "ADMISSION_STANDARD_MISSING")
    twice = await api.put("/v1/admission-standard", {"conditions": CONDITIONS + CONDITIONS[:1]}, None)
    assert (twice.status_code, twice.json()["code"], twice.json()["conditions"]) == (422, "CONDITION_TWICE", ["LICENCE"])
    await published(api)
    await published(api)
    newest = await api.get("/v1/admission-standard")
    assert newest.json() == {"version": 1, "conditions": CONDITIONS}
    fewer = await api.put("/v1/admission-standard", {"conditions": CONDITIONS[:1]}, 1)
    assert (fewer.status_code, fewer.headers["ETag"]) == (200, '"2"')
    stale = await api.put("/v1/admission-standard", {"conditions": []}, 1)
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    async with serving(build_api(api.settings), api.folder, ["cards.organisation.read"]) as reader:
        assert (await reader.put("/v1/admission-standard", json={"conditions": []})).status_code == 403
