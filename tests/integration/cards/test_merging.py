"""Merging over HTTP: one card leads, nothing moves, refusals leave nothing behind."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.money import Money
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, PoolOf, fresh, sale
from tests.integration.running import key, record


async def merge(cards: Cards, lead: UUID, other: UUID, version: int = 1, **headers: str) -> httpx.Response:
    body = {"merged_id": str(other), "reason": "registered twice"}
    return await cards.post(f"/v1/customers/{lead}/merge", body, {"If-Match": f'"{version}"', **headers})


async def card(cards: Cards, customer: UUID) -> dict[str, Any]:
    found: dict[str, Any] = (await cards.get(f"/v1/customers/{customer}")).json()
    return found


@pytest.mark.requirement("S0.1")
async def test_one_card_leads_and_both_keep_what_they_have(api: Cards) -> None:
    lead, other = await api.register("K-1"), await api.register("K-2")
    await api.post("/v1/sales", sale("S-1", "K-2"))
    before = await api.pool.fetchval("SELECT count(*) FROM cards.events")
    answer = await merge(api, lead, other)
    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (
        200,
        {"customer_id": str(lead), "merged_id": str(other)},
        '"2"',
    )
    assert (await card(api, lead))["merged"] == [str(other)]
    assert (await card(api, other))["merged_into"] == str(lead)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events") == before + 2
    # A fact for the merged card's number goes where it always went, and so does the number itself.
    assert (await api.post("/v1/sales", sale("S-2", "K-2"))).json()["customer_id"] == str(other)
    taken = await api.post(f"/v1/customers/{lead}/external-ids", {"system": "erp", "value": "K-2"})
    assert (taken.status_code, taken.json()["code"]) == (409, "EXTERNAL_ID_TAKEN")
    ledger = (await api.get(f"/v1/customers/{other}/transactions")).json()["items"]
    assert [fact["source_event_id"] for fact in ledger] == ["S-2", "S-1"]


@pytest.mark.requirement("S0.1")
async def test_the_list_leaves_merged_cards_out(cards: Cards) -> None:
    lead, other = await cards.register("K-1"), await cards.register("K-2")
    done = await merge(cards, lead, other)
    position = done.headers["Regulars-Position"]
    shown = (await cards.get("/v1/customers", min_position=position)).json()["items"]
    assert [item["customer_id"] for item in shown] == [str(lead)]
    hidden = (await cards.get("/v1/customers", merged=True)).json()["items"]
    assert [(item["customer_id"], item["merged_into"]) for item in hidden] == [(str(other), str(lead))]


async def test_a_repeat_gets_the_first_answer(api: Cards) -> None:
    lead, other = await api.register("K-1"), await api.register("K-2")
    once = {"Idempotency-Key": "merge-1"}
    first = await merge(api, lead, other, **once)
    again = await merge(api, lead, other, **once)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await api.events(f"card-{lead}") == ["customer-registered", "customers-merged"]
    assert await api.events(f"card-{other}") == ["customer-registered", "merged-into"]


@pytest.mark.requirement("S0.1")
async def test_what_cannot_be_merged_is_refused_by_name_and_leaves_nothing(api: Cards) -> None:
    lead, other, third = await api.register("K-1"), await api.register("K-2"), await api.register("K-3")
    await api.post("/v1/sales", sale("S-1", "K-1"))
    await api.post("/v1/sales", sale("S-2", "K-2", net={"amount": "5000", "currency": "JPY"}))
    before = await api.pool.fetchval("SELECT count(*) FROM cards.events")
    for answer, status, code in (
        (await merge(api, lead, other), 409, "MERGE_CURRENCIES_DIFFER"),
        (await merge(api, lead, lead), 422, "MERGE_WITH_ITSELF"),
        (await merge(api, lead, uuid4()), 404, "CUSTOMER_UNKNOWN"),
        (await merge(api, lead, third, version=7), 412, "VERSION_STALE"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events") == before
    fourth = await api.register("K-4")
    assert (await merge(api, lead, third)).status_code == 200
    twice = await merge(api, fourth, third)
    assert (twice.status_code, twice.json()["code"], twice.json()["lead_id"]) == (409, "CUSTOMER_MERGED", str(lead))
    chain = await merge(api, fourth, lead)
    assert (chain.status_code, chain.json()["code"], chain.json()["lead_id"]) == (409, "MERGE_CHAIN", str(lead))
    below = await merge(api, third, fourth, version=2)
    assert (below.status_code, below.json()["code"], below.json()["lead_id"]) == (409, "MERGE_CHAIN", str(lead))


@pytest.mark.requirement("S0.1")
@pytest.mark.parametrize("trades", [True, False])
async def test_a_card_without_a_currency_has_those_of_the_cards_that_it_leads(standing: Cards, trades: bool) -> None:
    number, foreign = fresh(), fresh()
    terms = {"payment_days": 30, "agreed_on": "2026-01-05", "credit_limit": {"amount": "100.00", "currency": "CNY"}}
    lead, third = await standing.register(fresh()), await standing.register(foreign)
    other = await standing.register(number, **({} if trades else {"terms": terms}))
    if trades:
        assert (await standing.post("/v1/sales", sale(fresh(), number))).status_code == 201
    await standing.post("/v1/sales", sale(fresh(), foreign, net={"amount": "5000", "currency": "JPY"}))
    assert (await merge(standing, lead, other)).status_code == 200
    refused = await merge(standing, lead, third, version=2)
    assert (refused.status_code, refused.json().get("code")) == (409, "MERGE_CURRENCIES_DIFFER")


@pytest.mark.requirement("S0.1")
async def test_an_open_dispute_keeps_two_cards_apart_until_it_ends(cards: Cards, pool_of: PoolOf) -> None:
    complaints = await pool_of(cards.database, "complaints")
    lead, other = await cards.register("K-1"), await cards.register("K-2")
    complaint = uuid4()
    received = ComplaintReceived(
        complaint_id=complaint,
        customer_id=other,
        kind="QUALITY",
        channel="WEB",
        received_on=date(2026, 5, 5),
        claimed=Money(Decimal(40), "CNY"),
    )
    await record(complaints, "complaints", [(f"complaint-{complaint}", other, received)])

    async def known() -> bool:
        claims = await cards.pool.fetchval("SELECT claims FROM cards.receivables_a WHERE customer_id = $1", other)
        return str(complaint) in (claims or "")

    await eventually(known, timeout=20)
    refused = await merge(cards, lead, other)
    assert (refused.status_code, refused.json()["code"]) == (409, "MERGE_WITH_OPEN_DISPUTES")
    withdrawn = ComplaintWithdrawn(complaint_id=complaint, customer_id=other, withdrawn_on=date(2026, 5, 6))
    await record(complaints, "complaints", [(f"complaint-{complaint}", other, withdrawn)])

    async def merged() -> bool:
        return (await merge(cards, lead, other)).status_code == 200

    await eventually(merged, timeout=20)


async def test_of_two_merges_at_once_one_wins(api: Cards) -> None:
    """INVARIANT: both streams are checked in one append; breaks when the merged card's version is not expected."""
    for _ in range(5):
        one, two = await api.register(fresh()), await api.register(fresh())
        answers = await asyncio.gather(merge(api, one, two), merge(api, two, one))
        assert sorted(answer.status_code for answer in answers)[0] == 200
        lost = max(answers, key=lambda answer: answer.status_code)
        assert lost.json()["code"] in ("VERSION_STALE", "MERGE_CHAIN", "CUSTOMER_MERGED")
        leads = [customer for customer in (one, two) if "merged" in await card(api, customer)]
        led = [customer for customer in (one, two) if "merged_into" in await card(api, customer)]
        assert (len(leads), len(led)) == (1, 1)
        assert leads != led


async def test_erasing_the_leading_card_erases_those_merged_into_it(api: Cards) -> None:
    lead, other = await api.register("K-1"), await api.register("K-2")
    await merge(api, lead, other)
    assert (await api.erase(lead)).status_code == 200
    for customer in (lead, other):
        assert (await api.get(f"/v1/customers/{customer}")).status_code == 410
        assert (await api.events(f"card-{customer}"))[-1] == "customer-erased"
    assert await api.pool.fetchval("SELECT count(*) FROM keystore.erased_customers()") == 2


async def test_cards_are_not_merged_while_an_erasure_waits(api: Cards) -> None:
    """INVARIANT: who is erased is erased altogether; breaks when a card is merged between the request and the second person's word."""
    lead, other = await api.register("K-1"), await api.register("K-2")
    for customer, version in ((lead, 2), (other, 3)):
        assert (await api.post(f"/v1/customers/{customer}/erasure", {"reason": "REQUESTED"})).status_code == 200
        late = await merge(api, lead, other, version)
        assert (late.status_code, late.json()["code"]) == (409, "MERGE_DURING_ERASURE")
        assert (await api.post(f"/v1/customers/{customer}/erasure/withdrawal", {})).status_code == 200
    assert (await merge(api, lead, other, 3)).status_code == 200


@pytest.mark.requirement("S0.1")
async def test_a_merged_card_takes_no_changes_and_names_the_card_that_leads(standing: Cards) -> None:
    lead, other, dealer = [await standing.register(fresh()) for _ in range(3)]
    under = await standing.put(f"/v1/customers/{other}/dealer", {"dealer_id": str(dealer)}, 1)
    assert under.status_code == 200
    before = await standing.post(f"/v1/customers/{other}/intents", {"intent_class": "OIL", "grade": "A"})
    assert (await merge(standing, lead, other)).status_code == 200
    told = {"provenance": {"source": "OFFICE"}}
    need = {**told, "kind": "SERVICE", "text": "Deliveries before nine"}
    path, newest = f"/v1/customers/{other}", {"If-Match": '"3"'}
    today = "2026-03-02"
    promise = {"made_by": "CUSTOMER", "kind": "PAY", "due_on": "2026-12-31", "amount": {"amount": "5", "currency": "CNY"}}
    for answer in (
        await standing.post(f"{path}/characteristics", {**told, "sales_power": 3}, newest),
        await standing.post(f"{path}/trade-status", {**told, "reputation": 3}, {"If-Match": '"1"'}),
        await standing.post(f"{path}/needs", need),
        await standing.put(f"{path}/decision-maker", {**told, "role": "owner", "person": {"name": "Li"}}, 3),
        await standing.post(
            f"{path}/verifications", {"field": "basics.name", "outcome": "CONFIRMED", "verified_on": today}, newest
        ),
        await standing.put(f"{path}/basics", {"kind": "COMPANY", "name": "Other"}, 3),
        await standing.put(f"{path}/marks", {"nature": "AGENT"}, 3),
        await standing.put(f"{path}/assignment", {"salesperson_id": "wang"}, 3),
        await standing.put(f"{path}/terms", {"payment_days": 5, "agreed_on": today}, 3),
        await standing.post(f"{path}/external-ids", {"system": "crm", "value": fresh()}),
        await standing.post(f"{path}/admission", {"checks": []}, newest),
        await standing.post(f"{path}/trade-start", {}, newest),
        await standing.post(f"{path}/trade-end", {"reason": "CLOSED_DOWN"}, newest),
        await standing.put(f"{path}/dealer", {"dealer_id": str(dealer)}, 3),
        await standing.post(f"{path}/intents", {"intent_class": "OIL", "grade": "A"}),
        await standing.post(f"{path}/promises", promise),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "CUSTOMER_MERGED"), answer.text
        assert answer.json()["lead_id"] == str(lead)
    # What it brought with it goes to its end.
    intent = before.json()["id"]
    assert (await standing.post(f"/v1/intents/{intent}/won", {}, {"If-Match": '"1"'})).status_code == 200
    free = await standing.client.delete(f"{path}/dealer", headers={**key(), **newest})
    assert free.status_code == 200, free.text
    assert await standing.events(f"card-{other}") == [
        "customer-registered",
        "attached-to-dealer",
        "merged-into",
        "detached-from-dealer",
    ]


async def test_a_merged_stub_is_not_filled_by_a_registration(api: Cards) -> None:
    lead, number = await api.register("K-1"), fresh()
    stub = UUID((await api.post("/v1/sales", sale("S-1", number))).json()["customer_id"])
    assert (await merge(api, lead, stub)).status_code == 200
    card_of_stub = {"kind": "COMPANY", "name": "Hua Xin", "external_ids": [{"system": "erp", "value": number}]}
    alone = await api.post("/v1/customers", card_of_stub)
    assert (alone.status_code, alone.json()["code"], alone.json()["lead_id"]) == (409, "CUSTOMER_MERGED", str(lead))
    [item] = (await api.post("/v1/customers/bulk", [card_of_stub])).json()["items"]
    assert (item["status"], item["problem"]["code"]) == ("rejected", "CUSTOMER_MERGED")
    assert await api.events(f"card-{stub}") == ["stub-opened", "merged-into"]


async def test_what_was_opened_on_a_merged_card_is_listed_with_the_one_that_leads_it(cards: Cards) -> None:
    lead, other = await cards.register("K-1"), await cards.register("K-2")
    opened = await cards.post(f"/v1/customers/{other}/intents", {"intent_class": "OIL", "grade": "A"})
    merged = await merge(cards, lead, other)
    position = ",".join(answer.headers["Regulars-Position"] for answer in (opened, merged))
    found = (await cards.get("/v1/intents", customer_id=str(lead), min_position=position)).json()["items"]
    assert [item["id"] for item in found] == [opened.json()["id"]]


async def test_an_erasure_under_the_key_of_another_erases_nobody(api: Cards) -> None:
    lead, other, third = [await api.register(number) for number in ("K-1", "K-2", "K-3")]
    await merge(api, lead, other)
    once = {"Idempotency-Key": "erase-1"}
    assert (await api.erase(third, once)).status_code == 200
    answer = await api.erase(lead, once)
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert [await api.events(f"card-{customer}") for customer in (lead, other)] == [
        ["customer-registered", "customers-merged", "erasure-requested"],
        ["customer-registered", "merged-into"],
    ]
    again = await api.erase(third, once)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
