"""Purchase intents over HTTP: several of a customer, each with its own number, class and grade."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards, fresh
from tests.integration.running import serving

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
EXPECTED = {"amount": "80000.00", "currency": "CNY"}


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def opened(cards: Cards, customer: UUID, grade: str = "C", **more: Any) -> httpx.Response:
    return await cards.post(f"/v1/customers/{customer}/intents", {"intent_class": "SHOWROOM", "grade": grade, **more})


async def step(cards: Cards, intent: str, what: str, version: int, **body: Any) -> httpx.Response:
    return await cards.post(f"/v1/intents/{intent}/{what}", body, {"If-Match": f'"{version}"'})


@pytest.mark.requirement("S3.21", "S3.26")
async def test_a_further_intent_of_a_customer_has_its_own_number_class_and_grade(cards: Cards) -> None:
    customer = await cards.register(salesperson_id="wang")
    number = fresh()
    first = await opened(cards, customer, number=number, opened_on=day(-20), expected_on=day(40), expected=EXPECTED)
    second = await opened(cards, customer, "B", intent_class="FORKLIFT", text="Mrs Li wants two")
    assert (first.status_code, second.status_code) == (201, 201)
    ids = [answer.json()["id"] for answer in (first, second)]
    numbers = [answer.json()["number"] for answer in (first, second)]
    assert numbers[0] == number
    assert len(set(numbers)) == 2
    graded = await step(cards, ids[0], "grade", 1, grade="A", reason="QUOTE_ACCEPTED")
    assert (graded.status_code, graded.headers["ETag"]) == (200, '"2"')
    position = ",".join(answer.headers["Regulars-Position"] for answer in (second, graded))
    listed = (await cards.get("/v1/intents", customer_id=customer, min_position=position)).json()["items"]
    assert [(one["number"], one["intent_class"], one["grade"], one["state"]) for one in listed] == [
        (numbers[0], "SHOWROOM", "A", "OPEN"),
        (numbers[1], "FORKLIFT", "B", "OPEN"),
    ]
    assert (listed[0]["expected"], listed[0]["salesperson_id"], listed[0]["name"]) == (EXPECTED, "wang", "Hua Xin Trading")
    assert [one["id"] for one in (await cards.get("/v1/intents", grade="B", salesperson_id="wang")).json()["items"]] == ids[1:]
    assert (await cards.get("/v1/intents", salesperson_id="li")).json()["items"] == []
    view = await cards.dashboard("SELECT number, grade FROM cards.public_intents ORDER BY grade")
    assert [tuple(row) for row in view] == [(numbers[0], "A"), (numbers[1], "B")]
    page = (await cards.get("/v1/intents", limit=1)).json()
    rest = (await cards.get("/v1/intents", limit=1, cursor=page["next_cursor"])).json()
    assert [one["id"] for one in (*page["items"], *rest["items"])] == ids


@pytest.mark.requirement("S3.26")
async def test_an_intent_ends_won_or_lost_and_never_again(cards: Cards) -> None:
    customer = await cards.register()
    won = (await opened(cards, customer, opened_on=day(-3))).json()["id"]
    lost = (await opened(cards, customer)).json()["id"]
    early = await step(cards, won, "won", 1, won_on=day(-4))
    assert (early.status_code, early.json()["code"]) == (409, "INTENT_STEP_TOO_EARLY")
    future = await step(cards, won, "won", 1, won_on=day(1))
    assert (future.status_code, future.json()["code"]) == (422, "DAY_IN_FUTURE")
    assert (await step(cards, won, "won", 1, order_number="O-1")).json()["state"] == "WON"
    last = await step(cards, lost, "lost", 1, reason="COMPETITOR")
    again = await step(cards, won, "grade", 2, grade="A")
    assert (again.status_code, again.json()["code"]) == (409, "INTENT_ENDED")
    shown = (await cards.get(f"/v1/intents/{won}")).json()
    assert (shown["state"], shown["ended_on"], shown["order_number"]) == ("WON", day(0), "O-1")
    gone = await cards.get("/v1/intents", state="LOST", min_position=last.headers["Regulars-Position"])
    assert [(one["id"], one["reason"]) for one in gone.json()["items"]] == [(lost, "COMPETITOR")]
    assert (await cards.get("/v1/intents", state="OPEN")).json()["items"] == []


@pytest.mark.requirement("S3.21")
async def test_a_number_is_used_once_also_by_two_at_once(standing: Cards) -> None:
    one, other = await standing.register(fresh()), await standing.register(fresh())
    number = fresh()
    answers = await asyncio.gather(*(opened(standing, customer, number=number) for customer in (one, other, one, other)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"INTENT_NUMBER_TAKEN"}


async def test_the_words_of_an_intent_are_personal(cards: Cards) -> None:
    customer = await cards.register()
    intent = await opened(cards, customer, text="Mrs Li wants two")
    path = intent.headers["Location"]
    assert (await cards.get(path)).json()["text"] == "Mrs Li wants two"
    assert "Mrs Li" not in await cards.pool.fetchval("SELECT string_agg(body::text, '') FROM cards.events")
    async with serving(build_api(cards.settings), cards.folder, ["cards.intent.read"]) as poor:
        assert "text" not in (await poor.get(path)).json()
    erased = await cards.erase(customer)
    assert "text" not in (await cards.get(path)).json()
    late = await opened(cards, customer)
    assert (late.status_code, late.json()["code"]) == (410, "CUSTOMER_ERASED")
    position = erased.headers["Regulars-Position"]
    assert (await cards.get("/v1/intents", min_position=position)).json()["items"] == []


async def test_what_an_intent_needs(standing: Cards) -> None:
    nobody = await opened(standing, uuid4())
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    customer = await standing.register(fresh())
    future = await opened(standing, customer, opened_on=day(1))
    assert (future.status_code, future.json()["code"]) == (422, "DAY_IN_FUTURE")
    assert (await opened(standing, customer, "D")).status_code == 422
    unknown = await step(standing, str(uuid4()), "grade", 1, grade="A")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "INTENT_UNKNOWN")
    intent = (await opened(standing, customer)).json()["id"]
    assert (await step(standing, intent, "grade", 1, grade="B")).status_code == 200
    stale = await step(standing, intent, "grade", 1, grade="A")
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
