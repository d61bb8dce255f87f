"""The four parts of a card over HTTP: what is said with its source and day, what is verified, what waits, what is refused."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards, fresh, sale
from tests.integration.cards.full_cards import (
    BUSINESS,
    CHARACTERISTICS,
    COMPANY,
    OWNER,
    PERSON,
    REPORT,
    TRADE,
    VISIT,
    cny,
)
from tests.integration.cards.saying import age, card_of, days_ago, state, version_of
from tests.integration.running import PRINCIPAL, serving


@pytest.mark.requirement(
    "S3.17",
    "S3.40",
    "S4.5",
    "S4.7",
    "S4.8",
    "S4.9",
    "S4.10",
    "S4.11",
    "S4.12",
    "S4.13",
    "S4.14",
    "S4.23",
    "S4.24",
    "S3.31",
    "S2.9",
)
async def test_a_company_is_registered_with_everything_that_a_card_can_hold(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY)
    card = await card_of(standing, customer)
    assert card["owner"] == {**OWNER, "age": age(OWNER["born_on"])}
    assert [card[role]["name"] for role in ("manager", "legal_representative")] == ["Li Qiang", "Wang Lei"]
    for field in ("name", "address", "telephone", "founded_on", "trading_since", "legal_form", "assets", "marks", "postal"):
        assert card[field] == COMPANY[field], field
    parts = card["parts"]
    assert {field: one["value"] for field, one in parts["characteristics"].items()} == CHARACTERISTICS
    results = {f"sales_results.{one['year']}": one["sales"] for one in BUSINESS["sales_results"]}
    business = {field: value for field, value in BUSINESS.items() if field != "sales_results"}
    assert {field: one["value"] for field, one in parts["business"].items()} == {**business, **results}
    assert {field: one["value"] for field, one in parts["trade"].items()} == TRADE
    assert {field: one["value"] for field, one in parts["marks"].items()} == COMPANY["marks"]
    assert card["decision_maker"]["value"] == {**COMPANY["decision_maker"], "person": COMPANY["decision_maker"]["person"]}
    assert [(need["kind"], need["text"], need["met"]) for need in card["needs"]] == [
        ("SERVICE", "Deliveries before nine in the morning", False)
    ]


@pytest.mark.requirement("S3.17", "S3.40", "S4.8")
async def test_a_person_has_a_card_of_the_same_parts_with_traits_of_its_own(standing: Cards) -> None:
    answer = await standing.post("/v1/customers", PERSON)
    card = await card_of(standing, answer.json()["customer_id"])
    assert (card["kind"], card["person_name"], card["traits"]["hobbies"]) == ("PERSON", "Li Na", OWNER["hobbies"])
    assert card["postal"]["region"] == "東京都"
    assert card["parts"]["characteristics"]["potential"]["value"] == 2


@pytest.mark.requirement("S4.16", "S4.18")
async def test_each_field_says_who_said_it_when_and_how_far_it_is_to_be_believed(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY, valid_from="2026-03-02")
    report = {**REPORT, "observed_on": days_ago(3)}
    answer = await state(standing, customer, "trade-status", provenance=report, credit_status="POOR", valid_from=days_ago(2))
    assert answer.status_code == 200, answer.text
    trade = (await card_of(standing, customer))["parts"]["trade"]
    assert trade["credit_status"] | {**report, "value": "POOR", "valid_from": days_ago(2)} == trade["credit_status"]
    assert trade["credit_status"]["entered_by"] == str(PRINCIPAL)
    assert trade["credit_status"]["confidence"] == "0.89"
    # What the report says nothing about stands as the salesperson left it.
    assert trade["reputation"] | {**VISIT, "value": 4, "valid_from": "2026-03-02"} == trade["reputation"]
    assert trade["reputation"]["confidence"] < "0.60"


@pytest.mark.requirement("S3.40", "S4.10", "S4.11", "S4.13")
async def test_only_what_is_stated_changes_and_what_is_withdrawn_is_gone(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY)
    await state(standing, customer, "characteristics", staff=40)
    await state(standing, customer, "business-status", sales_results=[{"year": 2025, "sales": cny("11000000.00")}])
    await state(standing, customer, "trade-status", withdrawn=["problems"], reputation=3)
    parts = (await card_of(standing, customer))["parts"]
    assert {field: one["value"] for field, one in parts["characteristics"].items()} == {**CHARACTERISTICS, "staff": 40}
    assert parts["business"]["sales_results.2024"]["value"] == cny("9000000.00")
    assert parts["business"]["sales_results.2025"]["value"] == cny("11000000.00")
    assert "problems" not in parts["trade"]
    assert (parts["trade"]["reputation"]["value"], parts["trade"]["advantages"]["value"]) == (3, TRADE["advantages"])


@pytest.mark.requirement("S4.16", "S0.20")
async def test_news_of_an_earlier_day_do_not_replace_what_holds_since(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY, valid_from="2026-03-02")
    await state(standing, customer, "trade-status", credit_status="POOR", valid_from=days_ago(5))
    answer = await state(standing, customer, "trade-status", credit_status="GOOD", valid_from=days_ago(20))
    assert answer.status_code == 200
    basics = {"kind": "COMPANY", "name": "Hua Xin of old", "telephone": "+862155550101", "country": "CN"}
    version = int((await version_of(standing, customer)).strip('"'))
    old = await standing.put(f"/v1/customers/{customer}/basics", {**basics, "valid_from": "2025-01-01"}, version)
    assert old.status_code == 200, old.text
    marks = {"ownership": "STATE", "provenance": VISIT, "valid_from": "2025-01-01"}
    assert (await standing.put(f"/v1/customers/{customer}/marks", marks, version + 1)).status_code == 200
    card = await card_of(standing, customer)
    assert card["parts"]["trade"]["credit_status"]["value"] == "POOR"
    assert (card["name"], card["marks"]["ownership"]) == ("Hua Xin Trading", "JOINT_STOCK")
    then = await card_of(standing, customer, as_of=days_ago(6))
    assert then["parts"]["trade"]["credit_status"]["value"] == "GOOD"
    assert (await card_of(standing, customer, as_of="2026-03-03"))["parts"]["trade"]["credit_status"]["value"] == "FAIR"
    assert (await standing.get(f"/v1/customers/{customer}", as_of="2026-03-01")).status_code == 404
    found = await standing.client.post("/v1/customers/search", json={"telephone": "+862155550101"})
    assert str(customer) not in [one["customer_id"] for one in found.json()["items"]]


@pytest.mark.requirement("S4.5", "S4.23", "S4.24")
async def test_marks_are_assigned_with_their_source(standing: Cards) -> None:
    customer = await standing.register(fresh())
    marks = {"nature": "GOVERNMENT", "ownership": "STATE", "location": "TRAFFIC_HUB", "shop_kind": "RETAIL"}
    answer = await standing.put(f"/v1/customers/{customer}/marks", {**marks, "provenance": REPORT}, 1)
    assert answer.status_code == 200, answer.text
    card = await card_of(standing, customer)
    assert card["marks"] == marks
    assert {one["source"] for one in card["parts"]["marks"].values()} == {"AGENCY"}
    assert card["parts"]["marks"]["location"]["cost"] == REPORT["cost"]


@pytest.mark.requirement("S3.31")
async def test_the_key_decision_maker_is_known(standing: Cards) -> None:
    customer = await standing.register(fresh())
    body = {"provenance": VISIT, "role": "OWNER", "person": {"name": "Zhao Li", "character": "Wants to be asked"}}
    answer = await standing.put(f"/v1/customers/{customer}/decision-maker", body, 1)
    assert answer.status_code == 200, answer.text
    found = (await card_of(standing, customer))["decision_maker"]
    assert found["value"] == {"role": "OWNER", "person": body["person"]}
    assert (found["source"], found["observed_on"]) == ("SALESPERSON", "2026-03-02")


@pytest.mark.requirement("S2.9", "S2.10")
async def test_needs_are_kept_with_what_was_done_about_them(standing: Cards) -> None:
    customer = await standing.register(fresh(), valid_from="2026-03-02")
    need = {"provenance": VISIT, "kind": "PREFERENCE", "text": "Small packs", "valid_from": days_ago(9)}
    recorded = await standing.post(f"/v1/customers/{customer}/needs", need)
    assert recorded.status_code == 200, recorded.text
    path = f"/v1/customers/{customer}/needs/{recorded.json()['need_id']}/actions"
    assert (await standing.post(path, {"action": "Asked the works", "taken_on": days_ago(12)})).status_code == 200
    assert (await standing.post(path, {"action": "Packs of ten", "taken_on": days_ago(2), "met": True})).status_code == 200
    [found] = (await card_of(standing, customer))["needs"]
    assert (found["kind"], found["text"], found["met"], found["source"]) == ("PREFERENCE", "Small packs", True, "SALESPERSON")
    assert [(one["action"], one["taken_on"], one["met"]) for one in found["actions"]] == [
        ("Asked the works", days_ago(12), False),
        ("Packs of ten", days_ago(2), True),
    ]
    assert not (await card_of(standing, customer, as_of=days_ago(5)))["needs"][0]["met"]


@pytest.mark.requirement("S4.8", "S3.31")
async def test_what_concerns_persons_is_sealed_and_withheld_without_the_scope(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY)
    stream = f"card-{customer}"
    stored = await standing.pool.fetchval(
        "SELECT string_agg(body::text || meta::text, '') FROM cards.events WHERE stream = $1", stream
    )
    secrets = [
        OWNER["character"],
        OWNER["born_on"],
        "Zhao Li",
        "观前街",
        "Few brands",
        "Flood",
        "Deliveries before nine",
        "Three shops",
    ]
    for text in secrets:
        assert text not in stored
    async with serving(build_api(standing.settings), standing.folder, ["cards.customer.read"]) as poor:
        answer = await poor.get(f"/v1/customers/{customer}")
    card = answer.json()
    for text in secrets:
        assert text not in answer.text
    assert (card["personal_data"], card["decision_maker"]["value"]["role"]) == ("withheld", "PURCHASING")
    assert card["parts"]["characteristics"]["sales_power"]["value"] == 4
    assert "value" not in card["parts"]["characteristics"]["philosophy"]
    assert "age" not in card["owner"]


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in COMPANY.items() if field != name}


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a telephone that no country has": ({**COMPANY, "telephone": "+999 12345678"}, "#/telephone", "TELEPHONE_UNKNOWN"),
    "an owner's telephone that no country has": (
        {**COMPANY, "owner": {"telephone": "+86 000 0000 0000"}},
        "#/owner/telephone",
        "TELEPHONE_UNKNOWN",
    ),
    "a number that its country does not have": ({**COMPANY, "telephone": "12 34"}, "#/telephone", "TELEPHONE_UNKNOWN"),
    "a birthday in the future": (
        {**COMPANY, "manager": {"name": "Li Qiang", "born_on": "2031-01-01"}},
        "#/manager/born_on",
        "BIRTHDAY_IN_FUTURE",
    ),
    "a person as company": ({"kind": "PERSON", "person_name": "Li Na", "owner": OWNER}, "#", "PERSON_AS_COMPANY"),
    "a company as person": ({"kind": "COMPANY", "name": "Lotus", "traits": OWNER}, "#", "COMPANY_AS_PERSON"),
    "a region that its country does not have": (
        {**COMPANY, "postal": {**COMPANY["postal"], "region": "Atlantis"}},
        "#/postal/region",
        "ADDRESS_INVALID",
    ),
    "a western address without its city": (
        {**COMPANY, "postal": {"country": "DE", "street": "Unter den Linden 1", "postal_code": "10117"}},
        "#/postal/city",
        "ADDRESS_INCOMPLETE",
    ),
    "a visit to come": (
        {**COMPANY, "provenance": {**VISIT, "observed_on": "2031-01-01"}},
        "#/provenance/observed_on",
        "DAY_IN_FUTURE",
    ),
    "parts that nobody has stated": (without("provenance"), "#", "PROVENANCE_MISSING"),
    "an agency without a name": ({**COMPANY, "provenance": {"source": "AGENCY"}}, "#/provenance", "AGENCY"),
    "a grade of six": ({**COMPANY, "trade_status": {"reputation": 6}}, "#/trade_status/reputation", "LESS_THAN_EQUAL"),
}


@pytest.mark.requirement("S3.17", "S4.7", "S4.8")
@pytest.mark.parametrize("body, pointer, code", WRONG.values(), ids=list(WRONG))
async def test_what_cannot_be_is_refused_by_name_and_leaves_nothing(
    standing: Cards, body: dict[str, Any], pointer: str, code: str
) -> None:
    before = await standing.pool.fetchval("SELECT count(*) FROM cards.events")
    external = {"external_ids": [{"system": "erp", "value": fresh()}]}
    alone = await standing.post("/v1/customers", {**body, **external})
    assert (alone.status_code, alone.json()["code"]) == (422, "VALIDATION_FAILED")
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in alone.json()["errors"]]
    [one] = (await standing.post("/v1/customers/bulk", [{**body, **external}])).json()["items"]
    assert (one["status"], one["problem"]["errors"]) == ("rejected", alone.json()["errors"])
    assert await standing.pool.fetchval("SELECT count(*) FROM cards.events") == before


async def test_what_holds_from_a_day_to_come_is_refused(standing: Cards) -> None:
    customer = await standing.register(fresh())
    tomorrow = days_ago(-1)
    said = await state(standing, customer, "trade-status", credit_status="GOOD", valid_from=tomorrow)
    basics = {"kind": "COMPANY", "name": "Lotus", "valid_from": tomorrow}
    revised = await standing.put(f"/v1/customers/{customer}/basics", basics, 1)
    number = fresh()
    registered = {
        "kind": "COMPANY",
        "name": "Lotus",
        "external_ids": [{"system": "erp", "value": number}],
        "valid_from": tomorrow,
    }
    alone = await standing.post("/v1/customers", registered)
    for answer in (said, revised, alone):
        assert (answer.status_code, answer.json()["code"]) == (422, "VALID_FROM_IN_FUTURE")
    [one] = (await standing.post("/v1/customers/bulk", [registered])).json()["items"]
    assert (one["status"], one["problem"]["code"]) == ("rejected", "VALID_FROM_IN_FUTURE")
    assert await standing.events(f"card-{customer}") == ["customer-registered"]
    assert (await standing.get("/v1/customers", external_id=f"erp:{number}")).json()["items"] == []


async def test_statements_say_something_of_their_part_to_a_card_that_takes_them(standing: Cards) -> None:
    customer = await standing.register(fresh())
    nothing = await state(standing, customer, "characteristics")
    assert nothing.json()["errors"][0]["code"] == "NOTHING_STATED"
    foreign = await state(standing, customer, "characteristics", withdrawn=["days_late"])
    assert foreign.json()["errors"][0] | {"detail": ""} == {"pointer": "#/withdrawn/0", "code": "FIELD_UNKNOWN", "detail": ""}
    both = await state(standing, customer, "business-status", withdrawn=["sales_results.2025"], **BUSINESS)
    assert both.json()["errors"][0]["code"] == "FIELD_STATED"
    path = f"/v1/customers/{customer}/trade-status"
    body = {"provenance": VISIT, "reputation": 2}
    assert (await standing.post(path, body)).json()["code"] == "IF_MATCH_MISSING"
    assert (await standing.post(path, body, {"If-Match": '"9"'})).json()["code"] == "VERSION_STALE"
    unknown = await standing.post(
        "/v1/customers/00000000-0000-4000-8000-000000000000/needs", {"kind": "SERVICE", "text": "x", "provenance": VISIT}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    action = {"action": "x", "taken_on": "2026-03-02"}
    lost = await standing.post(f"/v1/customers/{customer}/needs/00000000-0000-4000-8000-000000000000/actions", action)
    assert (lost.status_code, lost.json()["code"]) == (404, "NEED_UNKNOWN")
    await standing.erase(customer)
    gone = await standing.post(path, body, {"If-Match": '"2"'})
    assert (gone.status_code, gone.json()["code"]) == (410, "CUSTOMER_ERASED")
    assert (await standing.get(f"/v1/customers/{customer}", as_of="2026-11-01")).status_code == 410


async def test_a_stub_takes_statements_and_keeps_them_when_it_is_filled(standing: Cards) -> None:
    number = fresh()
    customer = (await standing.post("/v1/sales", sale(fresh(), customer=number))).json()["customer_id"]
    assert (await state(standing, customer, "trade-status", reputation=2)).status_code == 200
    assert (await card_of(standing, customer))["parts"]["trade"]["reputation"]["value"] == 2
    await standing.register(number)
    card = await card_of(standing, customer)
    assert (card["stub"], card["name"], card["parts"]["trade"]["reputation"]["value"]) == (False, "Hua Xin Trading", 2)


@pytest.mark.requirement("S3.40")
async def test_full_cards_come_by_the_thousand_and_are_known_again(standing: Cards) -> None:
    items = [{**COMPANY, "name": f"Company {n}", "external_ids": [{"system": "erp", "value": fresh()}]} for n in range(5)]
    first = await standing.post("/v1/customers/bulk", items)
    assert first.json()["summary"] == {"total": 5, "recorded": 5}
    again = await standing.post("/v1/customers/bulk", items)
    assert again.json()["summary"] == {"total": 5, "duplicate": 5}
    other = [{**items[0], "trade_status": {**TRADE, "reputation": 1}}, {**items[0], "valid_from": "2026-03-02"}]
    assert (await standing.post("/v1/customers/bulk", other)).json()["summary"] == {"total": 2, "conflict": 2}
    for one in first.json()["items"]:
        card = await card_of(standing, one["id"])
        assert card["parts"]["trade"]["days_late"]["value"] == 6
        assert len(card["needs"]) == 1


async def test_an_erased_card_is_gone_whatever_version_is_named(standing: Cards) -> None:
    customer = await standing.register(fresh())
    assert (await standing.erase(customer)).status_code == 200
    stated = await standing.post(
        f"/v1/customers/{customer}/characteristics", {"provenance": VISIT, "sales_power": 3}, {"If-Match": '"1"'}
    )
    assert (stated.status_code, stated.json()["code"]) == (410, "CUSTOMER_ERASED")


async def test_needs_that_come_at_once_are_all_recorded(standing: Cards) -> None:
    """INVARIANT: a command without a version waits for its turn; breaks when those that come at once only try again and again."""
    customer = await standing.register(fresh())
    need = {"provenance": VISIT, "kind": "SERVICE", "text": "Deliveries before nine"}
    answers = await asyncio.gather(*(standing.post(f"/v1/customers/{customer}/needs", need) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len((await card_of(standing, customer))["needs"]) == 30


async def test_who_has_no_card_gets_no_key(standing: Cards) -> None:
    stranger = uuid4()
    need = {"provenance": VISIT, "kind": "SERVICE", "text": "Deliveries before nine"}
    assert (await standing.post(f"/v1/customers/{stranger}/needs", need)).status_code == 404
    keystore = await asyncpg.connect(standing.database.dsn("postgres"))
    try:
        assert await keystore.fetchval("SELECT count(*) FROM keystore.keys WHERE customer_id = $1", stranger) == 0
    finally:
        await keystore.close()


@pytest.mark.parametrize(
    "more", [{"owner": {}}, {"decision_maker": {"role": "owner", "person": {}}}, {"legal_representative": {"name": None}}]
)
async def test_a_person_of_whom_nothing_is_said_fills_no_field(standing: Cards, more: dict[str, Any]) -> None:
    answer = await standing.post("/v1/customers", {"kind": "COMPANY", "name": "Hua Xin", **more})
    assert (answer.status_code, [one["code"] for one in answer.json()["errors"]]) == (422, ["PERSON_UNSAID"])


async def test_a_card_that_is_too_large_when_sealed_spoils_no_other(standing: Cards) -> None:
    words = dict.fromkeys(("character", "hobbies", "family", "education", "ability"), "中" * 4000)
    small, large = ({"kind": "COMPANY", "name": "Hua Xin", "external_ids": [{"system": "erp", "value": fresh()}]} for _ in "12")
    large["owner"] = words
    alone = await standing.post("/v1/customers", large)
    assert (alone.status_code, alone.json()["code"]) == (413, "EVENT_TOO_LARGE")
    answer = await standing.post("/v1/customers/bulk", [large, small, large])
    items = answer.json()["items"]
    assert [item["status"] for item in items] == ["rejected", "recorded", "rejected"], answer.text
    assert [item["problem"]["code"] for item in items if "problem" in item] == ["EVENT_TOO_LARGE"] * 2
    assert await standing.events(f"card-{items[1]['id']}") == ["customer-registered"]
