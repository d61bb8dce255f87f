"""Salespeople know their own customers, superiors those of their areas: over HTTP, in every list, and while customers change hands."""

from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter

from services.cards.api import ROUTERS
from services.cards.api.reach import REACH
from shared.audit.reads import Reads
from shared.auth.keys import KeyRing
from shared.privacy.secrets import load_secrets
from shared.testing.eventually import eventually
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.routes import strict_routes
from shared.web.scope import scope
from tests.integration.cards.conftest import Cards
from tests.integration.cards.selling import NAMES, NEXT_WEEK, TELEPHONES, TODAY, caught_up, commanded, people, selling

LISTED = sorted(
    route.path
    for route in strict_routes(ROUTERS, lambda tag, name: f"{tag}_{name}")
    if route.reach.manner == "listed" and "GET" in (route.methods or ()) and "{" not in route.path
)
APART = {"/v1/customers/stream", "/v1/trade-check"}
"""What is asked in another way than by the page; each has a test of its own."""


async def seen_in(client: httpx.AsyncClient, path: str) -> str:
    found = await client.get(path)
    assert found.status_code == 200, (path, found.text)
    return found.text


@pytest.mark.requirement("S0.23", "S3.45")
async def test_lists_of_a_salesperson_are_of_own_customers_and_those_of_a_superior_of_the_areas(cards: Cards) -> None:
    made = await selling(cards)
    async with people(cards, E_44="salesperson", E_07="supervisor", E_99="salesperson") as who:
        for path in sorted(set(LISTED) - APART):
            whole = await seen_in(cards.client, path)
            own, areas, none = [await seen_in(who[one], path) for one in ("E-44", "E-07", "E-99")]
            assert not {sign for sign in made.signs("colleague", "far", "nobody") if sign in own}, path
            assert not {sign for sign in made.signs("far", "nobody") if sign in areas}, path
            assert not {sign for sign in made.signs(*NAMES) if sign in none}, path
            # What everybody's list shows of one, the own list shows of the own one.
            assert {sign for sign in made.own_signs("own") if sign in whole} == {
                sign for sign in made.own_signs("own") if sign in own
            }, path
            assert {sign for sign in made.own_signs("colleague") if sign in whole} == {
                sign for sign in made.own_signs("colleague") if sign in areas
            }, path


@pytest.mark.requirement("S0.23")
async def test_a_foreign_customer_looks_like_an_unknown_one(cards: Cards) -> None:
    made = await selling(cards)
    unknown = "0190f7a4-1111-7000-8000-000000000009"
    async with people(cards, E_44="salesperson", E_07="supervisor") as who:
        for template, ids, unknown_code in (
            ("/v1/customers/{}", {one: str(customer) for one, customer in made.customers.items()}, "CUSTOMER_UNKNOWN"),
            ("/v1/customers/{}/dossier", {one: str(customer) for one, customer in made.customers.items()}, "CUSTOMER_UNKNOWN"),
            ("/v1/promises/{}", made.promises, "PROMISE_UNKNOWN"),
            ("/v1/intents/{}", made.intents, "INTENT_UNKNOWN"),
        ):
            none = without_place(await who["E-44"].get(template.format(unknown)))
            assert none["code"] == unknown_code
            for one, identity in ids.items():
                for person, known in (("E-44", {"own"}), ("E-07", {"own", "colleague"})):
                    # However an id is written, it is the same one; in another form it is none.
                    assert (await who[person].get(template.format(identity.replace("-", "")))).status_code in (404, 422)
                    for written in (identity, identity.upper()):
                        answer = await who[person].get(template.format(written))
                        if one in known:
                            assert answer.status_code == 200, (person, template, one, answer.text)
                        else:
                            assert (answer.status_code, without_place(answer)) == (404, none), (person, template, one)


def without_place(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "trace_id")}


@pytest.mark.requirement("S0.23")
async def test_nothing_is_said_or_changed_about_a_foreign_customer(cards: Cards) -> None:
    made = await selling(cards)
    promise = {"made_by": "CUSTOMER", "kind": "CALL_BACK", "due_on": "2027-01-04"}
    async with people(cards, E_44="salesperson") as who:
        one = who["E-44"]
        before = await cards.pool.fetchval("SELECT count(*) FROM cards.events")
        for foreign in ("colleague", "far", "nobody"):
            path = f"/v1/customers/{made.customers[foreign]}"
            for method, more, body in (
                ("PUT", "/marks", {"nature": "MINE"}),
                ("POST", "/promises", promise),
                ("POST", "/external-ids", {"system": "erp", "value": "K-9"}),
                ("PUT", "/dealer", {"dealer_id": str(made.customers["own"])}),
            ):
                answer = await commanded(one, method, path + more, body, 2)
                assert (answer.status_code, answer.json()["code"]) == (404, "CUSTOMER_UNKNOWN"), (foreign, more)
            broken = await commanded(one, "POST", f"/v1/promises/{made.promises[foreign]}/broken", {}, 1)
            assert broken.json()["code"] == "PROMISE_UNKNOWN"
            # Nor is an own customer put under somebody whom one does not know.
            under = {"dealer_id": str(made.customers[foreign])}
            answer = await commanded(one, "PUT", f"/v1/customers/{made.customers['own']}/dealer", under, 2)
            assert (answer.status_code, answer.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
        assert await cards.pool.fetchval("SELECT count(*) FROM cards.events") == before
        said = await commanded(one, "POST", f"/v1/customers/{made.customers['own']}/promises", promise)
        assert said.status_code == 201, said.text


@pytest.mark.requirement("S0.23")
async def test_foreign_persons_and_numbers_are_not_found(cards: Cards) -> None:
    made = await selling(cards)
    async with people(cards, E_44="salesperson", E_07="supervisor") as who:
        for person, known in (("E-44", {"own"}), ("E-07", {"own", "colleague"})):
            for one in NAMES:
                found = await who[person].post("/v1/customers/search", json={"telephone": TELEPHONES[one]})
                expected = [{"customer_id": str(made.persons[one])}] if one in known else []
                assert found.json()["items"] == expected, (person, one)
                listed = await who[person].get("/v1/customers", params={"external_id": f"erp:K-{one}"})
                assert len(listed.json()["items"]) == (one in known)
        # A trade check needs a scope that superiors have.
        none = without_place(await who["E-07"].get("/v1/trade-check", params={"external_id": "erp:K-nowhere"}))
        for one in NAMES:
            checked = await who["E-07"].get("/v1/trade-check", params={"external_id": f"erp:K-{one}"})
            assert checked.status_code == 200 if one in ("own", "colleague") else without_place(checked) == none


@pytest.mark.requirement("S0.23")
async def test_figures_are_those_of_the_own_customers(cards: Cards) -> None:
    await selling(cards)
    async with people(cards, E_44="salesperson", E_07="supervisor") as who:
        for client, sold, keepers in ((who["E-44"], "100.00", {"E-44"}), (who["E-07"], "200.00", {"E-44", "E-46"})):
            for by in ("customer", "salesperson", "area", "company"):
                query = {"by": by}
                results = (await client.get("/v1/results", params=query)).json()
                if "total" in results:
                    assert [one["net"] for one in results["total"]] == [sold], (by, results)
            balance = (await client.get("/v1/balance", params={"by": "salesperson"})).json()
            assert {one["salesperson_id"] for one in balance["items"]} == keepers
            kept = (await client.get("/v1/card-health/salespeople")).json()
            assert {one["salesperson_id"]: one["cards"] for one in kept["items"]} == dict.fromkeys(keepers, 2)


@pytest.mark.requirement("S0.23")
async def test_what_is_about_everybody_is_for_those_who_keep_everybody(cards: Cards) -> None:
    async with people(cards, E_44="salesperson", E_07="supervisor") as who:
        for one in who.values():
            registered = await commanded(one, "POST", "/v1/customers", {"kind": "COMPANY", "name": "New Gate"})
            assert (registered.status_code, registered.json()["code"]) == (403, "ROWS_LIMITED")
            for path in ("/v1/areas", "/v1/salespeople", "/v1/lists"):
                assert (await one.get(path)).status_code == 200


@pytest.mark.requirement("S0.23", "S2.14")
async def test_a_customer_who_changes_hands_is_the_next_one_s_at_once(cards: Cards) -> None:
    made = await selling(cards)
    path = f"/v1/customers/{made.customers['own']}"
    async with people(cards, E_44="salesperson", E_45="salesperson", E_07="supervisor", E_09="supervisor") as who:
        position = await made.moved("own", "WEST", "E-45")

        # Reading one's own write: whoever gives the position is not told that the customer is unknown.
        async def answered() -> int | None:
            code = (await who["E-45"].get(path, params={"min_position": position})).status_code
            return None if code == 503 else code

        assert await eventually(answered) == 200
        await caught_up(cards, [position])
        codes = {person: (await one.get(path)).status_code for person, one in who.items()}
        assert codes == {"E-44": 404, "E-45": 200, "E-07": 404, "E-09": 200}
        for listed in sorted(set(LISTED) - APART):
            text = await seen_in(who["E-44"], listed)
            assert str(made.customers["own"]) not in text


@pytest.mark.requirement("S0.23", "S2.14")
async def test_while_customers_change_hands_no_list_shows_one_that_is_another_s(cards: Cards) -> None:
    made = await selling(cards)
    seen = {"E-44": 0, "E-45": 0}

    async def to_and_fro() -> None:
        for n in range(20):
            area_id, person = ("WEST", "E-45") if n % 2 == 0 else ("SHANGHAI", "E-44")
            await made.moved("own", area_id, person)
            if n % 10 > 7:
                # Now and then it stays until it was seen; most of the time the next change is there before the lists know of this one.
                before = seen[person]
                await eventually(partial(shown_again, person, before), timeout=30.0)

    async def shown_again(person: str, before: int) -> bool:
        return seen[person] > before

    async with people(cards, E_44="salesperson", E_45="salesperson") as who:
        moving = asyncio.create_task(to_and_fro())
        while not moving.done():
            for person, one in who.items():
                for path in ("/v1/customers", "/v1/receivables", "/v1/promises", "/v1/balance"):
                    answer = await one.get(path)
                    if answer.status_code == 503:
                        continue
                    items = answer.json()["items"]
                    assert {item.get("salesperson_id", person) for item in items} <= {person}, path
                    seen[person] += str(made.customers["own"]) in str(items)
        await moving
    assert min(seen.values()) > 0


@pytest.mark.requirement("S2.14")
async def test_who_leads_an_area_from_today_on_sees_its_customers_and_the_one_before_no_longer(cards: Cards) -> None:
    made = await selling(cards)
    async with people(cards, E_07="supervisor", E_08="supervisor") as who:
        path = f"/v1/customers/{made.customers['own']}"
        assert [(await who[one].get(path)).status_code for one in ("E-07", "E-08")] == [200, 404]
        await cards.put("/v1/areas/EAST/superior", {"superior_id": "E-08"}, None)

        async def handed_over() -> bool:
            return [(await who[one].get(path)).status_code for one in ("E-07", "E-08")] == [404, 200]

        await eventually(handed_over)


@pytest.mark.requirement("S0.23")
async def test_a_merged_card_goes_with_the_one_that_leads(cards: Cards) -> None:
    made = await selling(cards)
    lead, other = made.customers["far"], made.customers["own"]
    version = int((await cards.get(f"/v1/customers/{lead}")).headers["ETag"].strip('"'))
    merged = await commanded(cards.client, "POST", f"/v1/customers/{lead}/merge", {"merged_id": str(other)}, version)
    assert merged.status_code == 200, merged.text
    await caught_up(cards, [merged.headers["Regulars-Position"]])
    async with people(cards, E_44="salesperson", E_45="salesperson") as who:
        for customer in (lead, other):
            codes = [(await who[one].get(f"/v1/customers/{customer}")).status_code for one in ("E-44", "E-45")]
            assert codes == [404, 200]


@pytest.mark.requirement("S0.23")
async def test_a_stream_and_a_file_tell_of_own_customers_only(cards: Cards) -> None:
    made = await selling(cards)
    async with people(cards, E_44="salesperson", E_07="supervisor") as who:
        for person, foreign in (("E-44", ("colleague", "far", "nobody")), ("E-07", ("far", "nobody"))):
            for query in ({}, {"salesperson_id": "E-45"}, {"area_id": "WEST"}, {"customer_id": str(made.customers["far"])}):
                told = await who[person].get(
                    "/v1/customers/stream", params={"for_seconds": 1, **query}, headers={"Last-Event-ID": "1.1.1"}
                )
                assert told.status_code == 200, told.text
                assert not {sign for sign in made.signs(*foreign) if sign in told.text}, (person, query)
                assert query or str(made.customers["own"]) in told.text
            file = (await who[person].get("/v1/customers.csv")).text
            assert str(made.customers["own"]) in file
            assert not {sign for sign in made.signs(*foreign) if sign in file}


@pytest.mark.requirement("S0.23")
async def test_a_stream_resumed_from_long_ago_tells_nothing_of_who_was_ones_customer_once(cards: Cards) -> None:
    made = await selling(cards)
    visit = await cards.post(f"/v1/customers/{made.customers['far']}/visits", {"salesperson_id": "E-44", "planned_on": NEXT_WEEK})
    assert visit.status_code == 201, visit.text
    await caught_up(cards, [visit.headers["Regulars-Position"], await made.moved("own", "WEST", "E-45")])
    async with people(cards, E_44="salesperson", E_07="supervisor", E_45="salesperson") as who:
        told = {
            person: (await client.get("/v1/customers/stream?for_seconds=1", headers={"Last-Event-ID": "1.1.1"})).text
            for person, client in who.items()
        }
        own, far = str(made.customers["own"]), str(made.customers["far"])
        assert own in told["E-45"] and far in told["E-45"]
        assert own not in told["E-44"] and far not in told["E-44"] and str(made.persons["own"]) in told["E-44"]
        assert own not in told["E-07"] and far not in told["E-07"] and str(made.persons["own"]) in told["E-07"]


@pytest.mark.requirement("S0.23")
async def test_an_answer_about_a_customer_who_changes_hands_meanwhile_does_not_leave(cards: Cards) -> None:
    made = await selling(cards)
    router = APIRouter()

    @router.get("/v1/customers/{customer_id}/slow", dependencies=[scope("cards.customer.read")])
    async def slow(customer_id: UUID) -> dict[str, str]:
        if customer_id == made.customers["own"]:
            await caught_up(cards, [await made.moved("own", "WEST", "E-45")])
        return {"name": "what was read"}

    async with people(cards, E_44="salesperson", E_45="salesperson") as who:
        ring = KeyRing(cards.folder / "keys.json", load_secrets(cards.folder).pepper, cards.settings.environment)
        app = create_app(service="cards", title="Slow", routers=[router], keys=ring, ready=nothing_to_wait_for, reach=REACH)
        app.state.deps = SimpleNamespace(pool=cards.pool, today=lambda: TODAY)
        app.state.reads = Reads(cards.pool, "cards")
        for person, which, status in (("E-44", "own", 404), ("E-45", "far", 200)):
            key = who[person].headers["Authorization"]
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://slow") as client:
                path = f"/v1/customers/{made.customers[which]}/slow"
                assert (await client.get(path, headers={"Authorization": key})).status_code == status


async def nothing_to_wait_for() -> Readiness:
    return Readiness(True)
