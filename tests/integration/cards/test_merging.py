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
from tests.integration.running import record


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
    assert (await api.post(f"/v1/customers/{lead}/erasure", {"reason": "REQUESTED"})).status_code == 200
    for customer in (lead, other):
        assert (await api.get(f"/v1/customers/{customer}")).status_code == 410
        assert (await api.events(f"card-{customer}"))[-1] == "customer-erased"
    assert await api.pool.fetchval("SELECT count(*) FROM keystore.erased_customers()") == 2
