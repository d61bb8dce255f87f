"""Complaints through HTTP, on a real database, with the read models fed from the event stores."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.cards import CustomerErased
from shared.postgres.pool import create_pool
from tests.integration.complaints.conftest import Complaints
from tests.integration.running import key, record

BODY: dict[str, Any] = {
    "customer": {"system": "erp", "value": "K-1"},
    "kind": "QUALITY",
    "channel": "HOTLINE",
    "received_on": "2026-03-02",
    "remedy_sought": "REPLACEMENT",
    "claimed": {"amount": "4800.00", "currency": "CNY"},
    "invoices": [{"source": "erp", "number": "2026-2207"}],
    "article": "HINGE-65",
    "batch": "B-2606",
    "description": "Every second hinge breaks, says Mr. Wang.",
}


async def received(service: Complaints, **changed: Any) -> httpx.Response:
    position = {"min_position": service.known_at}
    return await service.client.post("/v1/complaints", json={**BODY, **changed}, headers=key(), params=position)


async def step(service: Complaints, complaint: str, name: str, version: int, **body: Any) -> httpx.Response:
    headers = {**key(), "If-Match": f'"{version}"'}
    return await service.client.post(f"/v1/complaints/{complaint}/{name}", json=body, headers=headers)


@pytest.mark.requirement("S2.44", "S2.49")
async def test_a_complaint_and_its_whole_handling_are_on_record(complaints: Complaints) -> None:
    response = await received(complaints)
    assert response.status_code == 201, response.text
    complaint = response.json()["id"]
    assert response.json() == {"status": "recorded", "id": complaint, "customer_id": str(complaints.customer)}
    assert response.headers["location"] == f"/v1/complaints/{complaint}"
    assert response.headers["etag"] == '"1"'
    assert (
        await step(complaints, complaint, "assessment", 1, founded=True, severity="HIGH", assessed_on="2026-03-05")
    ).status_code == 200
    assert (await step(complaints, complaint, "solution", 2, solution="REPLACED", carried_out_on="2026-03-09")).status_code == 200
    agreed = {"amount": "3000.00", "currency": "CNY"}
    assert (await step(complaints, complaint, "settlement", 3, agreed=agreed, settled_on="2026-03-12")).status_code == 200
    closed = await step(complaints, complaint, "closure", 4, lesson="CHECK_EACH_BATCH", closed_on="2026-03-20")
    assert closed.json() == {"id": complaint, "state": "CLOSED"}
    found = await complaints.client.get(f"/v1/complaints/{complaint}")
    assert found.headers["etag"] == closed.headers["etag"] == '"5"'
    shown = found.json()
    assert shown["state"] == "CLOSED"
    assert shown["description"] == BODY["description"]
    assert shown["claimed"] == BODY["claimed"]
    assert shown["invoices"] == BODY["invoices"]
    assert [(one["step"], one["on"]) for one in shown["steps"]] == [
        ("RECEIVED", "2026-03-02"),
        ("ASSESSED", "2026-03-05"),
        ("SOLVED", "2026-03-09"),
        ("SETTLED", "2026-03-12"),
        ("CLOSED", "2026-03-20"),
    ]
    assert all(one["by"] and one["recorded_at"] for one in shown["steps"])
    listed = await complaints.client.get("/v1/complaints", params={"min_position": closed.headers["regulars-position"]})
    assert [(one["id"], one["state"], one["open"]) for one in listed.json()["items"]] == [(complaint, "CLOSED", False)]


@pytest.mark.requirement("S2.44")
async def test_the_four_kinds_and_no_other(complaints: Complaints) -> None:
    for kind in ("QUALITY", "CONTRACT", "TRANSPORT", "SERVICE"):
        last = await received(complaints, kind=kind)
        assert last.status_code == 201
    refused = await received(complaints, kind="OPINION")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/kind")
    at = last.headers["regulars-position"]
    assert await totals(complaints, at) == {
        "open": 4,
        "by_kind": {"CONTRACT": 1, "QUALITY": 1, "SERVICE": 1, "TRANSPORT": 1},
        "claimed": [{"amount": "19200.00", "currency": "CNY"}],
    }
    only = await complaints.client.get("/v1/complaints", params={"kind": "TRANSPORT", "open": True})
    assert [one["kind"] for one in only.json()["items"]] == ["TRANSPORT"]


async def test_something_agreed_where_no_amount_was_claimed_keeps_its_currency(complaints: Complaints) -> None:
    complaint = (await received(complaints, claimed=None)).json()["id"]
    agreed = {"amount": "50.00", "currency": "CNY"}
    settled = await step(complaints, complaint, "settlement", 1, agreed=agreed)
    assert settled.status_code == 200, settled.text
    shown = (await complaints.client.get(f"/v1/complaints/{complaint}")).json()
    assert shown["agreed"] == shown["steps"][1]["agreed"] == agreed
    assert "claimed" not in shown
    at = settled.headers["regulars-position"]
    [listed] = (await complaints.client.get("/v1/complaints", params={"min_position": at})).json()["items"]
    assert listed["agreed"] == agreed
    assert (await totals(complaints, at))["claimed"] == []


async def totals(service: Complaints, at: str) -> Any:
    return (await service.client.get("/v1/open-complaints", params={"min_position": at})).json()


@pytest.mark.requirement("S2.50", "S0.30", "S0.31")
async def test_complaining_is_easy_from_every_channel_and_by_any_number(complaints: Complaints) -> None:
    for channel in ("HOTLINE", "LETTER", "WEB", "EMAIL", "VISIT", "QUESTIONNAIRE", "OTHER"):
        least = {"customer": {"id": str(complaints.customer)}, "kind": "SERVICE", "channel": channel}
        response = await complaints.client.post(
            "/v1/complaints", json=least, headers=key(), params={"min_position": complaints.known_at}
        )
        assert response.status_code == 201, response.text
    by_stub = await received(complaints, customer={"system": "erp", "value": "K-2"})
    assert by_stub.status_code == 201


async def test_an_invoice_is_named_as_long_as_the_ledger_names_it(complaints: Complaints) -> None:
    longest = await received(complaints, invoices=[{"source": "erp", "number": "9" * 200}])
    assert longest.status_code == 201, longest.text


BAD: list[tuple[dict[str, Any], str]] = [
    ({"claimed": {"amount": "4800.005", "currency": "CNY"}}, "#/claimed/amount"),
    ({"claimed": {"amount": "4800.5", "currency": "JPY"}}, "#/claimed/amount"),
    ({"claimed": {"amount": "1.00", "currency": "XXX"}}, "#/claimed/currency"),
    ({"claimed": {"amount": 1.0, "currency": "CNY"}}, "#/claimed/amount"),
    ({"received_on": "1066-10-14"}, "#/received_on"),
    ({"received_on": "2999-01-01"}, "#/received_on"),
    ({"invoices": [{"source": "erp", "number": "9" * 201}]}, "#/invoices/0/number"),
    ({"customer": {"system": "erp"}}, "#/customer"),
    ({"colour": "red"}, "#/colour"),
]


@pytest.mark.parametrize(("change", "pointer"), BAD)
async def test_what_cannot_be_true_is_refused_by_name(complaints: Complaints, change: dict[str, Any], pointer: str) -> None:
    refused = await received(complaints, **change)
    assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_FAILED"), refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert await complaints.own.fetchval("SELECT count(*) FROM complaints.events") == 0


async def test_a_claim_of_nothing_or_less_is_refused_by_name(complaints: Complaints) -> None:
    for amount in ("0.00", "-1.00"):
        refused = await received(complaints, claimed={"amount": amount, "currency": "CNY"})
        assert (refused.status_code, refused.json()["code"]) == (422, "AMOUNT_NOT_POSITIVE")


async def test_a_customer_whom_nobody_knows_is_404_and_the_key_stays_free(complaints: Complaints) -> None:
    headers = key()
    unknown = {**BODY, "customer": {"system": "erp", "value": "K-9"}}
    response = await complaints.client.post("/v1/complaints", json=unknown, headers=headers)
    assert (response.status_code, response.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    assert (await received(complaints, customer={"id": str(uuid4())})).status_code == 404
    again = await complaints.client.post(
        "/v1/complaints", json=BODY, headers=headers, params={"min_position": complaints.known_at}
    )
    assert again.status_code == 201


async def test_a_repeat_gives_the_same_answer_and_one_complaint(complaints: Complaints) -> None:
    headers = key()
    await received(complaints)
    posts = (complaints.client.post("/v1/complaints", json=BODY, headers=headers) for _ in range(6))
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len({answer.headers["regulars-position"] for answer in answers}) == 1
    other = await complaints.client.post("/v1/complaints", json={**BODY, "kind": "SERVICE"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_complaint_delivered_twice_is_one(complaints: Complaints) -> None:
    named = {"source": "crm", "source_event_id": "4417"}
    first = await received(complaints, **named)
    second = await received(complaints, **named)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == {**first.json(), "status": "duplicate"}
    changed = await received(complaints, **named, description="Something else")
    assert (changed.status_code, changed.json()["code"]) == (409, "COMPLAINT_CONFLICT")
    half = await received(complaints, source="crm")
    assert half.status_code == 422


async def test_bulk_has_a_verdict_for_each(complaints: Complaints) -> None:
    named = [{**BODY, "source": "crm", "source_event_id": str(n)} for n in range(4)]
    rows = [
        *named,
        named[1],
        {**named[2], "kind": "SERVICE"},
        {**BODY, "kind": "NONE"},
        {**BODY, "customer": {"id": str(uuid4())}},
        7,
    ]
    headers = key()
    position = {"min_position": complaints.known_at}
    response = await complaints.client.post("/v1/complaints/bulk", json=rows, headers=headers, params=position)
    assert response.status_code == 207, response.text
    body = response.json()
    assert body["summary"] == {"total": 9, "conflict": 1, "duplicate": 1, "recorded": 4, "rejected": 3}
    statuses = [item["status"] for item in body["items"]]
    assert statuses == ["recorded"] * 4 + ["duplicate", "conflict", "rejected", "rejected", "rejected"]
    assert [item["index"] for item in body["items"]] == list(range(9))
    assert body["items"][4]["id"] == body["items"][1]["id"]
    assert body["items"][7]["problem"]["code"] == "CUSTOMER_UNKNOWN"
    repeated = await complaints.client.post("/v1/complaints/bulk", json=rows, headers=headers, params=position)
    assert repeated.json() == body
    assert repeated.headers["idempotent-replayed"] == "true"
    again = await complaints.client.post("/v1/complaints/bulk", json=named, headers=key())
    assert again.json()["summary"] == {"total": 4, "duplicate": 4}
    at = response.headers["regulars-position"]
    listed = await complaints.client.get("/v1/complaints", params={"limit": 3, "min_position": at})
    following = await complaints.client.get("/v1/complaints", params={"limit": 3, "cursor": listed.json()["next_cursor"]})
    ids = [one["id"] for one in (*listed.json()["items"], *following.json()["items"])]
    assert sorted(ids) == sorted(item["id"] for item in body["items"][:4])
    assert "next_cursor" not in following.json()


async def test_a_step_needs_the_version_that_was_seen(complaints: Complaints) -> None:
    complaint = (await received(complaints)).json()["id"]
    missing = await complaints.client.post(f"/v1/complaints/{complaint}/withdrawal", json={}, headers=key())
    assert missing.status_code == 428
    stale = await step(complaints, complaint, "withdrawal", 7)
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    races = await asyncio.gather(*(step(complaints, complaint, "assessment", 1, founded=True) for _ in range(5)))
    assert sorted(race.status_code for race in races) == [200, 412, 412, 412, 412]
    assert (await step(complaints, str(uuid4()), "withdrawal", 1)).json()["code"] == "COMPLAINT_UNKNOWN"


async def test_a_refusal_is_remembered_with_its_key(complaints: Complaints) -> None:
    complaint = (await received(complaints)).json()["id"]
    headers = {**key(), "If-Match": '"1"'}
    address = f"/v1/complaints/{complaint}/closure"
    refused = await complaints.client.post(address, json={}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_HANDLED_YET")
    assert (await step(complaints, complaint, "settlement", 1)).status_code == 200
    again = await complaints.client.post(address, json={}, headers=headers)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (409, "true")
    assert (await step(complaints, complaint, "closure", 2)).status_code == 200
    ended = await step(complaints, complaint, "assessment", 3, founded=False)
    assert (ended.status_code, ended.json()["code"]) == (409, "COMPLAINT_ENDED")


async def test_the_description_is_sealed_and_an_erased_customer_may_still_complain(complaints: Complaints) -> None:
    complaint = (await received(complaints)).json()["id"]
    async with complaints.own.acquire() as c:
        stored = await c.fetchval("SELECT string_agg(body::text, '') FROM complaints.events")
        answers = await c.fetchval("SELECT string_agg(answer::text, '') FROM complaints.commands")
    assert "Wang" not in stored + answers
    assert "sealed:" in stored
    erased = CustomerErased(customer_id=complaints.customer, reason="REQUESTED_BY_CUSTOMER")
    await record(complaints.cards, "cards", [(f"card-{complaints.customer}", complaints.customer, erased)])
    shown = await complaints.client.get(f"/v1/complaints/{complaint}")
    assert shown.status_code == 200
    assert (await received(complaints)).status_code == 201


async def test_dashboards_see_open_complaints_and_nothing_else(complaints: Complaints) -> None:
    complaint = (await received(complaints)).json()["id"]
    ended = (await received(complaints)).json()["id"]
    last = await step(complaints, ended, "withdrawal", 1)
    await complaints.client.get("/v1/complaints", params={"min_position": last.headers["regulars-position"]})
    pool = await create_pool(complaints.database.dsn("dashboards"), name="dashboards")
    try:
        rows = await pool.fetch("SELECT complaint_id::text, claimed FROM complaints.public_complaints")
        assert [(row["complaint_id"], str(row["claimed"])) for row in rows] == [(complaint, "4800.00")]
    finally:
        pool.terminate()
