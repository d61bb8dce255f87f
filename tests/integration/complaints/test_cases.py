"""Questions, requests for help and opinions through HTTP: cases of their own that never count as complaints."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.complaints.conftest import Complaints
from tests.integration.complaints.test_complaints_api import totals
from tests.integration.running import key

CASE: dict[str, Any] = {
    "customer": {"system": "erp", "value": "K-1"},
    "kind": "HELP",
    "channel": "HOTLINE",
    "concern": "USE",
    "received_on": "2026-03-02",
    "article": "HINGE-65",
    "text": "How is the spring set, asks Mr. Wang.",
}


async def received(service: Complaints, **changed: Any) -> httpx.Response:
    position = {"min_position": service.known_at}
    return await service.client.post("/v1/cases", json={**CASE, **changed}, headers=key(), params=position)


async def step(service: Complaints, case: str, name: str, **body: Any) -> httpx.Response:
    return await service.client.post(f"/v1/cases/{case}/{name}", json=body, headers=key())


async def shown(service: Complaints, case: str) -> Any:
    return (await service.client.get(f"/v1/cases/{case}")).json()


@pytest.mark.requirement("S0.34", "S0.31", "S2.5")
async def test_help_with_purchase_use_and_repair_is_given_and_counts_as_no_complaint(complaints: Complaints) -> None:
    for concern in ("PURCHASE", "USE", "REPAIR"):
        response = await received(complaints, concern=concern)
        assert response.status_code == 201, response.text
    case = response.json()["id"]
    assert (await step(complaints, case, "closure", solved=True)).json()["code"] == "CASE_NOT_ANSWERED"
    assert (
        await step(complaints, case, "answer", how="EMAIL", answer="A quarter turn.", answered_on="2026-03-03")
    ).status_code == 200
    done = await step(complaints, case, "closure", solved=True, closed_on="2026-03-04")
    assert done.status_code == 200, done.text
    found = await shown(complaints, case)
    assert (found["state"], found["solved"], found["answers"], found["text"]) == (
        "CLOSED",
        True,
        ["A quarter turn."],
        CASE["text"],
    )
    assert (await step(complaints, case, "answer", how="EMAIL", answer="Once more.")).json()["code"] == "CASE_ENDED"
    at = done.headers["regulars-position"]
    listed = await complaints.client.get("/v1/cases", params={"min_position": at, "kind": "HELP", "open": True})
    assert {one["concern"] for one in listed.json()["items"]} == {"PURCHASE", "USE"}
    assert await totals(complaints, at) == {"open": 0, "by_kind": {}, "claimed": []}
    assert (await complaints.client.get("/v1/complaints")).json()["items"] == []
    counted = (await complaints.client.get("/v1/recurrence", params={"by": "article", "from": "2026-01-01"})).json()
    assert (counted["total"], counted["items"]) == ({"complaints": 0, "earlier": 0, "unknown": 0}, [])
    async with complaints.own.acquire() as c:
        stored = await c.fetchval("SELECT string_agg(body::text, ' ') FROM complaints.events")
    assert "Wang" not in stored
    assert "quarter" not in stored


@pytest.mark.requirement("S2.5")
async def test_questions_and_opinions_come_by_every_channel_also_by_questionnaire(complaints: Complaints) -> None:
    for kind, channel in (("QUESTION", "WEB"), ("OPINION", "QUESTIONNAIRE"), ("OPINION", "LETTER"), ("QUESTION", "VISIT")):
        response = await received(complaints, kind=kind, channel=channel)
        assert response.status_code == 201, response.text
    opinion = (await received(complaints, kind="OPINION", channel="QUESTIONNAIRE")).json()["id"]
    heard = await step(complaints, opinion, "closure", solved=True)
    assert heard.status_code == 200, "an opinion is heard and needs no answer"
    assert (await received(complaints, kind="QUALITY")).status_code == 422


@pytest.mark.requirement("S0.32")
async def test_a_summary_of_a_case_is_confirmed(complaints: Complaints) -> None:
    case = (await received(complaints)).json()["id"]
    confirmed = await step(
        complaints, case, "summary", summary="The spring is too strong.", confirmed_by="Mr. Wang", confirmed_on="2026-03-02"
    )
    assert confirmed.status_code == 200, confirmed.text
    found = await shown(complaints, case)
    assert (found["summary"], found["confirmed_by"], found["confirmed_on"]) == (
        "The spring is too strong.",
        "Mr. Wang",
        "2026-03-02",
    )


@pytest.mark.requirement("S0.34", "S2.44")
async def test_a_case_may_become_a_complaint_and_each_names_the_other(complaints: Complaints) -> None:
    case = (await received(complaints, channel="LETTER")).json()["id"]
    headers = key()
    body = {"kind": "QUALITY", "on": "2026-03-05", "claimed": {"amount": "800.00", "currency": "CNY"}, "batch": "B-2606"}
    became = await complaints.client.post(f"/v1/cases/{case}/complaint", json=body, headers=headers)
    assert became.status_code == 201, became.text
    complaint = became.json()["complaint_id"]
    assert became.headers["location"] == f"/v1/complaints/{complaint}"
    record = (await complaints.client.get(f"/v1/complaints/{complaint}")).json()
    assert (record["kind"], record["channel"], record["received_on"], record["customer_id"]) == (
        "QUALITY",
        "LETTER",
        "2026-03-05",
        str(complaints.customer),
    )
    # What the case was about goes with it.
    assert record["article"] == CASE["article"]
    [link] = (await complaints.client.get(f"/v1/complaints/{complaint}/facts")).json()["links"]
    assert (link["kind"], link["other_id"]) == ("FROM_CASE", case)
    found = await shown(complaints, case)
    assert (found["state"], found["complaint_id"]) == ("COMPLAINT", complaint)
    repeat = await complaints.client.post(f"/v1/cases/{case}/complaint", json=body, headers=headers)
    assert repeat.json() == became.json()
    assert (await step(complaints, case, "complaint", kind="QUALITY")).json()["code"] == "CASE_ENDED"
    at = became.headers["regulars-position"]
    assert (await totals(complaints, at))["open"] == 1


async def test_a_case_delivered_twice_is_one_and_a_customer_whom_nobody_knows_is_404(complaints: Complaints) -> None:
    named = {"source": "crm", "source_event_id": "4418"}
    first = await received(complaints, **named)
    assert (await received(complaints, **named)).json() == {**first.json(), "status": "duplicate"}
    other = await received(complaints, **named, concern="REPAIR")
    assert (other.status_code, other.json()["code"]) == (409, "CASE_CONFLICT")
    nobody = await received(complaints, customer={"system": "erp", "value": "K-404"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_pages_of_cases(complaints: Complaints) -> None:
    for day in range(1, 6):
        last = await received(complaints, received_on=f"2026-03-0{day}")
    position = {"min_position": last.headers["regulars-position"]}
    first = (await complaints.client.get("/v1/cases", params={"limit": 3, **position})).json()
    rest = (await complaints.client.get("/v1/cases", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    days = [one["received_on"] for one in first["items"] + rest["items"]]
    assert days == sorted(days, reverse=True)
    assert len(days) == 5
    assert "next_cursor" not in rest
