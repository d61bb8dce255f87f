"""What comes again, what is done against it, what is promised in general and whether it is kept, through HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.cards import SalespersonAssigned
from shared.contracts.promises import PromiseBroken, PromiseKept, PromiseMade
from tests.integration.complaints.conftest import Complaints
from tests.integration.complaints.test_complaints_api import received, step
from tests.integration.complaints.test_facts import closed, tell
from tests.integration.running import key, record

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


async def asked(service: Complaints, path: str, **parameters: Any) -> Any:
    response = await service.client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def trade(service: Complaints) -> str:
    """Six complaints of two batches, one of them withdrawn, and one before March. Answers the place after them."""
    for day, batch, carrier in (
        ("2026-02-20", "B-2606", "YTO"),
        ("2026-03-02", "B-2606", "YTO"),
        ("2026-03-09", "B-2606", "SF"),
        ("2026-03-11", "B-2606", "YTO"),
        ("2026-03-31", "B-2607", None),
        ("2026-03-12", None, "YTO"),
    ):
        response = await received(service, received_on=day, batch=batch, carrier=carrier)
        assert response.status_code == 201, response.text
    withdrawn = await received(service, received_on="2026-03-13", batch="B-2607")
    return (await step(service, withdrawn.json()["id"], "withdrawal", 1)).headers["regulars-position"]


@pytest.mark.requirement("S2.45")
async def test_what_comes_again_by_batch_article_carrier_and_kind(complaints: Complaints) -> None:
    at = await trade(complaints)
    found = await asked(complaints, "/v1/recurrence", by="batch", min_position=at, **MARCH)
    assert found["compared_with"] == {"from": "2026-01-29"}, "as many days before"
    assert found["total"] == {"complaints": 5, "earlier": 1, "unknown": 1}
    one = {"customers": 1, "founded": 0}
    assert found["items"] == [
        {"value": "B-2606", "complaints": 3, "earlier": 1, "change": 2, "share": "0.6000", **one},
        {"value": "B-2607", "complaints": 1, "earlier": 0, "change": 1, "share": "0.2000", **one},
    ]
    assert found["from_what"][0]["read_model"] == "matters"
    by_carrier = await asked(complaints, "/v1/recurrence", by="carrier", **MARCH)
    assert [(item["value"], item["complaints"]) for item in by_carrier["items"]] == [("YTO", 3), ("SF", 1)]
    first = await asked(complaints, "/v1/recurrence", by="carrier", limit=1, **MARCH)
    rest = await asked(complaints, "/v1/recurrence", by="carrier", limit=1, cursor=first["next_cursor"], **MARCH)
    assert first["items"] + rest["items"] == by_carrier["items"]
    assert [item["complaints"] for item in (await asked(complaints, "/v1/recurrence", by="kind", **MARCH))["items"]] == [5]
    behind = await asked(complaints, "/v1/recurrence/complaints", by="batch", value="B-2606", **MARCH)
    assert [item["received_on"] for item in behind["items"]] == ["2026-03-11", "2026-03-09", "2026-03-02"]


@pytest.mark.requirement("S2.45")
async def test_every_carrier_that_is_held_responsible_is_counted(complaints: Complaints) -> None:
    one = (await received(complaints, received_on="2026-03-02", carrier="YTO")).json()["id"]
    other = (await received(complaints, received_on="2026-03-03")).json()["id"]
    for complaint in (one, other):
        for side in ("CUSTOMER", "COMPANY"):
            assert (
                await tell(complaints, complaint, "evidence", side=side, kind="STATEMENT", says="The box was wet.")
            ).status_code == 200
    # Two carriers are held responsible, neither of them the one that was named first; then another one instead of one of them.
    for names in (("SF", "ZTO"), ("SF", "YUNDA")):
        parties = [{"party": "CARRIER", "name": name, "share": "50"} for name in names]
        assert (await tell(complaints, one, "responsibility", parties=parties)).status_code == 200
    told = await tell(complaints, other, "responsibility", parties=[{"party": "CARRIER", "name": "SF", "share": "100"}])
    at = told.headers["regulars-position"]
    found = await asked(complaints, "/v1/recurrence", by="carrier", min_position=at, **MARCH)
    assert [(item["value"], item["complaints"]) for item in found["items"]] == [("SF", 2), ("YTO", 1), ("YUNDA", 1)]
    assert found["total"] == {"complaints": 2, "earlier": 0, "unknown": 0}
    behind = await asked(complaints, "/v1/recurrence/complaints", by="carrier", value="SF", **MARCH)
    assert [item["id"] for item in behind["items"]] == [other, one]


@pytest.mark.requirement("S2.45")
async def test_recurrence_by_cause_and_by_area_of_the_customer(complaints: Complaints) -> None:
    stub = (await received(complaints, customer={"system": "erp", "value": "K-2"}, received_on="2026-03-03")).json()
    for day in ("2026-03-04", "2026-03-05"):
        last = (await received(complaints, received_on=day)).json()["id"]
        assert (await tell(complaints, last, "cause", cause="MATERIAL")).status_code == 200
    told = await tell(complaints, last, "cause", cause="WORKMANSHIP")
    events = [
        SalespersonAssigned(customer_id=complaints.customer, area_id="EAST", salesperson_id="E-1"),
        SalespersonAssigned(customer_id=complaints.customer, area_id="NORTH", salesperson_id="E-2"),
    ]
    moved = await record(complaints.cards, "cards", [(f"card-{complaints.customer}", complaints.customer, one) for one in events])
    position = {"min_position": f"{moved.split(',')[-1]},{told.headers['regulars-position']}"}
    causes = await asked(complaints, "/v1/recurrence", by="cause", **MARCH, **position)
    assert [(item["value"], item["complaints"]) for item in causes["items"]] == [("MATERIAL", 1), ("WORKMANSHIP", 1)]
    assert causes["total"]["unknown"] == 1
    areas = await asked(complaints, "/v1/recurrence", by="area", **MARCH, **position)
    assert [(item["value"], item["complaints"], item["customers"]) for item in areas["items"]] == [("NORTH", 2, 1)]
    assert areas["total"]["unknown"] == 1, "the stub is in no area"
    assert {one["read_model"] for one in areas["from_what"]} == {"matters", "served"}
    north = await asked(complaints, "/v1/recurrence", by="kind", area_id="NORTH", **MARCH)
    assert (north["total"]["complaints"], north["area_id"]) == (2, "NORTH")
    behind = await asked(complaints, "/v1/recurrence/complaints", by="area", value="NORTH", **MARCH)
    assert stub["id"] not in {item["id"] for item in behind["items"]}


@pytest.mark.requirement("S2.50")
async def test_no_figure_is_of_a_person(complaints: Complaints) -> None:
    for by in ("salesperson", "owner", "decided_by", "customer"):
        refused = await complaints.client.get("/v1/recurrence", params={"by": by})
        assert refused.status_code == 422
    document = (await complaints.client.get("/openapi.json")).json()
    figures = (
        "/v1/recurrence", "/v1/complaint-board", "/v1/complaint-satisfaction", "/v1/open-complaints", "/v1/complaint-times",
        "/v1/due-steps", "/v1/commitments/{commitment}",
    )  # fmt: skip
    asked_with = {one["name"] for path in figures for one in document["paths"][path]["get"].get("parameters", [])}
    assert asked_with & {"salesperson_id", "employee_id", "owner", "person"} == set()


async def decided(service: Complaints, **changed: Any) -> httpx.Response:
    body = {
        "against": "batch",
        "value": "B-2606",
        "action": "CHECK_HARDNESS",
        "owner": "E-31",
        "decided_on": "2026-03-05",
        "due_on": "2026-03-20",
        "check_days": 10,
        **changed,
    }
    return await service.client.post("/v1/prevention", json=body, headers=key())


async def done(service: Complaints, measure: str, what: str, **body: Any) -> httpx.Response:
    return await service.client.post(f"/v1/prevention/{measure}/{what}", json=body, headers=key())


@pytest.mark.requirement("S2.45")
async def test_a_measure_has_an_owner_and_a_day_and_its_effect_is_checked(complaints: Complaints) -> None:
    at = await trade(complaints)
    response = await decided(complaints)
    assert response.status_code == 201, response.text
    measure = response.json()["id"]
    late = await asked(complaints, "/v1/prevention", late=True, min_position=response.headers["regulars-position"])
    [owed] = late["items"]
    assert (owed["id"], owed["owner"], owed["state"]) == (measure, "E-31", "DECIDED")
    assert owed["days_late"] > 0
    assert (await done(complaints, measure, "check")).json()["code"] == "PREVENTION_NOT_CARRIED_OUT"
    assert (await done(complaints, measure, "carried-out", on="2026-03-01")).json()["code"] == "BEFORE_DECISION"
    assert (await done(complaints, measure, "carried-out", on="2026-03-10")).status_code == 200
    assert (await done(complaints, measure, "check", on="2026-03-19")).json()["code"] == "CHECK_TOO_EARLY"
    checked = await complaints.client.post(
        f"/v1/prevention/{measure}/check", json={"on": "2026-03-20"}, headers=key(), params={"min_position": at}
    )
    # From 28 February to 9 March two, from 10 to 19 March one.
    assert checked.json() == {"id": measure, "state": "CHECKED", "before": 2, "after": 1, "effective": True}
    shown = await asked(complaints, f"/v1/prevention/{measure}")
    assert (shown["state"], shown["before"], shown["after"], shown["effective"]) == ("CHECKED", 2, 1, True)
    assert (await done(complaints, measure, "drop", reason="RECALLED")).json()["code"] == "PREVENTION_ENDED"
    other = (await decided(complaints, value="B-2607")).json()["id"]
    dropped = await done(complaints, other, "drop", reason="BATCH_RECALLED")
    mine = await asked(complaints, "/v1/prevention", owner="E-31", min_position=dropped.headers["regulars-position"])
    assert {one["state"] for one in mine["items"]} == {"CHECKED", "DROPPED"}
    assert (await decided(complaints, due_on="2026-03-04")).json()["code"] == "DUE_BEFORE_DECIDED"
    assert (await done(complaints, str(uuid4()), "check")).status_code == 404


GUARANTEE: dict[str, Any] = {
    "what": "GUARANTEE",
    "title": "Hinges hold for two years",
    "words": "A hinge that breaks within two years is replaced without charge.",
    "since": "2026-01-01",
    "article": "HINGE-65",
    "guarantee_days": 730,
    "promise_kind": "REPAIR",
}


async def put(service: Complaints, code: str, **changed: Any) -> httpx.Response:
    return await service.client.put(f"/v1/commitments/{code}", json={**GUARANTEE, **changed}, headers=key())


@pytest.mark.requirement("S2.2")
async def test_the_register_of_what_is_promised_in_versions(complaints: Complaints) -> None:
    assert (await put(complaints, "HINGES")).json() == {"commitment": "HINGES", "version": 1}
    service = {"what": "SERVICE", "guarantee_days": None, "article": None, "since": "2026-02-01"}
    assert (await put(complaints, "CALL_BACK_IN_A_DAY", **service)).status_code == 200
    assert (await put(complaints, "HINGES", since="2026-04-01", guarantee_days=1095)).json()["version"] == 2
    assert (await put(complaints, "HINGES", since="2026-03-01")).json()["code"] == "COMMITMENT_BACKWARDS"
    assert (await put(complaints, "OTHER", guarantee_days=None)).json()["code"] == "GUARANTEE_WITHOUT_DAYS"

    async def held(day: str) -> list[tuple[str, Any]]:
        found = await asked(complaints, "/v1/commitments", as_of=day)
        return [(one["commitment"], one.get("guarantee_days")) for one in found["items"]]

    assert await held("2025-12-31") == []
    assert await held("2026-03-31") == [("CALL_BACK_IN_A_DAY", None), ("HINGES", 730)]
    assert await held("2026-04-01") == [("CALL_BACK_IN_A_DAY", None), ("HINGES", 1095)]
    ended = await complaints.client.post("/v1/commitments/HINGES/end", json={"until": "2026-06-01"}, headers=key())
    assert ended.status_code == 200, ended.text
    assert await held("2026-06-01") == [("CALL_BACK_IN_A_DAY", None)]
    unknown = await complaints.client.get("/v1/commitments/NOTHING")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "COMMITMENT_UNKNOWN")


@pytest.mark.requirement("S3.57", "S2.2")
async def test_whether_a_commitment_is_kept_by_complaints_and_by_promises(complaints: Complaints) -> None:
    await put(complaints, "HINGES")
    naming = [(await received(complaints, received_on=day)).json()["id"] for day in ("2026-03-02", "2026-03-03", "2026-03-04")]
    for complaint in naming:
        told = await tell(complaints, complaint, "broken-commitments", commitment="HINGES")
        assert told.status_code == 200, told.text
    assert (await tell(complaints, naming[0], "broken-commitments", commitment="HINGES")).json()["code"] == "COMMITMENT_NAMED"
    assert (await tell(complaints, naming[0], "broken-commitments", commitment="NOTHING")).json()["code"] == "COMMITMENT_UNKNOWN"
    early = (await received(complaints, received_on="2025-12-31")).json()["id"]
    before = await tell(complaints, early, "broken-commitments", commitment="HINGES")
    assert before.json()["code"] == "COMMITMENT_UNKNOWN", "it was not promised on the day of the receipt"
    await step(complaints, naming[0], "assessment", 2, founded=True)
    await step(complaints, naming[0], "solution", 3, solution="REPLACED", carried_out_on="2026-03-09")
    last = await step(complaints, naming[1], "assessment", 2, founded=False)
    events: list[tuple[str, Any, Any]] = []
    for due, end in (
        (date(2026, 3, 10), "in time"),
        (date(2026, 3, 11), "late"),
        (date(2026, 3, 12), "broken"),
        (date(2026, 3, 13), "nothing said"),
        (date(2026, 5, 1), "due later"),
    ):
        promise = uuid4()
        whose = {"promise_id": promise, "customer_id": complaints.customer}
        stream = f"promise-{promise}"
        made = PromiseMade(**whose, made_by="COMPANY", kind="REPAIR", made_on=date(2026, 3, 1), due_on=due)
        events.append((stream, complaints.customer, made))
        if end in ("in time", "late"):
            kept_on = due + timedelta(days=3 if end == "late" else 0)
            events.append((stream, complaints.customer, PromiseKept(**whose, kept_on=kept_on)))
        if end == "broken":
            events.append((stream, complaints.customer, PromiseBroken(**whose, broken_on=due + timedelta(days=1))))
    at = ""
    for one in events:
        at = await record(complaints.cards, "cards", [one])
    found = await asked(complaints, "/v1/commitments/HINGES", min_position=f"{at},{last.headers['regulars-position']}", **MARCH)
    assert found["complaints"] == {"complaints": 3, "founded": 1, "unfounded": 1, "made_good": 1, "open_question": 1}
    assert found["promises"] == {
        "kind": "REPAIR",
        "due": 4,
        "kept_in_time": 1,
        "kept_late": 1,
        "not_kept": 2,
        "kept_rate": "0.2500",
    }
    assert found["versions"][0]["words"] == GUARANTEE["words"]
    assert {one["read_model"] for one in found["from_what"]} == {"matters", "company_promises"}


@pytest.mark.requirement("S2.45")
async def test_the_board_shows_open_complaints_by_step_and_age_on_any_day(complaints: Complaints) -> None:
    old = (await received(complaints, received_on="2026-01-02")).json()["id"]
    new = (await received(complaints, received_on="2026-03-02")).json()["id"]
    await step(complaints, old, "assessment", 1, founded=True, assessed_on="2026-03-03")
    other = (await received(complaints, received_on="2026-03-02")).json()["id"]
    last = await closed(complaints, other)
    position = {"min_position": last.headers["regulars-position"]}
    today = await asked(complaints, "/v1/complaint-board", **position)
    assert [(one["step"], one["complaints"]) for one in today["steps"]] == [("ASSESSED", 1), ("OPEN", 1)]
    then = await asked(complaints, "/v1/complaint-board", as_of="2026-03-02", **position)
    assert (then["open"], then["as_of"]) == (3, "2026-03-02")
    [received_then] = then["steps"]
    assert (received_then["step"], received_then["complaints"], received_then["oldest_received_on"]) == (
        "OPEN",
        3,
        "2026-01-02",
    )
    assert received_then["by_days"] == {"0-2": 2, "3-7": 0, "8-30": 0, "over 30": 1}
    assert new
    nobody = await asked(complaints, "/v1/complaint-board", area_id="NOWHERE")
    assert (nobody["open"], nobody["steps"]) == (0, [])
    future = await complaints.client.get("/v1/complaint-board", params={"as_of": "2030-01-01"})
    assert future.json()["code"] == "DAY_IN_FUTURE"


async def test_days_that_cannot_be_counted_are_refused(complaints: Complaints) -> None:
    for days in ({"from": "2026-03-02", "to": "2026-03-01"}, {"to": "2030-01-01"}, {"from": "1990-01-01"}):
        refused = await complaints.client.get("/v1/recurrence", params={"by": "batch", **days})
        assert (refused.status_code, refused.json()["code"]) == (422, "SPAN_INVALID")
