"""Cards over HTTP: registration, stubs filled later, changes, erasure."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from services.cards.wiring import build_api, run_work
from shared.privacy.sealing import Sealer
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, fresh, sale
from tests.integration.running import serving, working

PERSON = {
    "kind": "PERSON",
    "person_name": "Li Na",
    "telephone": "+8613800138000",
    "email": "li.na@example.com",
    "address": "Lake Road 5",
    "contacts": [{"role": "assistant", "name": "Wu Jun", "telephone": "+8613900139000"}],
}


@pytest.mark.requirement("S3.17", "S4.7", "S0.1")
async def test_a_company_and_a_person_are_registered(api: Cards) -> None:
    company = await api.register(
        marks={"nature": "ORDINARY_COMPANY", "shop_kind": "CHAIN", "industry": "HARDWARE"},
        terms={"payment_days": 30, "credit_limit": {"amount": "1000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"},
    )
    card = await api.get(f"/v1/customers/{company}")
    assert card.json()["marks"] == {"nature": "ORDINARY_COMPANY", "shop_kind": "CHAIN", "industry": "HARDWARE"}
    assert card.json()["terms"]["credit_limit"] == {"amount": "1000.00", "currency": "CNY"}
    assert card.headers["ETag"] == '"2"'
    person = await api.post("/v1/customers", PERSON)
    assert person.status_code == 201
    assert person.headers["Location"] == f"/v1/customers/{person.json()['customer_id']}"
    shown = (await api.get(person.headers["Location"])).json()
    assert (shown["person_name"], shown["contacts"][0]["name"]) == ("Li Na", "Wu Jun")


async def test_personal_fields_are_sealed_in_the_store_and_withheld_without_the_scope(api: Cards) -> None:
    customer = (await api.post("/v1/customers", PERSON)).json()["customer_id"]
    stored = await api.pool.fetchval("SELECT string_agg(body::text || meta::text, '') FROM cards.events")
    for text in ("Li Na", "13800138000", "li.na", "Lake Road", "Wu Jun"):
        assert text not in stored
    async with serving(build_api(api.settings), api.folder, ["cards.customer.read"]) as poor:
        card = (await poor.get(f"/v1/customers/{customer}")).json()
        assert card["personal_data"] == "withheld"
        assert not {"person_name", "telephone", "email", "address"} & set(card)
        assert card["contacts"] == [{"role": "assistant"}]
        refused = await poor.post("/v1/sales", json=sale())
        assert refused.status_code == 403


async def test_registration_fills_the_stub(standing: Cards) -> None:
    number = fresh()
    fact = await standing.post("/v1/sales", sale(fresh(), customer=number))
    customer = fact.json()["customer_id"]
    answer = await standing.post(
        "/v1/customers", {"kind": "COMPANY", "name": "Lotus", "external_ids": [{"system": "erp", "value": number}]}
    )
    assert answer.json() == {"customer_id": customer, "status": "stub_filled"}
    assert await standing.events(f"card-{customer}") == ["stub-opened", "customer-registered"]
    assert (await standing.get(f"/v1/customers/{customer}")).json()["stub"] is False


async def test_a_stub_cannot_be_revised(standing: Cards) -> None:
    customer = (await standing.post("/v1/sales", sale(fresh(), customer=fresh()))).json()["customer_id"]
    answer = await standing.put(f"/v1/customers/{customer}/basics", {"kind": "COMPANY", "name": "Lotus"}, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "CUSTOMER_IS_STUB")


async def test_a_customer_is_registered_once(standing: Cards) -> None:
    number = fresh()
    customer = await standing.register(number)
    again = await standing.post(
        "/v1/customers", {"kind": "COMPANY", "name": "Other", "external_ids": [{"system": "erp", "value": number}]}
    )
    assert (again.status_code, again.json()["code"], again.json()["customer_id"]) == (409, "CUSTOMER_EXISTS", str(customer))


async def test_a_repeated_registration_gives_the_first_answer(api: Cards) -> None:
    headers = {"Idempotency-Key": '"register-1"'}
    first = await api.post("/v1/customers", PERSON, headers)
    again = await api.post("/v1/customers", PERSON, headers)
    assert first.content == again.content
    assert (again.status_code, again.headers["Idempotent-Replayed"], again.headers["ETag"]) == (
        201,
        "true",
        first.headers["ETag"],
    )
    assert again.headers["Regulars-Position"] == first.headers["Regulars-Position"]
    other = await api.post("/v1/customers", {**PERSON, "person_name": "Li Ning"}, headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_ids_of_two_customers_join_nobody(standing: Cards) -> None:
    one, other = fresh(), fresh()
    await standing.register(one)
    await standing.register(other)
    ids = [{"system": "erp", "value": one}, {"system": "erp", "value": other}]
    answer = await standing.post("/v1/customers", {"kind": "COMPANY", "name": "Both", "external_ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (409, "EXTERNAL_ID_TAKEN")


async def test_linked_ids_find_the_customer_and_nobody_else(standing: Cards) -> None:
    first, second = await standing.register(fresh()), await standing.register(fresh())
    link = {"system": "webshop", "value": fresh()}
    assert (await standing.post(f"/v1/customers/{first}/external-ids", link)).status_code == 200
    taken = await standing.post(f"/v1/customers/{second}/external-ids", link)
    assert (taken.status_code, taken.json()["code"]) == (409, "EXTERNAL_ID_TAKEN")
    fact = await standing.post("/v1/sales", sale(fresh()) | {"customer": link})
    assert fact.json()["customer_id"] == str(first)


async def test_two_importers_that_meet_one_external_id_get_one_card(api: Cards) -> None:
    body = {"kind": "COMPANY", "name": "Lotus", "external_ids": [{"system": "erp", "value": "K-7"}]}
    work = [api.post("/v1/customers", body), *(api.post("/v1/sales", sale(f"S-{n}", customer="K-7")) for n in range(6))]
    answers = await asyncio.gather(*work, api.post("/v1/customers", body))
    assert len({answer.json()["customer_id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in (answers[0], answers[-1])) == [201, 409]
    assert await api.pool.fetchval("SELECT count(DISTINCT stream) FROM cards.events WHERE stream LIKE 'card-%'") == 1


async def test_changes_need_the_version_they_were_decided_on(standing: Cards) -> None:
    customer = await standing.register(fresh())
    path = f"/v1/customers/{customer}/marks"
    missing = await standing.put(path, {"nature": "SPECIAL_COMPANY"}, None)
    assert (missing.status_code, missing.json()["code"]) == (428, "IF_MATCH_MISSING")
    good = await standing.put(path, {"nature": "SPECIAL_COMPANY"}, 1)
    assert (good.status_code, good.headers["ETag"]) == (200, '"2"')
    stale = await standing.put(path, {"nature": "INDIVIDUAL"}, 1)
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    same = await standing.put(path, {"nature": "SPECIAL_COMPANY"}, 2)
    assert (same.status_code, same.headers["ETag"]) == (200, '"2"')
    nobody = await standing.put(f"/v1/customers/{uuid4()}/marks", {"nature": "INDIVIDUAL"}, 1)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_every_part_of_a_card_can_be_revised(standing: Cards) -> None:
    customer = await standing.register(fresh())
    basics = {"kind": "COMPANY", "name": "Hua Xin Group", "telephone": "+8651267890123", "reason": "renamed"}
    assert (await standing.put(f"/v1/customers/{customer}/basics", basics, 1)).status_code == 200
    assert (
        await standing.put(f"/v1/customers/{customer}/assignment", {"area_id": "EAST", "salesperson_id": "li"}, 2)
    ).status_code == 200
    terms = {"payment_days": 45, "agreed_on": "2026-06-01"}
    assert (await standing.put(f"/v1/customers/{customer}/terms", terms, 3)).status_code == 200
    card = (await standing.get(f"/v1/customers/{customer}")).json()
    assert (card["name"], card["telephone"], card["area_id"]) == ("Hua Xin Group", "+8651267890123", "EAST")
    assert card["terms"] == terms
    # What a card says depends on the day as well: it is always sent.
    again = await standing.client.get(f"/v1/customers/{customer}", headers={"If-None-Match": '"4"'})
    assert (again.status_code, again.headers["ETag"]) == (200, '"4"')


async def test_a_person_is_found_exactly_and_only_with_the_scope(api: Cards) -> None:
    customer = (await api.post("/v1/customers", PERSON)).json()["customer_id"]

    async def found(body: dict[str, str]) -> list[str]:
        answer = await api.client.post("/v1/customers/search", json=body)
        assert answer.status_code == 200, answer.text
        return [item["customer_id"] for item in answer.json()["items"]]

    assert await found({"name": "ＬＩ  na"}) == [customer]
    assert await found({"name": "Wu Jun"}) == [customer]
    assert await found({"telephone": "+86 138 0013 8000"}) == [customer]
    assert await found({"email": "LI.NA@example.com"}) == [customer]
    assert await found({"name": "Li"}) == []
    both = await api.client.post("/v1/customers/search", json={"name": "Li Na", "email": "li.na@example.com"})
    assert both.status_code == 422
    revised = {"kind": "PERSON", "person_name": "Li Nan"}
    assert (await api.put(f"/v1/customers/{customer}/basics", revised, 1)).status_code == 200
    assert await found({"name": "Li Na"}) == []
    assert await found({"name": "Li Nan"}) == [customer]
    async with serving(build_api(api.settings), api.folder, ["cards.customer.read"]) as poor:
        assert (await poor.post("/v1/customers/search", json={"name": "Li Nan"})).status_code == 403


BAD = [
    ({"kind": "COMPANY"}, "#"),
    ({"kind": "PERSON", "name": "Li Na"}, "#"),
    ({"kind": "SHOP", "name": "x"}, "#/kind"),
    ({"kind": "COMPANY", "name": "x", "country": "ZZ"}, "#/country"),
    ({"kind": "COMPANY", "name": "x", "email": "nobody"}, "#/email"),
    ({"kind": "COMPANY", "name": "x", "marks": {"nature": "state owned"}}, "#/marks/nature"),
    ({"kind": "COMPANY", "name": "x", "external_ids": [{"system": "e/p", "value": "1"}]}, "#/external_ids/0/system"),
    ({"kind": "COMPANY", "name": "x", "terms": {"payment_days": -1, "agreed_on": "2026-01-01"}}, "#/terms/payment_days"),
    (
        {
            "kind": "COMPANY",
            "name": "x",
            "terms": {"payment_days": 1, "agreed_on": "2026-01-01", "credit_limit": {"amount": "1.5", "currency": "JPY"}},
        },
        "#/terms/credit_limit/amount",
    ),
]


@pytest.mark.parametrize(("body", "pointer"), BAD)
async def test_bad_cards_are_refused_field_by_field(standing: Cards, body: dict[str, object], pointer: str) -> None:
    answer = await standing.post("/v1/customers", body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_bulk_registration_answers_card_by_card(api: Cards) -> None:
    await api.register("K-1")
    lotus = {"kind": "COMPANY", "name": "Lotus", "external_ids": [{"system": "erp", "value": "K-2"}]}
    same = {"kind": "COMPANY", "name": "Hua Xin Trading", "external_ids": [{"system": "erp", "value": "K-1"}]}
    other = {**same, "name": "Somebody else"}
    both = {"kind": "COMPANY", "name": "Both", "external_ids": [*lotus["external_ids"], *same["external_ids"]]}
    items = [lotus, same, other, PERSON, {"kind": "SHOP"}, lotus, both]
    headers = {"Idempotency-Key": "bulk"}
    answer = await api.post("/v1/customers/bulk", items, headers)
    assert answer.status_code == 207
    statuses = [item["status"] for item in answer.json()["items"]]
    assert statuses == ["recorded", "duplicate", "conflict", "recorded", "rejected", "duplicate", "conflict"]
    assert answer.json()["items"][6]["problem"]["code"] == "EXTERNAL_ID_TAKEN"
    again = await api.post("/v1/customers/bulk", items, headers)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")


async def test_erasure_destroys_what_is_personal_and_keeps_the_figures(api: Cards) -> None:
    customer = (await api.post("/v1/customers", PERSON)).json()["customer_id"]
    assert await api.pool.fetchval("SELECT count(*) FROM cards.customer_search") == 6
    headers = {"Idempotency-Key": "erase"}
    erased = await api.erase(customer, headers)
    assert erased.status_code == 200
    gone = await api.get(f"/v1/customers/{customer}")
    assert (gone.status_code, gone.json()["code"]) == (410, "CUSTOMER_ERASED")
    assert "Li Na" not in gone.text
    assert await api.pool.fetchval("SELECT count(*) FROM cards.customer_search") == 0
    assert await api.pool.fetchval("SELECT count(*) FROM keystore.erased_customers()") == 1
    repeated = await api.erase(customer, headers)
    assert repeated.json() == erased.json()
    twice = await api.erase(customer)
    assert twice.status_code == 410
    later = await api.post("/v1/sales", sale() | {"customer": {"id": customer}})
    assert later.status_code == 201
    assert (await api.get(f"/v1/customers/{customer}/receivables")).status_code == 200
    changed = await api.put(f"/v1/customers/{customer}/marks", {"nature": "INDIVIDUAL"}, 2)
    assert changed.status_code == 410


async def test_an_erasure_that_was_cut_short_is_finished(api: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: whoever is erased on record has no key; breaks when nobody looks for erasures that stopped between the two."""
    customer = (await api.post("/v1/customers", PERSON)).json()["customer_id"]

    async def dies(_sealer: Sealer, _customer: UUID) -> None:
        raise OSError("killed after the commit")

    with monkeypatch.context() as patched:
        patched.setattr(Sealer, "erase", dies)
        answer = await api.erase(customer)
    assert answer.status_code == 503
    assert (await api.get(f"/v1/customers/{customer}")).status_code == 410
    assert await api.pool.fetchval("SELECT count(*) FROM keystore.erased_customers()") == 0

    async def destroyed() -> bool:
        return bool(await api.pool.fetchval("SELECT count(*) FROM keystore.erased_customers()"))

    async with working(run_work(api.settings)):
        await eventually(destroyed, timeout=20)


@pytest.mark.requirement("S3.35")
async def test_a_card_says_who_brought_the_customer(cards: Cards) -> None:
    lead = await cards.register(fresh())
    brought = await cards.register(fresh(), introduced_by=str(lead))
    card = (await cards.get(f"/v1/customers/{brought}")).json()
    assert card["introduced_by"] == str(lead)
    assert "introduced_by" not in (await cards.get(f"/v1/customers/{lead}")).json()
