"""Sales plans over HTTP: proposed, made from a formula, held against what came; and the formula of what came."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.classification.domain.months import last_day, month_after, months_to
from shared.contracts.cards import SalespersonAssigned
from tests.integration.classification.conftest import TODAY, Classification
from tests.integration.classification.test_trade_performance import FIRST, SECOND, THIRD, asked_until, sold
from tests.integration.running import key, record

LAST_MONTH = month_after(TODAY, -1)
BEFORE = month_after(TODAY, -2)
NEXT = TODAY.year + 1
EVEN = ["100.00"] * 12


async def put(service: Classification, year: int, **body: Any) -> Any:
    return await service.client.put(f"/v1/sales-plans/{year}", json={"currency": "CNY", **body}, headers=key())


@pytest.mark.requirement("S3.1")
async def test_number_and_average_explain_what_moved(classification: Classification) -> None:
    assigned = SalespersonAssigned(customer_id=SECOND, area_id="east", salesperson_id="S7")
    await record(classification.cards, "cards", [(f"card-{SECOND}", SECOND, assigned)])
    await classification.trade(
        sold(FIRST, BEFORE, "100.00"),
        sold(SECOND, BEFORE, "200.00"),
        sold(FIRST, LAST_MONTH, "130.00"),
        sold(SECOND, LAST_MONTH, "260.00"),
        sold(THIRD, LAST_MONTH, "60.00"),
    )
    period = {"from": LAST_MONTH.isoformat(), "to": last_day(LAST_MONTH).isoformat(), "against": "BEFORE"}
    found = await asked_until(classification, "/v1/sales-formula", "450.00", **period)
    assert (found["dealers"], found["average"]["amount"]) == ({"kept": 2, "new": 1, "all": 3}, "150.00")
    assert (found["average_kept"]["amount"], found["average_new"]["amount"]) == ("195.00", "60.00")
    assert found["against"]["dealers"] == {"kept": 0, "new": 2, "all": 2}
    assert {name: one["amount"] for name, one in found["change"].items()} == {
        "net": "150.00", "by_number": "150.00", "by_average": "0.00", "by_others": "0.00",
    }  # fmt: skip
    east = await asked_until(classification, "/v1/sales-formula", "260.00", area_id="east", **period)
    assert (east["change"]["by_number"]["amount"], east["change"]["by_average"]["amount"]) == ("0.00", "60.00")


@pytest.mark.requirement("S0.16")
async def test_a_plan_is_proposed_from_actuals_and_made_as_proposed(classification: Classification) -> None:
    months = months_to(LAST_MONTH, 24)
    await classification.trade(*(sold(FIRST, month, "100.00" if n < 12 else "110.00") for n, month in enumerate(months)))
    year = month_after(LAST_MONTH, 1).year + 1
    await asked_until(classification, "/v1/trade-performance", "2520.00", **{"from": months[0].isoformat()})
    proposal = (await classification.client.get(f"/v1/sales-plans/{year}/proposal", params={"currency": "CNY"})).json()
    assert (proposal["method"], proposal["rests_on"]["net"]["amount"]) == ("SEASON_AND_GROWTH", "1320.00")
    assert (proposal["growth"], proposal["net"]["amount"], proposal["remarks"]) == ("0.1000", "1452.00", [])
    made = await put(classification, year)
    assert made.status_code == 200, made.text
    plans = (await classification.client.get(f"/v1/sales-plans/{year}")).json()
    assert [(one["method"], one["net"]["amount"]) for one in plans["items"]] == [("PROPOSED", "1452.00")]
    assert plans["items"][0]["months"] == [one["amount"] for one in proposal["months"]]
    empty = await put(classification, year, area_id="nowhere")
    assert (empty.status_code, empty.json()["code"]) == (422, "NOTHING_TO_PLAN_FROM")


@pytest.mark.requirement("S0.16", "S3.1")
async def test_a_plan_is_held_against_what_came_month_by_month(classification: Classification) -> None:
    year = TODAY.year - 1
    east = [SalespersonAssigned(customer_id=one, area_id="east", salesperson_id="S7") for one in (FIRST, SECOND)]
    await record(classification.cards, "cards", [(f"card-{one.customer_id}", one.customer_id, one) for one in east])
    await classification.trade(
        sold(FIRST, date(year - 1, 5, 1), "9.00"),
        sold(FIRST, date(year, 1, 20), "150.00"),
        sold(SECOND, date(year, 3, 31), "40.00"),
        sold(THIRD, date(year, 3, 31), "1000.00"),
    )
    formula = {"kept_dealers": 8, "new_dealers": 4, "average": "100.00"}
    made = await put(classification, year, area_id="east", months=EVEN, formula=formula)
    assert made.status_code == 200, made.text
    await put(classification, year, months=["200.00", *EVEN[1:]])
    params = {"currency": "CNY", "area_id": "east", "as_of": f"{year}-04-15"}
    found = await asked_until(classification, f"/v1/sales-plans/{year}/comparison", "190.00", **params)
    assert (found["due"]["amount"], found["behind"], found["plan"]["method"]) == ("350.00", True, "FORMULA")
    assert (found["plan"]["kept_dealers"], found["so_far"]["dealers"]) == (8, {"kept": 1, "new": 1, "all": 2})
    assert [(one["due"]["amount"], one["net"]["amount"]) for one in found["months"][:5]] == [
        ("100.00", "150.00"), ("100.00", "0.00"), ("100.00", "40.00"), ("50.00", "0.00"), ("0.00", "0.00"),
    ]  # fmt: skip
    plans = (await classification.client.get(f"/v1/sales-plans/{year}")).json()
    assert [one.get("area_id") for one in plans["items"]] == [None, "east"]
    assert plans["areas"] == [{"amount": "1200.00", "currency": "CNY"}]
    ahead = (
        await classification.client.get(f"/v1/sales-plans/{year}/comparison", params={**params, "as_of": f"{year}-01-31"})
    ).json()
    assert (ahead["due"]["amount"], ahead["net"]["amount"], ahead["behind"]) == ("100.00", "150.00", False)


async def test_a_plan_that_contradicts_itself_is_refused_by_name(classification: Classification) -> None:
    formula = {"kept_dealers": 8, "new_dealers": 4, "average": "100.01"}
    wrong = await put(classification, NEXT, months=EVEN, formula=formula)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "PLAN_DOES_NOT_ADD_UP")
    negative = await put(classification, NEXT, months=["-1.00", *EVEN[1:]])
    assert (negative.status_code, negative.json()["code"]) == (422, "PLAN_OUT_OF_RANGE")
    endless = await put(classification, NEXT, formula={**formula, "average": "1" * 18})
    assert (endless.status_code, endless.json()["code"]) == (422, "PLAN_OUT_OF_RANGE")
    everybody = await put(classification, NEXT, formula={**formula, "kept_dealers": 10**9})
    assert (everybody.status_code, everybody.json()["code"]) == (422, "VALIDATION_FAILED")
    spread = await put(classification, NEXT, formula=formula)
    assert (spread.status_code, spread.json()["net"]) == (200, "1200.12")
    unknown = await classification.client.get(f"/v1/sales-plans/{NEXT}/comparison", params={"currency": "EUR"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "PLAN_UNKNOWN")
    later = {"currency": "CNY", "as_of": month_after(TODAY, 2).isoformat()}
    refused = await classification.client.get(f"/v1/sales-plans/{NEXT}/comparison", params=later)
    assert (refused.status_code, refused.json()["code"]) == (422, "AS_OF_IN_FUTURE")
    early = (await classification.client.get(f"/v1/sales-plans/{NEXT}/comparison", params={"currency": "CNY"})).json()
    assert (early["due"]["amount"], early["net"]["amount"], early["behind"]) == ("0.00", "0.00", False)
