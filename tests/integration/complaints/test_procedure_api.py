"""The whole procedure of a complaint through HTTP: its steps, who decides, and its end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.complaints.conftest import HEADQUARTERS, Complaints
from tests.integration.complaints.test_complaints_api import received, step
from tests.integration.running import PRINCIPAL, key

STEPS = ("ACKNOWLEDGED", "ASSESSED", "ASSIGNED", "INVESTIGATED", "PROPOSED", "APPROVED", "CARRIED_OUT", "CONFIRMED")


async def published(service: Complaints, path: str, body: dict[str, Any], version: int = 0) -> httpx.Response:
    return await service.client.put(path, json=body, headers={**key(), "If-Match": f'"{version}"'})


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


class Handled:
    """One complaint, the version that whoever handles it has seen, and the place of its last step."""

    def __init__(self, service: Complaints, complaint: str, place: str) -> None:
        self.service, self.id, self.place, self.version = service, complaint, place, 1

    async def does(self, name: str, by: Complaints | None = None, **body: Any) -> dict[str, Any]:
        answer = await step(by or self.service, self.id, name, self.version, **body)
        if answer.status_code == 200:
            self.version += 1
            self.place = answer.headers["Regulars-Position"]
        told: dict[str, Any] = answer.json()
        return told

    async def record(self) -> dict[str, Any]:
        shown: dict[str, Any] = (await self.service.client.get(f"/v1/complaints/{self.id}")).json()
        return shown


async def begun(service: Complaints, **body: Any) -> Handled:
    answer = await received(service, **body)
    assert answer.status_code == 201, answer.text
    return Handled(service, answer.json()["id"], answer.headers["Regulars-Position"])


@pytest.mark.requirement("S2.46", "S2.49", "S2.45")
async def test_every_step_of_the_procedure_in_its_order_and_on_record(complaints: Complaints) -> None:
    wanted = {"obligatory": {"MEDIUM": ["ACKNOWLEDGED", "ASSESSED"], "HIGH": list(STEPS)}, "lesson": True}
    assert (await published(complaints, "/v1/complaint-procedure", wanted)).status_code == 200
    one = await begun(complaints)
    left_out = await one.does("assessment", founded=True, severity="HIGH")
    assert (left_out["code"], left_out["detail"]) == ("STEPS_LEFT_OUT", "ACKNOWLEDGED")
    assert (await one.does("acknowledgement"))["state"] == "ACKNOWLEDGED"
    assert (await one.does("acknowledgement"))["code"] == "TAKEN_ALREADY"
    assert (await one.does("assessment", founded=True, severity="HIGH", partly=True, complexity="COMPLEX"))["state"] == "ASSESSED"
    left_out = await one.does("solution", solution="REPLACED")
    assert left_out["detail"] == "ASSIGNED, INVESTIGATED, PROPOSED, APPROVED"
    assert (await one.does("assignment", department="QUALITY_CONTROL"))["state"] == "ASSIGNED"
    words = "Mr. Wang's oven was too cold."
    assert (await one.does("investigation", findings=words))["state"] == "INVESTIGATED"
    assert (await one.does("approval"))["code"] == "STEPS_LEFT_OUT"
    assert (await one.does("proposal", remedies=["REPLACE"], offered=yuan("4800.00")))["state"] == "PROPOSED"
    assert (await one.does("approval"))["state"] == "APPROVED"
    assert (await one.does("refusal", because="REPAIR_THEM"))["state"] == "REFUSED"
    assert (await one.does("solution", solution="REPLACED"))["detail"] == "PROPOSED, APPROVED"
    assert (await one.does("proposal", remedies=["REPAIR"], offered=yuan("4800.00")))["state"] == "PROPOSED"
    assert (await one.does("approval"))["state"] == "APPROVED"
    assert (await one.does("confirmation", satisfied=True))["code"] == "NOTHING_TO_CONFIRM"
    assert (await one.does("solution", solution="REPAIRED", remedies=["REPAIR"]))["state"] == "SOLVED"
    again = await one.does("confirmation", satisfied=False, because="BREAKS_AGAIN")
    assert again["state"] == "DISSATISFIED"
    assert (await one.does("settlement", agreed=yuan("1.00")))["detail"] == "INVESTIGATED, PROPOSED, APPROVED"
    await one.does("investigation")
    await one.does("proposal", remedies=["REPLACE"], offered=yuan("4800.00"))
    await one.does("approval")
    await one.does("settlement", agreed=yuan("4800.00"))
    await one.does("solution", solution="REPLACED", remedies=["REPLACE"])
    assert (await one.does("closure"))["detail"] == "CONFIRMED"
    assert (await one.does("confirmation", satisfied=True))["state"] == "CONFIRMED"
    assert (await one.does("closure"))["code"] == "LESSON_MISSING"
    assert (await one.does("closure", lesson="TEST_EACH_BATCH"))["state"] == "CLOSED"
    assert (await one.does("investigation"))["code"] == "COMPLAINT_ENDED"
    shown = await one.record()
    told = [(one["step"], one.get("round")) for one in shown["steps"] if one["step"] in ("DISSATISFIED", "CONFIRMED")]
    assert told == [("DISSATISFIED", 2), ("CONFIRMED", 2)]
    assert [one["step"] for one in shown["steps"]][:6] == [
        "RECEIVED", "ACKNOWLEDGED", "ASSESSED", "ASSIGNED", "INVESTIGATED", "PROPOSED",
    ]  # fmt: skip
    # Whatever was agreed: a founded complaint never counts against the customer's credit.
    assert [one["founded"] for one in shown["steps"] if one["step"] == "SETTLED"] == [True]
    found = shown["steps"][4]
    assert (found["findings"], found["by"]) == (words, str(PRINCIPAL))
    stored = await complaints.own.fetchval("SELECT string_agg(body::text, '') FROM complaints.events")
    assert "Wang" not in stored
    listed = (await complaints.client.get("/v1/complaint-procedure")).json()
    assert (listed["version"], listed["lesson"]) == (1, True)


@pytest.mark.requirement("S2.46", "S2.54")
async def test_an_unfounded_complaint_ends_without_a_solution_unless_something_is_given(complaints: Complaints) -> None:
    await published(complaints, "/v1/complaint-procedure", {"obligatory": {"HIGH": list(STEPS)}})
    one = await begun(complaints)
    await one.does("acknowledgement")
    await one.does("assessment", founded=False, severity="HIGH")
    assert (await one.does("settlement"))["detail"] == "ASSIGNED, INVESTIGATED"
    await one.does("assignment", department="QUALITY_CONTROL")
    await one.does("investigation")
    assert (await one.does("solution", solution="REPLACED"))["detail"] == "PROPOSED, APPROVED"
    assert (await one.does("settlement", agreed=yuan("1.00")))["detail"] == "PROPOSED, APPROVED"
    assert "code" not in await one.does("settlement")
    assert (await one.does("closure"))["state"] == "CLOSED"


@pytest.mark.requirement("S2.46")
async def test_what_comes_up_after_the_end_is_a_linked_complaint(complaints: Complaints) -> None:
    first = await begun(complaints)
    open_still = await received(complaints, continues=first.id)
    assert (open_still.status_code, open_still.json()["code"]) == (409, "NOT_CONTINUING")
    await first.does("withdrawal")
    of_another = await received(complaints, continues=first.id, customer={"system": "erp", "value": "K-2"})
    assert of_another.json()["code"] == "NOT_CONTINUING"
    second = await begun(complaints, continues=first.id)
    assert (await second.record())["continues"] == first.id


@pytest.mark.requirement("S2.51", "S2.55")
async def test_a_salesperson_decides_up_to_an_amount_and_headquarters_above(
    complaints: Complaints, headquarters: Complaints
) -> None:
    limits = [{"kind": "QUALITY", "up_to": yuan("1000.00")}, {"up_to": yuan("50.00")}]
    assert (await published(complaints, "/v1/decision-rule", {"limits": limits})).status_code == 200
    twice = await published(complaints, "/v1/decision-rule", {"limits": [*limits, limits[0]]}, 1)
    assert (twice.status_code, twice.json()["code"]) == (422, "STANDARD_REFUSED")
    one = await begun(complaints)
    above = await step(complaints, one.id, "settlement", 1, agreed=yuan("1000.01"))
    assert (above.status_code, above.json()["code"]) == (403, "ABOVE_AUTHORITY")
    offer = {"remedies": ["CREDIT_NOTE"], "offered": yuan("3000.00"), "because": "HALF_IS_GOOD"}
    await one.does("proposal", **offer)
    assert (await one.does("approval"))["code"] == "ABOVE_AUTHORITY"
    assert (await one.does("refusal", because="NO"))["code"] == "ABOVE_AUTHORITY"
    assert (await one.does("solution", solution="CREDITED"))["code"] == "ABOVE_AUTHORITY"
    assert (await one.does("approval", by=headquarters))["state"] == "APPROVED"
    # What headquarters has approved the salesperson may settle, and no more than that.
    assert (await one.does("settlement", agreed=yuan("3000.01")))["code"] == "ABOVE_AUTHORITY"
    assert "state" in await one.does("settlement", agreed=yuan("3000.00"))
    note = {"source": "erp", "number": "G-881"}
    assert (await one.does("solution", solution="CREDITED", remedies=["CREDIT_NOTE"], credit_note=note))["state"] == "SOLVED"
    shown = await one.record()
    proposed, approved, settled, solved = shown["steps"][1:]
    assert (proposed["decides"], proposed["offered"], proposed["rule_version"]) == ("HEADQUARTERS", yuan("3000.00"), 1)
    assert (approved["authority"], approved["by"], approved["offered"]) == ("HEADQUARTERS", str(HEADQUARTERS), yuan("3000.00"))
    assert (settled["authority"], settled["by"], settled["agreed"]) == ("SALESPERSON", str(PRINCIPAL), yuan("3000.00"))
    assert (shown["claimed"], shown["agreed"], solved["credit_note"]) == (yuan("4800.00"), yuan("3000.00"), note)


@pytest.mark.requirement("S2.55")
async def test_what_headquarters_has_refused_the_salesperson_does_not_carry_out(
    complaints: Complaints, headquarters: Complaints
) -> None:
    await published(complaints, "/v1/decision-rule", {"limits": [{"up_to": yuan("1000.00")}]})
    one = await begun(complaints)
    offer = {"remedies": ["CREDIT_NOTE"], "offered": yuan("4800.00")}
    await one.does("proposal", **offer)
    assert (await one.does("refusal", by=headquarters, because="TOO_MUCH"))["state"] == "REFUSED"
    assert (await one.does("solution", solution="CREDITED", remedies=["CREDIT_NOTE"]))["code"] == "NOTHING_PROPOSED"
    less = {"remedies": ["CREDIT_NOTE"], "offered": yuan("1000.00"), "because": "HALF_IS_GOOD"}
    await one.does("proposal", **less)
    assert (await one.does("solution", solution="CREDITED", remedies=["CREDIT_NOTE"]))["state"] == "SOLVED"


async def test_no_step_is_taken_at_a_moment_before_the_day_of_the_receipt(complaints: Complaints) -> None:
    one = await begun(complaints, received_on="2026-03-02")
    early = {"at": "2026-03-01T12:00:00Z"}
    assert (await one.does("acknowledgement", **early))["code"] == "BEFORE_RECEIPT"
    # Neither where the day that is given beside it lies behind the receipt.
    assert (await one.does("assessment", founded=True, assessed_on="2026-03-03", **early))["code"] == "BEFORE_RECEIPT"
    assert (await one.does("assessment", founded=True, told_on="2026-03-01"))["code"] == "BEFORE_RECEIPT"
    assert (await one.does("acknowledgement", at="2026-03-02T12:00:00Z"))["state"] == "ACKNOWLEDGED"


@pytest.mark.requirement("S2.55")
async def test_each_kind_and_currency_has_its_own_limit(complaints: Complaints, headquarters: Complaints) -> None:
    limits = [{"kind": "QUALITY", "up_to": yuan("1000.00")}, {"up_to": yuan("50.00")}]
    await published(complaints, "/v1/decision-rule", {"limits": limits})
    cases: list[tuple[dict[str, Any], dict[str, str] | None, int]] = [
        ({}, yuan("1000.00"), 200),
        ({"kind": "SERVICE"}, yuan("50.00"), 200),
        ({"kind": "SERVICE"}, yuan("50.01"), 403),
        ({"claimed": {"amount": "10.00", "currency": "EUR"}}, {"amount": "1.00", "currency": "EUR"}, 403),
        ({"claimed": {"amount": "10.00", "currency": "EUR"}}, None, 200),
    ]
    for body, agreed, status in cases:
        one = await begun(complaints, **body)
        assert (await step(complaints, one.id, "settlement", 1, agreed=agreed)).status_code == status
        by_headquarters = await begun(complaints, **body)
        assert (await step(headquarters, by_headquarters.id, "settlement", 1, agreed=agreed)).status_code == 200


@pytest.mark.requirement("S2.54")
async def test_who_gets_less_or_other_than_asked_for_is_owed_a_reason(complaints: Complaints) -> None:
    one = await begun(complaints, remedy_sought="REPLACE")
    for offer in ({"remedies": ["REPLACE"], "offered": yuan("4799.99")}, {"remedies": ["REPAIR"], "offered": yuan("4800.00")}):
        assert (await one.does("proposal", **offer))["code"] == "REASON_NEEDED"
    more = await one.does("proposal", remedies=["REPLACE"], offered=yuan("4800.01"))
    assert more["code"] == "AGREED_MORE_THAN_CLAIMED"
    assert (await one.does("proposal", remedies=["REPLACE"], offered=yuan("4800.00")))["state"] == "PROPOSED"
    other = {"remedies": ["REPAIR"], "offered": yuan("100.00"), "because": "ONE_HINGE_OF_FORTY"}
    assert (await one.does("proposal", **other))["state"] == "PROPOSED"
    shown = (await one.record())["steps"][-1]
    assert (shown["because"], shown["remedies"]) == ("ONE_HINGE_OF_FORTY", ["REPAIR"])


async def test_a_standard_that_cannot_be_followed_is_refused_by_name(complaints: Complaints) -> None:
    nine = [{"begins": "09:00", "ends": "17:00"}]
    for path, body in (
        ("complaint-procedure", {"obligatory": {"HIGH": ["CLOSED"]}}),
        ("complaint-procedure", {"due_minutes": {"HIGH": {"CLOSED": 0}}}),
        ("working-hours/company", {"zone": "Mars/Olympus", "weekly": {"1": nine}}),
        ("working-hours/company", {"zone": "Asia/Shanghai", "weekly": {"8": nine}}),
        ("working-hours/company", {"zone": "Asia/Shanghai", "weekly": {"1": []}}),
        ("working-hours/company", {"zone": "Asia/Shanghai", "weekly": {"1": [{"begins": "09:00", "ends": "09:59"}]}}),
        ("working-hours/company", {"zone": "Asia/Shanghai", "weekly": {"1": [*nine, {"begins": "16:00", "ends": "18:00"}]}}),
        ("working-hours/company", {"zone": "Asia/Shanghai", "weekly": {"1": [{"begins": "9:00", "ends": "17:00"}]}}),
        ("working-hours/company", {"zone": "Asia/Shanghai", "weekly": {"1": [{"begins": "22:00", "ends": "06:00"}]}}),
    ):
        refused = await published(complaints, f"/v1/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "STANDARD_REFUSED"), (body, refused.text)
    stale = await published(complaints, "/v1/complaint-procedure", {}, 4)
    assert stale.status_code == 412
