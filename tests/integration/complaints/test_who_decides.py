"""Who decides on what the customer is given: nothing goes past the rule, whatever the order of the steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.complaints.conftest import HEADQUARTERS, Complaints
from tests.integration.complaints.test_procedure_api import Handled, begun, published, yuan
from tests.integration.running import PRINCIPAL


async def up_to(service: Complaints, amount: str) -> None:
    answer = await published(service, "/v1/decision-rule", {"limits": [{"up_to": yuan(amount)}]})
    assert answer.status_code == 200


async def solutions(one: Handled) -> list[dict[str, Any]]:
    return [step for step in (await one.record())["steps"] if step["step"] == "SOLVED"]


@pytest.mark.requirement("S2.55")
async def test_what_nobody_has_proposed_is_decided_by_whoever_reports_it(
    complaints: Complaints, headquarters: Complaints
) -> None:
    await up_to(complaints, "1000.00")
    one = await begun(complaints)
    # A solution that nobody has put a figure on is under no limit.
    unnamed = await one.does("solution", solution="REPLACED", remedies=["REPLACE"])
    assert (unnamed["code"], unnamed["detail"]) == ("ABOVE_AUTHORITY", "nobody has said what it comes to")
    assert (await one.does("solution", solution="REPLACED"))["code"] == "ABOVE_AUTHORITY"
    above = await one.does("solution", solution="REPLACED", remedies=["REPLACE"], amount=yuan("1000.01"))
    assert (above["code"], above["detail"]) == ("ABOVE_AUTHORITY", "1000.01 CNY")
    assert (await one.does("solution", solution="EXPLAINED", amount=yuan("0.00")))["state"] == "SOLVED"
    assert (await one.does("solution", solution="REPLACED", remedies=["REPLACE"], amount=yuan("1000.00")))["state"] == "SOLVED"
    # A second one of the same round is added to the first.
    assert (await one.does("solution", solution="GIFT", amount=yuan("0.01")))["code"] == "ABOVE_AUTHORITY"
    assert (await one.does("solution", by=headquarters, solution="GIFT"))["state"] == "SOLVED"
    told = [(step["authority"], step["by"], step["rule_version"]) for step in await solutions(one)]
    assert told == [
        ("SALESPERSON", str(PRINCIPAL), 1),
        ("SALESPERSON", str(PRINCIPAL), 1),
        ("HEADQUARTERS", str(HEADQUARTERS), 1),
    ]
    more = await one.does("solution", by=headquarters, solution="REPLACED", amount=yuan("4800.01"))
    assert more["code"] == "AGREED_MORE_THAN_CLAIMED"


@pytest.mark.requirement("S2.55")
async def test_a_proposal_without_an_amount_waits_for_headquarters(complaints: Complaints, headquarters: Complaints) -> None:
    await up_to(complaints, "1000.00")
    one = await begun(complaints, claimed=None, invoices=[])
    await one.does("proposal", remedies=["REPLACE"])
    assert (await one.record())["steps"][-1]["decides"] == "HEADQUARTERS"
    for name in ("approval", "solution"):
        body = {"solution": "REPLACED"} if name == "solution" else {}
        assert (await one.does(name, **body))["code"] == "ABOVE_AUTHORITY"
    await one.does("approval", by=headquarters)
    assert (await one.does("solution", solution="REPLACED"))["state"] == "SOLVED"


@pytest.mark.requirement("S2.55", "S2.51")
async def test_carried_out_is_what_was_approved_and_no_more(complaints: Complaints, headquarters: Complaints) -> None:
    await up_to(complaints, "1000.00")
    one = await begun(complaints)
    offer = {"remedies": ["REPLACE", "CREDIT_NOTE"], "offered": yuan("3000.00"), "because": "HALF_IS_GOOD"}
    await one.does("proposal", **offer)
    await one.does("approval", by=headquarters)
    other = await one.does("solution", solution="PAID", remedies=["COMPENSATION", "REPLACE"])
    assert (other["code"], other["detail"]) == ("NOT_AS_PROPOSED", "remedies: COMPENSATION")
    more = await one.does("solution", solution="CREDITED", amount=yuan("3000.01"))
    assert (more["code"], more["detail"]) == ("NOT_AS_PROPOSED", "amount: 3000.00 CNY is left of what was proposed")
    # Not even headquarters carries out what nobody has proposed: it is proposed anew.
    assert (await one.does("solution", by=headquarters, solution="CREDITED", amount=yuan("3000.01")))["code"] == "NOT_AS_PROPOSED"
    part = await one.does("solution", solution="REPLACED", remedies=["REPLACE"], amount=yuan("1200.00"))
    assert part["state"] == "SOLVED"
    assert (await one.does("solution", solution="CREDITED", amount=yuan("1800.01")))["code"] == "NOT_AS_PROPOSED"
    assert (await one.does("solution", solution="CREDITED", remedies=["CREDIT_NOTE"]))["state"] == "SOLVED"
    assert (await one.does("solution", solution="CREDITED", remedies=["CREDIT_NOTE"]))["code"] == "NOT_AS_PROPOSED"
    first, second = await solutions(one)
    assert (first["amount"], second["amount"]) == (yuan("1200.00"), yuan("1800.00"))
    # Who has decided stands with what was carried out, beside who has reported it.
    for step in (first, second):
        assert (step["authority"], step["approved_by"], step["by"]) == ("HEADQUARTERS", str(HEADQUARTERS), str(PRINCIPAL))
    await one.does("settlement", agreed=yuan("3000.00"))
    settled = (await one.record())["steps"][-1]
    assert (settled["authority"], settled["approved_by"], settled["by"]) == ("SALESPERSON", str(HEADQUARTERS), str(PRINCIPAL))


@pytest.mark.requirement("S2.55")
async def test_the_limit_is_of_the_complaint_and_not_of_each_round(complaints: Complaints, headquarters: Complaints) -> None:
    await up_to(complaints, "1000.00")
    one = await begun(complaints)
    await one.does("settlement", agreed=yuan("600.00"))
    # To carry out what was agreed on takes no further decision.
    assert (await one.does("solution", solution="CREDITED", amount=yuan("600.00")))["state"] == "SOLVED"
    await one.does("confirmation", satisfied=False, because="BREAKS_AGAIN")
    above = await one.does("solution", solution="REPLACED", amount=yuan("400.01"))
    assert (above["code"], above["detail"]) == ("ABOVE_AUTHORITY", "1000.01 CNY")
    await one.does("proposal", remedies=["REPLACE"], offered=yuan("500.00"), because="ONE_HINGE")
    proposed = (await one.record())["steps"][-1]
    assert (proposed["decides"], proposed["rule_version"]) == ("HEADQUARTERS", 1)
    assert (await one.does("approval"))["detail"] == "1100.00 CNY"
    await one.does("proposal", remedies=["REPLACE"], offered=yuan("400.00"), because="ONE_HINGE")
    assert (await one.does("approval"))["state"] == "APPROVED"
    assert (await one.does("solution", solution="REPLACED"))["state"] == "SOLVED"
    await one.does("confirmation", satisfied=False, because="BREAKS_AGAIN")
    assert (await one.does("solution", solution="GIFT", amount=yuan("0.01")))["code"] == "ABOVE_AUTHORITY"
    assert (await one.does("solution", solution="EXPLAINED", amount=yuan("0.00")))["state"] == "SOLVED"


async def test_without_a_rule_whoever_handles_it_decides(complaints: Complaints) -> None:
    one = await begun(complaints)
    assert (await one.does("solution", solution="REPLACED", remedies=["REPLACE"]))["state"] == "SOLVED"
    (shown,) = await solutions(one)
    assert "authority" not in shown and "amount" not in shown


@pytest.mark.requirement("S2.46", "S2.47")
async def test_a_customer_who_never_answers_does_not_keep_a_complaint_open_for_ever(complaints: Complaints) -> None:
    wanted = {"obligatory": {"MEDIUM": ["CONFIRMED"]}, "answer_days": 10}
    assert (await published(complaints, "/v1/complaint-procedure", {**wanted, "answer_days": 0})).json()[
        "code"
    ] == "STANDARD_REFUSED"
    assert (await published(complaints, "/v1/complaint-procedure", wanted)).json()["answer_days"] == 10
    quiet = {"claimed": None, "invoices": [], "received_on": "2026-03-02"}
    one = await begun(complaints, **quiet)
    assert (await one.does("closure", unanswered=True))["code"] == "NOTHING_TO_CONFIRM"
    await one.does("solution", solution="EXPLAINED", carried_out_on="2026-03-05")
    assert (await one.does("closure", closed_on="2026-03-14"))["detail"] == "CONFIRMED"
    early = await one.does("closure", closed_on="2026-03-14", unanswered=True)
    assert (early["code"], early["detail"]) == ("ANSWER_AWAITED", "from 2026-03-15")
    assert (await one.does("closure", closed_on="2026-03-15", unanswered=True))["state"] == "CLOSED"
    closed = (await one.record())["steps"][-1]
    assert (closed["step"], closed["unanswered"]) == ("CLOSED", True)
    # Who has answered is not closed as somebody who has not, and a new round asks anew.
    other = await begun(complaints, **quiet)
    await other.does("solution", solution="EXPLAINED", carried_out_on="2026-03-05")
    await other.does("confirmation", satisfied=False)
    assert (await other.does("closure", unanswered=True))["code"] == "NOTHING_TO_CONFIRM"
    await other.does("solution", solution="EXPLAINED", carried_out_on="2026-03-05")
    await other.does("confirmation", satisfied=True)
    assert (await other.does("closure", unanswered=True))["code"] == "CUSTOMER_ANSWERED"
    assert (await other.does("closure"))["state"] == "CLOSED"
    assert (await other.record())["steps"][-1].get("unanswered") is not True
