"""Dealers and their sub-distributors over HTTP: a hierarchy that never becomes a circle, also when two change it at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.integration.cards.conftest import Cards, fresh
from tests.integration.running import key

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def put_under(cards: Cards, customer: UUID, dealer: UUID, valid_from: str | None = None) -> httpx.Response:
    """On the newest version of the customer's card."""
    version = int((await cards.get(f"/v1/customers/{customer}")).headers["ETag"].strip('"'))
    body = {"dealer_id": str(dealer)} | ({} if valid_from is None else {"valid_from": valid_from})
    return await cards.put(f"/v1/customers/{customer}/dealer", body, version)


async def take_away(cards: Cards, customer: UUID, valid_from: str | None = None) -> httpx.Response:
    version = (await cards.get(f"/v1/customers/{customer}")).headers["ETag"]
    query = {} if valid_from is None else {"valid_from": valid_from}
    return await cards.client.delete(f"/v1/customers/{customer}/dealer", params=query, headers={**key(), "If-Match": version})


async def several(cards: Cards, count: int) -> list[UUID]:
    return [await cards.register(fresh(), name=f"Company {n}") for n in range(count)]


@pytest.mark.requirement("S1.3", "S4.1")
async def test_a_dealer_has_sub_distributors_and_those_have_theirs(cards: Cards) -> None:
    dealer, wholesaler, shop, other = await several(cards, 4)
    first = await put_under(cards, wholesaler, dealer, day(-9))
    under = await put_under(cards, shop, wholesaler)
    elsewhere = await put_under(cards, other, shop)
    left = await take_away(cards, other)
    assert [answer.status_code for answer in (first, under, elsewhere, left)] == [200, 200, 200, 200]
    position = ",".join(answer.headers["Regulars-Position"] for answer in (first, under, left))
    path = f"/v1/customers/{dealer}/sub-distributors"
    tree = (await cards.get(path, min_position=position)).json()["items"]
    assert tree == [
        {"customer_id": str(wholesaler), "dealer_id": str(dealer), "since": day(-9), "depth": 1, "name": "Company 1"},
        {"customer_id": str(shop), "dealer_id": str(wholesaler), "since": day(0), "depth": 2, "name": "Company 2"},
    ]
    first = (await cards.get(path, limit=1)).json()
    second = (await cards.get(path, limit=1, cursor=first["next_cursor"])).json()
    assert [*first["items"], *second["items"]] == tree
    assert second.get("next_cursor") is None
    card = (await cards.get(f"/v1/customers/{shop}")).json()
    assert (card["channel"], card["dealer_id"], card["dealer_since"]) == ("INDIRECT", str(wholesaler), day(0))
    assert (await cards.get(f"/v1/customers/{other}")).json()["channel"] == "DIRECT"
    indirect = (await cards.get("/v1/customers", where="dealer_id!=")).json()["items"]
    assert {(item["customer_id"], item["channel"]) for item in indirect} == {(str(one), "INDIRECT") for one in (wholesaler, shop)}
    direct = (await cards.get("/v1/customers", where="dealer_id=")).json()["items"]
    assert (str(other), "DIRECT") in {(item["customer_id"], item["channel"]) for item in direct}
    view = await cards.dashboard("SELECT customer_id, dealer_id FROM cards.public_sub_distributors")
    assert {tuple(row) for row in view} == {(wholesaler, dealer), (shop, wholesaler)}
    # Who is erased stays a link in the chain, without a name.
    gone = await cards.erase(wholesaler)
    left_over = (await cards.get(path, min_position=gone.headers["Regulars-Position"])).json()["items"]
    assert [(item["customer_id"], item["depth"]) for item in left_over] == [(str(wholesaler), 1), (str(shop), 2)]


@pytest.mark.requirement("S1.3")
async def test_a_hierarchy_that_would_become_a_circle_is_refused(standing: Cards) -> None:
    top, middle, bottom = await several(standing, 3)
    itself = await put_under(standing, top, top)
    assert (itself.status_code, itself.json()["code"]) == (409, "HIERARCHY_CYCLE")
    assert (await put_under(standing, middle, top)).status_code == 200
    assert (await put_under(standing, bottom, middle)).status_code == 200
    circle = await put_under(standing, top, bottom)
    assert (circle.status_code, circle.json()["code"]) == (409, "HIERARCHY_CYCLE")
    assert await standing.events(f"card-{top}") == ["customer-registered"]
    assert (await take_away(standing, bottom)).status_code == 200
    # Yesterday it was no circle yet, but from today on it would be one with `middle` under `top`.
    backdated = await put_under(standing, top, middle, day(-1))
    assert (backdated.status_code, backdated.json()["code"]) == (409, "HIERARCHY_CYCLE")
    assert (await put_under(standing, top, bottom)).status_code == 200


@pytest.mark.requirement("S1.3")
async def test_two_requests_at_once_make_no_circle(standing: Cards) -> None:
    """INVARIANT: each alone is fine, both would be a circle; breaks when a change does not wait for the one before it."""
    for _ in range(5):
        ring = await several(standing, 4)
        asked = [put_under(standing, one, other) for one, other in pairwise([*ring, ring[0]])]
        answers = await asyncio.gather(*asked)
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200, 200, 200, 409]
        assert [answer.json()["code"] for answer in answers if answer.status_code == 409] == ["HIERARCHY_CYCLE"]


@pytest.mark.requirement("S1.3")
async def test_merged_cards_stand_in_the_hierarchy_as_one_customer(cards: Cards) -> None:
    dealer, second, shop, stranger = await several(cards, 4)
    under = await put_under(cards, shop, second)
    assert under.status_code == 200
    assert (await put_under(cards, second, dealer)).status_code == 200

    async def merge(lead: UUID, other: UUID) -> httpx.Response:
        version = (await cards.get(f"/v1/customers/{lead}")).headers["ETag"]
        return await cards.post(f"/v1/customers/{lead}/merge", {"merged_id": str(other)}, {"If-Match": version})

    circle = await merge(shop, dealer)
    assert (circle.status_code, circle.json()["code"]) == (409, "HIERARCHY_CYCLE")
    assert (await take_away(cards, second)).status_code == 200
    merged = await merge(dealer, second)
    assert merged.status_code == 200, merged.text
    position = ",".join(answer.headers["Regulars-Position"] for answer in (under, merged))
    tree = (await cards.get(f"/v1/customers/{dealer}/sub-distributors", min_position=position)).json()["items"]
    assert [(item["customer_id"], item["depth"]) for item in tree] == [(str(shop), 1)]
    back = await put_under(cards, dealer, shop)
    assert (back.status_code, back.json()["code"]) == (409, "HIERARCHY_CYCLE")
    for customer, new in ((second, stranger), (stranger, second)):
        led = await put_under(cards, customer, new)
        assert (led.status_code, led.json()["code"], led.json()["lead_id"]) == (409, "CUSTOMER_MERGED", str(dealer))


async def test_what_a_change_of_the_hierarchy_needs(standing: Cards) -> None:
    customer, dealer = await several(standing, 2)
    nobody = await put_under(standing, customer, uuid4())
    assert (nobody.status_code, nobody.json()["code"]) == (404, "DEALER_UNKNOWN")
    free = await take_away(standing, customer)
    assert (free.status_code, free.json()["code"]) == (409, "NOT_UNDER_DEALER")
    future = await put_under(standing, customer, dealer, day(1))
    assert (future.status_code, future.json()["code"]) == (422, "VALID_FROM_IN_FUTURE")
    blind = await standing.put(f"/v1/customers/{customer}/dealer", {"dealer_id": str(dealer)}, None)
    assert (blind.status_code, blind.json()["code"]) == (428, "IF_MATCH_MISSING")
    assert (await put_under(standing, customer, dealer)).status_code == 200
    stale = await standing.put(f"/v1/customers/{customer}/dealer", {"dealer_id": str(dealer)}, 1)
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    stranger = await standing.put(f"/v1/customers/{uuid4()}/dealer", {"dealer_id": str(dealer)}, 1)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    assert (await standing.get(f"/v1/customers/{uuid4()}/sub-distributors")).status_code == 404
    await standing.erase(dealer)
    other = await standing.register(fresh())
    gone = await put_under(standing, other, dealer)
    assert (gone.status_code, gone.json()["code"]) == (404, "DEALER_UNKNOWN")
