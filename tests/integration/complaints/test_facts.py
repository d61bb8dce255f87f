"""The facts of a complaint through HTTP: both sides, the cause, who is responsible, links, and how content the customer is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.complaints.conftest import Complaints
from tests.integration.complaints.test_complaints_api import received, step
from tests.integration.running import key

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OF_CUSTOMER = {"side": "CUSTOMER", "kind": "PHOTO", "given_by": "Mr. Wang", "reference": "dms:1", "sha256": HASH}
OF_COMPANY = {"side": "COMPANY", "kind": "MEASUREMENT", "says": "Hardness 38 instead of 42."}


async def tell(service: Complaints, complaint: str, what: str, **body: Any) -> httpx.Response:
    return await service.client.post(f"/v1/complaints/{complaint}/{what}", json=body, headers=key())


async def known(service: Complaints, complaint: str) -> Any:
    return (await service.client.get(f"/v1/complaints/{complaint}/facts")).json()


async def new(service: Complaints, **changed: Any) -> str:
    response = await received(service, **changed)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def closed(service: Complaints, complaint: str) -> httpx.Response:
    """The short way to the end, whatever was told meanwhile."""
    version = (await service.client.get(f"/v1/complaints/{complaint}")).headers["etag"].strip('"')
    at = int(version)
    assert (await step(service, complaint, "assessment", at, founded=True)).status_code == 200
    assert (await step(service, complaint, "settlement", at + 1)).status_code == 200
    response = await step(service, complaint, "closure", at + 2, lesson="CHECK_EACH_BATCH")
    assert response.status_code == 200, response.text
    return response


@pytest.mark.requirement("S2.52")
async def test_evidence_of_both_sides_with_who_when_and_a_hash(complaints: Complaints) -> None:
    complaint = await new(complaints, carrier="YTO")
    assert (await complaints.client.get(f"/v1/complaints/{complaint}")).json()["carrier"] == "YTO"
    first = await tell(complaints, complaint, "evidence", **OF_CUSTOMER, given_on="2026-03-01")
    assert first.status_code == 200, first.text
    assert first.headers["etag"] == '"2"'
    shown = await known(complaints, complaint)
    assert (shown["heard"], shown["both_sides_heard"]) == (["CUSTOMER"], False)
    assert (await tell(complaints, complaint, "evidence", **OF_COMPANY)).status_code == 200
    shown = await known(complaints, complaint)
    assert (shown["heard"], shown["both_sides_heard"]) == (["COMPANY", "CUSTOMER"], True)
    photo = shown["evidence"][0]
    assert photo.pop("recorded_by")
    assert photo == {**OF_CUSTOMER, "evidence_id": first.json()["evidence_id"], "given_on": "2026-03-01"}
    assert shown["evidence"][1]["says"] == OF_COMPANY["says"]
    async with complaints.own.acquire() as c:
        stored = await c.fetchval("SELECT string_agg(body::text, ' ') FROM complaints.events WHERE type LIKE '%evidence%'")
    assert HASH in stored
    assert "Wang" not in stored
    assert "Hardness" not in stored


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"side": "CUSTOMER", "kind": "PHOTO"}, "VALIDATION_FAILED"),
        ({"side": "CUSTOMER", "kind": "PHOTO", "reference": "dms:1"}, "VALIDATION_FAILED"),
        ({**OF_CUSTOMER, "sha256": HASH.upper()}, "VALIDATION_FAILED"),
        ({**OF_CUSTOMER, "given_on": "2027-01-01"}, "DAY_IN_FUTURE"),
    ],
)
async def test_evidence_that_proves_nothing_is_refused(complaints: Complaints, body: dict[str, Any], code: str) -> None:
    complaint = await new(complaints)
    refused = await tell(complaints, complaint, "evidence", **body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


@pytest.mark.requirement("S2.48")
async def test_responsibility_is_fixed_by_party_and_department_after_both_were_heard(complaints: Complaints) -> None:
    complaint = await new(complaints)
    shares = [
        {"party": "COMPANY", "share": "70", "department": "QUALITY_CONTROL"},
        {"party": "CARRIER", "share": "30", "name": "YTO"},
    ]
    early = await tell(complaints, complaint, "responsibility", parties=shares)
    assert (early.status_code, early.json()["code"]) == (409, "ONE_SIDE_NOT_HEARD")
    await tell(complaints, complaint, "evidence", **OF_CUSTOMER)
    await tell(complaints, complaint, "evidence", **OF_COMPANY)
    short = await tell(complaints, complaint, "responsibility", parties=[{**shares[0], "share": "69.5"}, shares[1]])
    assert (short.status_code, short.json()["code"]) == (422, "SHARES_NOT_WHOLE")
    nameless = await tell(complaints, complaint, "responsibility", parties=[{"party": "CARRIER", "share": "100"}])
    assert nameless.json()["errors"][0]["pointer"] == "#/parties/0"
    fixed = await tell(complaints, complaint, "responsibility", parties=shares, fixed_on="2026-03-09")
    assert fixed.status_code == 200, fixed.text
    assert (await known(complaints, complaint))["responsibility"]["parties"] == shares
    # The record of the handling goes on as before: facts are no steps.
    record = (await complaints.client.get(f"/v1/complaints/{complaint}")).json()
    assert [one["step"] for one in record["steps"]] == ["RECEIVED"]
    assert (await step(complaints, complaint, "assessment", 4, founded=True)).status_code == 200


@pytest.mark.requirement("S2.48")
async def test_the_cause_comes_from_the_list_that_the_company_maintains(complaints: Complaints) -> None:
    complaint = await new(complaints)
    listed = await complaints.client.get("/v1/causes")
    assert listed.json()["version"] == 0
    other = await tell(complaints, complaint, "cause", cause="HANDLING")
    assert (other.status_code, other.json()["code"]) == (409, "CAUSE_NOT_LISTED"), "of transport complaints only"
    assert (await tell(complaints, complaint, "cause", cause="SPRING_STEEL")).json()["code"] == "CAUSE_NOT_LISTED"
    published = await complaints.client.put(
        "/v1/causes",
        json={"causes": [{"code": "SPRING_STEEL", "name": "Spring steel", "kinds": ["QUALITY"]}]},
        headers={**key(), "If-Match": listed.headers["etag"]},
    )
    assert (published.status_code, published.json()) == (200, {"version": 1, "causes": 1})
    assert (await tell(complaints, complaint, "cause", cause="SPRING_STEEL")).status_code == 200
    cause = (await known(complaints, complaint))["cause"]
    assert (cause["cause"], cause["list_version"]) == ("SPRING_STEEL", 1)
    twice = {"causes": [{"code": "LATE", "name": "Late"}, {"code": "LATE", "name": "Too late"}]}
    headers = {**key(), "If-Match": published.headers["etag"]}
    assert (await complaints.client.put("/v1/causes", json=twice, headers=headers)).json()["code"] == "CAUSES_TWICE"


@pytest.mark.requirement("S2.53")
async def test_unclear_or_both_wrong_and_the_customer_is_told_how_a_fair_solution_is_found(complaints: Complaints) -> None:
    complaint = await new(complaints)
    assert "fair_way_owed" not in await known(complaints, complaint)
    await tell(complaints, complaint, "evidence", **OF_CUSTOMER)
    await tell(complaints, complaint, "evidence", **OF_COMPANY)
    assert (await known(complaints, complaint))["fair_way_owed"] == "FACTS_UNCLEAR"
    both = [{"party": "COMPANY", "share": "50", "department": "SALES"}, {"party": "CUSTOMER", "share": "50"}]
    assert (await tell(complaints, complaint, "responsibility", parties=both)).status_code == 200
    assert (await known(complaints, complaint))["fair_way_owed"] == "BOTH_RESPONSIBLE"
    told = await tell(
        complaints, complaint, "fair-way", method="JOINT_INSPECTION", how="HOTLINE", told_on="2026-03-06", answer_by="2026-03-20"
    )
    assert told.status_code == 200, told.text
    shown = await known(complaints, complaint)
    assert "fair_way_owed" not in shown
    [way] = shown["fair_way"]
    assert (way["reason"], way["method"], way["told_on"], way["answer_by"]) == (
        "BOTH_RESPONSIBLE",
        "JOINT_INSPECTION",
        "2026-03-06",
        "2026-03-20",
    )
    clear = await new(complaints)
    await tell(complaints, clear, "evidence", **OF_CUSTOMER)
    await tell(complaints, clear, "evidence", **OF_COMPANY)
    await tell(complaints, clear, "responsibility", parties=[{"party": "COMPANY", "share": "100", "department": "SALES"}])
    assert (await tell(complaints, clear, "fair-way", method="ARBITRATION")).json()["code"] == "NOTHING_UNCLEAR"


@pytest.mark.requirement("S0.32")
async def test_what_the_customer_said_is_read_back_and_confirmed(complaints: Complaints) -> None:
    complaint = await new(complaints)
    body = {"summary": "31 of 400 hinges broke.", "confirmed_by": "Mr. Wang", "how": "HOTLINE", "corrected": True}
    done = await tell(complaints, complaint, "summary", **body, confirmed_on="2026-03-02")
    assert done.status_code == 200, done.text
    [summary] = (await known(complaints, complaint))["summaries"]
    assert summary.pop("recorded_by")
    assert summary == {**body, "confirmed_on": "2026-03-02"}
    async with complaints.own.acquire() as c:
        stored = await c.fetchval("SELECT body::text FROM complaints.events WHERE type LIKE '%summary%'")
    assert "31 of" not in stored
    assert "Wang" not in stored


@pytest.mark.requirement("S0.30", "S2.50")
async def test_the_same_matter_by_letter_and_hotline_is_found_and_linked(complaints: Complaints) -> None:
    first = await received(complaints, channel="LETTER")
    assert "likely_twins" not in first.json()
    at = first.headers["regulars-position"]
    again = await complaints.client.post(
        "/v1/complaints",
        json={
            "customer": {"id": str(complaints.customer)},
            "kind": "QUALITY",
            "channel": "HOTLINE",
            "received_on": "2026-03-20",
            "article": "HINGE-65",
            "batch": "B-2606",
        },
        headers=key(),
        params={"min_position": f"{complaints.known_at},{at}"},
    )
    one, two = first.json()["id"], again.json()["id"]
    await complaints.client.get(f"/v1/complaints/{two}/likely-twins", params={"min_position": again.headers["regulars-position"]})
    twins = (await complaints.client.get(f"/v1/complaints/{two}/likely-twins")).json()["items"]
    assert twins == [{"id": one, "received_on": "2026-03-02", "alike": ["batch", "article", "kind"]}]
    late = await received(complaints, received_on="2026-06-01")
    assert (await complaints.client.get(f"/v1/complaints/{late.json()['id']}/likely-twins")).json()["items"] == []
    linked = await tell(complaints, two, "links", complaint_id=one)
    assert linked.status_code == 200, linked.text
    for here, there in ((one, two), (two, one)):
        [link] = (await known(complaints, here))["links"]
        assert (link["other_id"], link["kind"]) == (there, "SAME_MATTER")
    # Claims stay what they are.
    assert (await complaints.client.get(f"/v1/complaints/{one}")).json()["disputed"]
    assert (await tell(complaints, one, "links", complaint_id=two)).json()["code"] == "LINKED_ALREADY"
    assert (await tell(complaints, one, "links", complaint_id=one)).json()["code"] == "LINKED_TO_ITSELF"
    assert (await tell(complaints, one, "links", complaint_id=str(uuid4()))).json()["code"] == "OTHER_UNKNOWN"
    strange = await new(complaints, customer={"system": "erp", "value": "K-2"})
    assert (await tell(complaints, one, "links", complaint_id=strange)).json()["code"] == "OTHER_CUSTOMER"


async def test_an_intake_names_its_likely_twins_and_a_repeat_gives_the_first_answer(complaints: Complaints) -> None:
    first = await received(complaints)
    await complaints.client.get(
        f"/v1/complaints/{first.json()['id']}/likely-twins", params={"min_position": first.headers["regulars-position"]}
    )
    body = {"customer": {"id": str(complaints.customer)}, "kind": "SERVICE", "channel": "WEB", "received_on": "2026-03-03"}
    headers = key()
    named = {**body, "invoices": [{"source": "erp", "number": "2026-2207"}]}
    second = await complaints.client.post("/v1/complaints", json=named, headers=headers)
    assert second.json()["likely_twins"] == [{"id": first.json()["id"], "received_on": "2026-03-02", "alike": ["invoice"]}]
    repeat = await complaints.client.post("/v1/complaints", json=named, headers=headers)
    assert repeat.headers["idempotent-replayed"] == "true"
    assert repeat.json() == second.json()


async def test_of_many_twins_the_latest_are_named(complaints: Complaints) -> None:
    customer = {"system": "erp", "value": "K-1"}
    body = {"customer": customer, "kind": "QUALITY", "channel": "WEB", "article": "HINGE-65"}
    days = [f"2026-03-{day:02}" for day in range(1, 24)]
    sent = [{**body, "received_on": day} for day in days]
    position = {"min_position": complaints.known_at}
    many = await complaints.client.post("/v1/complaints/bulk", json=sent, headers=key(), params=position)
    assert many.status_code == 207, many.text
    first = many.json()["items"][0]["id"]
    at = {"min_position": many.headers["regulars-position"]}
    twins = (await complaints.client.get(f"/v1/complaints/{first}/likely-twins", params=at)).json()["items"]
    assert [one["received_on"] for one in twins] == days[:-21:-1]


@pytest.mark.requirement("S2.5")
async def test_after_the_end_the_customer_says_how_content_it_is(complaints: Complaints) -> None:
    complaint = await new(complaints, received_on="2026-03-02")
    early = await tell(complaints, complaint, "satisfaction", score=4)
    assert (early.status_code, early.json()["code"]) == (409, "NOT_ENDED_YET")
    await closed(complaints, complaint)
    assert (await tell(complaints, complaint, "satisfaction", score=6)).status_code == 422
    assert (await tell(complaints, complaint, "satisfaction", score=2)).status_code == 200
    last = await tell(complaints, complaint, "satisfaction", score=4, how="QUESTIONNAIRE", words="Quick in the end.")
    shown = (await known(complaints, complaint))["satisfaction"]
    assert (shown["score"], shown["words"]) == (4, "Quick in the end.")
    at = last.headers["regulars-position"]
    counted = (await complaints.client.get("/v1/complaint-satisfaction", params={"min_position": at})).json()
    assert (counted["closed"], counted["answered"], counted["mean"]) == (1, 1, "4.00")
    assert counted["scores"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
    assert counted["from_what"][0]["read_model"] == "matters"


async def test_what_has_ended_takes_late_evidence_and_links_and_nothing_else(complaints: Complaints) -> None:
    complaint, other = await new(complaints), await new(complaints)
    await closed(complaints, complaint)
    assert (await tell(complaints, complaint, "evidence", **OF_CUSTOMER)).status_code == 200
    assert (await tell(complaints, complaint, "links", complaint_id=other)).status_code == 200
    for what, body in (
        ("cause", {"cause": "MATERIAL"}),
        ("summary", {"summary": "So it was.", "confirmed_by": "Mr. Wang"}),
        ("fair-way", {"method": "ARBITRATION"}),
    ):
        assert (await tell(complaints, complaint, what, **body)).json()["code"] == "COMPLAINT_ENDED"
    record = (await complaints.client.get(f"/v1/complaints/{complaint}")).json()
    assert record["state"] == "CLOSED"


async def test_facts_keep_to_a_version_that_is_named_and_are_told_once(complaints: Complaints) -> None:
    complaint = await new(complaints)
    stale = await complaints.client.post(
        f"/v1/complaints/{complaint}/evidence", json=OF_COMPANY, headers={**key(), "If-Match": '"7"'}
    )
    assert stale.status_code == 412
    headers = key()
    one = await complaints.client.post(f"/v1/complaints/{complaint}/evidence", json=OF_COMPANY, headers=headers)
    two = await complaints.client.post(f"/v1/complaints/{complaint}/evidence", json=OF_COMPANY, headers=headers)
    assert one.json() == two.json()
    assert len((await known(complaints, complaint))["evidence"]) == 1
    unknown = await tell(complaints, str(uuid4()), "evidence", **OF_COMPANY)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "COMPLAINT_UNKNOWN")
