"""Visits and the custody of cards over HTTP: each card goes out with its own salesperson, for a visit of the day, and comes back."""

from __future__ import annotations

import asyncio
import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.domain.identity import visits_stream
from services.cards.handlers import custody
from services.cards.read_models.visits import VISITS
from services.cards.wiring import run_work, utc_now
from shared.auth.roles import ROLES
from shared.contracts.event import Event
from shared.contracts.visits import CardCheckedOut, CardReturned, CardReturnOverdue, VisitCancelled, VisitPlanned
from shared.projections.rebuild import rebuild
from shared.projections.verify import verify_read_models
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, PoolOf, fresh, somebody
from tests.integration.following_twice import follow_to_the_end
from tests.integration.running import key, record, working

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(days: int = 0) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def send(client: httpx.AsyncClient, customer: UUID, what: str, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/customers/{customer}/{what}", json=body, headers=key())


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def served(cards: Cards, person: str) -> UUID:
    answer = await cards.post(
        "/v1/customers",
        {
            "kind": "COMPANY",
            "name": "Hua Xin",
            "area_id": "EAST",
            "salesperson_id": person,
            "external_ids": [{"system": "erp", "value": fresh()}],
        },
    )
    assert answer.status_code == 201, answer.text
    customer = UUID(answer.json()["customer_id"])
    # Whom a salesperson reaches is known when the list has heard of the customer.
    await cards.get("/v1/customers", min_position=answer.headers["Regulars-Position"])
    return customer


@pytest.mark.requirement("S0.13", "S0.14", "S1.4", "S3.46", "S3.47")
async def test_a_salesperson_takes_the_card_of_todays_visit_reads_it_and_returns_it(cards: Cards) -> None:
    customer, other = await served(cards, "E-12"), await served(cards, "E-12")
    async with somebody(cards, "salesperson", "E-12") as wang:
        planned = await send(wang, customer, "visits", planned_on=day())
        assert (planned.status_code, planned.json()["salesperson_id"]) == (201, "E-12")
        assert (await send(wang, other, "visits", planned_on=day(1))).status_code == 201
        # Only the cards of the day.
        assert refusal(await send(wang, other, "check-out")) == (409, "NO_VISIT_TODAY")
        assert (await wang.get(f"/v1/customers/{customer}")).status_code == 200
        out = await send(wang, customer, "check-out")
        assert (out.status_code, out.json()["state"]) == (200, "OUT")
        assert refusal(await send(wang, customer, "check-out")) == (409, "CARD_IS_OUT")
        where = (await wang.get(f"/v1/customers/{customer}/custody")).json()
        assert (where["card"], where["with"], where["due_on"]) == ("OUT", "E-12", day())
        position = out.headers["Regulars-Position"]
        [shown] = (await wang.get("/v1/visits", params={"day": day(), "min_position": position})).json()["items"]
        assert (shown["customer_id"], shown["card"], shown["name"]) == (str(customer), "OUT", "Hua Xin")
        assert shown["card_read_at"] <= shown["out_at"]
        back = await send(wang, customer, "return")
        assert (back.status_code, back.json()["state"]) == (200, "RETURNED")
        assert refusal(await send(wang, customer, "return")) == (409, "CARD_IS_IN")
        [shown] = (
            await wang.get("/v1/visits", params={"card": "RETURNED", "min_position": back.headers["Regulars-Position"]})
        ).json()["items"]
        assert shown["out_at"] < shown["back_at"]
        # The visit of tomorrow: nobody has read the card yet.
        [tomorrow] = (await wang.get("/v1/visits", params={"day": day(1)})).json()["items"]
        assert "card_read_at" not in tomorrow and "card" not in tomorrow
    history = (await cards.get(f"/v1/customers/{customer}/custody")).json()
    assert [one["did"] for one in history["history"]] == ["RETURNED", "CHECKED_OUT"] and history["card"] == "IN"
    assert await cards.events(f"visits-{customer}") == ["visit-planned", "card-checked-out", "card-returned"]


@pytest.mark.requirement("S0.13", "S0.23", "S3.47")
async def test_nobody_takes_the_card_of_somebody_elses_customer(cards: Cards) -> None:
    customer = await served(cards, "E-12")
    async with somebody(cards, "salesperson", "E-13") as li:
        for what in ("visits", "check-out", "return"):
            body = {"planned_on": day()} if what == "visits" else {}
            assert refusal(await send(li, customer, what, **body)) == (404, "CUSTOMER_UNKNOWN")
        assert (await li.get(f"/v1/customers/{customer}/custody")).status_code == 404
        assert (await li.get("/v1/visits")).json()["items"] == []
        # Nor in somebody else's name.
        mine = await served(cards, "E-13")
        named = await send(li, mine, "visits", planned_on=day(), salesperson_id="E-12")
        assert (named.status_code, named.json()["errors"][0]["code"]) == (422, "NOT_YOURSELF")
    # Whoever reaches everybody may send for others, and the rule stays.
    assert (await send(cards.client, customer, "visits", planned_on=day(), salesperson_id="E-13")).status_code == 201
    assert refusal(await send(cards.client, customer, "check-out", salesperson_id="E-13")) == (409, "NOT_THEIR_CUSTOMER")
    unnamed = await send(cards.client, customer, "check-out")
    assert (unnamed.status_code, unnamed.json()["errors"][0]["pointer"]) == (422, "#/salesperson_id")


@pytest.mark.requirement("S0.23", "S2.14", "S3.45")
async def test_the_keeper_sees_what_is_out_and_takes_it_back(cards: Cards) -> None:
    customer = await served(cards, "E-12")
    async with somebody(cards, "salesperson", "E-12") as wang, somebody(cards, "custodian") as keeper:
        await send(wang, customer, "visits", planned_on=day())
        out = await send(wang, customer, "check-out")
        params = {"card": "OUT", "min_position": out.headers["Regulars-Position"]}
        [shown] = (await keeper.get("/v1/visits", params=params)).json()["items"]
        assert (shown["customer_id"], shown["salesperson_id"]) == (str(customer), "E-12")
        assert (await send(keeper, customer, "return")).status_code == 200
    assert "cards.visit.write" not in ROLES["credit_controller"].scopes
    async with somebody(cards, "credit_controller") as controller:
        assert refusal(await send(controller, customer, "check-out")) == (403, "SCOPE_MISSING")


async def hand_over(cards: Cards, customer: UUID, person: str) -> httpx.Response:
    version = (await cards.get(f"/v1/customers/{customer}")).headers["ETag"]
    body = {"area_id": "EAST", "salesperson_id": person}
    changed = await cards.client.put(f"/v1/customers/{customer}/assignment", json=body, headers={**key(), "If-Match": version})
    assert changed.status_code == 200, changed.text
    return changed


@pytest.mark.requirement("S0.14", "S3.47")
async def test_who_has_the_card_returns_it_though_somebody_else_serves_the_customer_by_now(cards: Cards) -> None:
    customer = await served(cards, "E-12")
    async with somebody(cards, "salesperson", "E-12") as wang, somebody(cards, "salesperson", "E-13") as li:
        await send(wang, customer, "visits", planned_on=day())
        assert (await send(wang, customer, "check-out")).status_code == 200
        moved = await hand_over(cards, customer, "E-13")
        await cards.get("/v1/customers", min_position=moved.headers["Regulars-Position"])
        # Nothing else of the customer is known to whoever served it.
        for what in ("", "/custody", "/dossier"):
            assert (await wang.get(f"/v1/customers/{customer}{what}")).status_code == 404
        assert refusal(await send(wang, customer, "check-out")) == (404, "CUSTOMER_UNKNOWN")
        assert refusal(await send(li, customer, "return")) == (409, "CARD_HELD_BY_ANOTHER")
        once = key()
        path = f"/v1/customers/{customer}/return"
        back, again = [await wang.post(path, json={}, headers=once) for _ in range(2)]
        assert (back.status_code, back.json()["state"]) == (200, "RETURNED")
        assert (again.content, again.headers["Idempotent-Replayed"]) == (back.content, "true")
        # The next one takes it, and then the former knows of it no more.
        await send(li, customer, "visits", planned_on=day())
        assert (await send(li, customer, "check-out")).status_code == 200
        assert refusal(await send(wang, customer, "return")) == (404, "CUSTOMER_UNKNOWN")


async def test_a_card_does_not_go_out_with_who_loses_the_customer_at_this_moment(
    api: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INVARIANT: a card goes out with who serves the customer when it goes out; breaks when who serves is read apart from the append."""
    answer = await api.post("/v1/customers", {"kind": "COMPANY", "name": "Hua Xin", "area_id": "EAST", "salesperson_id": "E-12"})
    customer = UUID(answer.json()["customer_id"])
    assert (await send(api.client, customer, "visits", planned_on=day(), salesperson_id="E-12")).status_code == 201
    begin, moved = custody.begin, []

    async def handed_over_first(*given: Any) -> Any:
        if not moved:
            moved.append(await hand_over(api, customer, "E-13"))
        return await begin(*given)

    monkeypatch.setattr(custody, "begin", handed_over_first)
    assert refusal(await send(api.client, customer, "check-out", salesperson_id="E-12")) == (409, "NOT_THEIR_CUSTOMER")
    assert await api.events(f"visits-{customer}") == ["visit-planned"]


async def test_ten_who_want_a_card_at_once_are_not_all_given_it(cards: Cards) -> None:
    """INVARIANT: a card is with one person at a time; breaks when the append expects any version."""
    customer = await served(cards, "E-12")
    await send(cards.client, customer, "visits", planned_on=day(), salesperson_id="E-12")
    answers = await asyncio.gather(*(send(cards.client, customer, "check-out", salesperson_id="E-12") for _ in range(10)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200 and set(statuses[1:]) <= {409, 503}
    assert (await cards.events(f"visits-{customer}")).count("card-checked-out") == 1


async def test_a_repeated_request_takes_the_card_once_and_a_refusal_stays_one(api: Cards) -> None:
    answer = await api.post("/v1/customers", {"kind": "COMPANY", "name": "Hua Xin", "salesperson_id": "E-12"})
    customer = UUID(answer.json()["customer_id"])
    once = key()

    async def again(what: str, body: dict[str, Any]) -> httpx.Response:
        return await api.client.post(f"/v1/customers/{customer}/{what}", json=body, headers=once)

    refused = await again("check-out", {"salesperson_id": "E-12"})
    assert refusal(refused) == (409, "NO_VISIT_TODAY")
    assert (await again("check-out", {"salesperson_id": "E-12"})).json()["code"] == "NO_VISIT_TODAY"
    plan = {"planned_on": day(), "salesperson_id": "E-12"}
    first, second = await again("visits", plan), await again("visits", plan)
    assert first.content == second.content and second.headers["Idempotent-Replayed"] == "true"
    cancelled = await send(api.client, customer, f"visits/{first.json()['visit_id']}/cancellation")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "CANCELLED")
    assert refusal(await send(api.client, customer, f"visits/{uuid4()}/cancellation")) == (404, "VISIT_UNKNOWN")
    past = await send(api.client, customer, "visits", planned_on=day(-1), salesperson_id="E-12")
    assert refusal(past) == (422, "VISIT_IN_PAST")
    assert refusal(await send(api.client, uuid4(), "check-out", salesperson_id="E-12")) == (404, "CUSTOMER_UNKNOWN")


@pytest.mark.requirement("S0.14", "S3.47")
async def test_a_card_that_is_not_back_by_the_end_of_the_day_is_a_fact_on_the_topic(api: Cards) -> None:
    answer = await api.post("/v1/customers", {"kind": "COMPANY", "name": "Hua Xin", "salesperson_id": "E-12"})
    customer = UUID(answer.json()["customer_id"])
    assert (await send(api.client, customer, "visits", planned_on=day(), salesperson_id="E-12")).status_code == 201
    assert (await send(api.client, customer, "check-out", salesperson_id="E-12")).status_code == 200
    async with working(run_work(api.settings)):

        async def listed(card: str) -> list[Any]:
            return list((await api.get("/v1/visits", card=card)).json()["items"])

        async def out() -> bool:
            return len(await listed("OUT")) == 1

        await eventually(out)
    # It is tomorrow.
    async with working(run_work(api.settings, lambda: utc_now() + timedelta(days=1))):

        async def overdue() -> bool:
            return len(await listed("OVERDUE")) == 1

        await eventually(overdue)
        events = await api.pool.fetch(
            "SELECT type, body::text, occurred_at FROM cards.published_events WHERE stream = $1 ORDER BY version",
            f"visits-{customer}",
        )
        assert [row["type"].split(".")[2] for row in events] == ["visit-planned", "card-checked-out", "card-return-overdue"]
        assert f'"due_on": "{day()}"' in events[-1]["body"] and '"salesperson_id": "E-12"' in events[-1]["body"]
    # The next process tells nothing twice, and the card still comes back.
    async with working(run_work(api.settings, lambda: utc_now() + timedelta(days=2))):
        back = await send(api.client, customer, "return")
        assert back.status_code == 200
        position = back.headers["Regulars-Position"]
        [shown] = (await api.get("/v1/visits", card="RETURNED", min_position=position)).json()["items"]
        assert shown["customer_id"] == str(customer)
    assert (await api.events(f"visits-{customer}")).count("card-return-overdue") == 1


async def test_doubled_and_split_deliveries_change_nothing(api: Cards, pool_of: PoolOf) -> None:
    chance = random.Random(8)
    for stream, customer, event in _happenings(chance):
        await record(api.pool, "cards", [(stream, customer, event)])
    stores = {"cards": api.pool}
    await follow_to_the_end(api.pool, "cards", stores, (VISITS,), seed=3)
    assert await verify_read_models(api.pool, "cards", (VISITS,), stores) == []
    assert await api.pool.fetchval("SELECT count(*) FROM cards.visits_a") == 40
    assert await api.pool.fetchval("SELECT count(*) FROM cards.parked") == 0
    rebuilder = await pool_of(api.database, "cards_rebuild")
    done = await rebuild(pool=rebuilder, schema="cards", model=VISITS, stores={"cards": rebuilder})
    assert (done.slot, done.compared) == ("b", True)


def _happenings(chance: random.Random) -> list[tuple[str, UUID, Event]]:
    customers, found = [uuid4() for _ in range(6)], []
    for _ in range(40):
        customer, on = chance.choice(customers), date(2026, 1, 1) + timedelta(days=chance.randrange(60))
        of: dict[str, Any] = {"visit_id": uuid4(), "customer_id": customer, "salesperson_id": chance.choice(["E-12", "E-13"])}
        events: list[Event] = [VisitPlanned(**of, planned_on=on)]
        if chance.random() < 0.2:
            events.append(VisitCancelled(**of, planned_on=on))
        elif chance.random() < 0.8:
            events.append(CardCheckedOut(**of, due_on=on))
            events += [CardReturnOverdue(**of, due_on=on)] * (chance.random() < 0.5)
            events += [CardReturned(**of, due_on=on, returned_on=on)] * (chance.random() < 0.7)
        found += [(visits_stream(customer), customer, event) for event in events]
    return found
