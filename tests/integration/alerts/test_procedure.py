"""The procedure through HTTP on a real database: sides are asked, delays are told higher up, mutes hold, measures are verified."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.cards import Basics, CustomerRegistered, SalespersonAssigned
from shared.contracts.organisation import AreaDefined, SuperiorNamed
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import Alerts, ago, invoice, payment, sales, today
from tests.integration.running import key, record

DAYS = {"watch": 3, "act": 2, "stop": 1}


async def organisation(alerts: Alerts) -> None:
    """EAST within CN, both led by somebody."""
    told = [
        AreaDefined(area_id="CN", name="China"),
        AreaDefined(area_id="EAST", name="East", parent_id="CN"),
        SuperiorNamed(area_id="EAST", superior_id="E-07", since=date(2026, 1, 1)),
        SuperiorNamed(area_id="CN", superior_id="E-01", since=date(2026, 1, 1)),
    ]
    await record(alerts.cards, "cards", [("organisation-company", None, event) for event in told])


async def served(alerts: Alerts, salesperson: str = "E-12") -> UUID:
    """A customer of EAST."""
    customer = uuid4()
    known = CustomerRegistered(
        customer_id=customer, basics=Basics(kind="COMPANY", name="Lotus"), area_id="EAST", salesperson_id=salesperson
    )
    await record(alerts.cards, "cards", [(f"card-{customer}", customer, known)])
    return customer


async def post(alerts: Alerts, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
    response = await alerts.client.post(path, json=body, headers=key())
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


async def put(alerts: Alerts, path: str, version: int, status: int = 200, **body: Any) -> dict[str, Any]:
    response = await alerts.client.put(path, json=body, headers={**key(), "If-Match": f'"{version}"'})
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


async def every_day_is_worked(alerts: Alerts) -> None:
    """So that due days do not depend on the day on which the test runs."""
    await put(alerts, "/v1/calendars/company", 0, weekend=[])


async def ids(alerts: Alerts, **filters: Any) -> list[str]:
    response = await alerts.client.get("/v1/alerts", params=filters)
    assert response.status_code == 200, response.text
    return [one["id"] for one in response.json()["items"]]


def sides_of(alert: dict[str, Any]) -> dict[str, list[str]]:
    return {one["side"]: one["persons"] for one in alert["sides"]}


def ahead(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


@pytest.mark.requirement("S1.21", "S1.22", "S1.23", "S2.30", "S2.31")
async def test_an_alert_is_routed_acknowledged_by_each_side_measured_verified_and_closed_with_its_money(alerts: Alerts) -> None:
    await organisation(alerts)
    await every_day_is_worked(alerts)
    before = (await alerts.client.get("/v1/procedure")).json()
    assert before.pop("version") == 0
    procedure = before | {"holders": [{"side": "CREDIT", "persons": ["E-30"], "area_id": "CN"}]}
    assert (await put(alerts, "/v1/procedure", 0, **procedure))["version"] == 1
    customer = await served(alerts)
    await alerts.ledger(customer, invoice(customer, "1", ago(40)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    path = f"/v1/alerts/{alert}"
    routed = await alerts.steps(alert, "OPENED", "ROUTED")
    assert sides_of(routed) == {"CREDIT": ["E-30"], "SALESPERSON": ["E-12"], "SUPERIOR": ["E-07"]}
    assert [(one["step"], one["on"]) for one in routed["due"]] == [
        ("ACKNOWLEDGE", ahead(1)), ("CAUSE", ahead(3)), ("MEASURE", ahead(5)),
    ]  # fmt: skip
    assert routed["at_stake"] == [{"amount": "900.00", "currency": "CNY"}]

    async def listed(**filters: Any) -> None:
        await eventually(lambda: ids(alerts, customer_id=str(customer), **filters), timeout=10)

    await listed(person="E-07", due_by=ahead(1), due_step="ACKNOWLEDGE")
    assert await ids(alerts, person="E-99") == await ids(alerts, due_by=ahead(0)) == []
    wrong = await post(alerts, f"{path}/acknowledgement", 409, next_check_on=ahead(9), side="LEGAL")
    assert (wrong["code"], wrong["detail"]) == ("SIDE_NOT_ASKED", "asked were CREDIT, SALESPERSON, SUPERIOR")
    for side, state in (("CREDIT", "OPEN"), ("SALESPERSON", "OPEN"), ("SUPERIOR", "ACKNOWLEDGED")):
        assert await ids(alerts, side=side) == [alert]
        body = {"next_check_on": ahead(9), "side": side}
        response = await alerts.client.post(f"{path}/acknowledgement", json=body, headers=key())
        assert response.json()["state"] == state
        waiting = {"min_position": response.headers["regulars-position"], "side": side}
        assert await ids(alerts, **waiting) == []
    await post(alerts, f"{path}/cause", cause="CASH_SHORTAGE")
    decided = await post(alerts, f"{path}/measure", measure="SETTLE")
    assert decided["due_on"] == ahead(5)
    taken = f"{path}/measures/{decided['measure_id']}/taken"
    assert (await post(alerts, taken, 422, taken_on=ahead(1)))["code"] == "TAKEN_IN_FUTURE"
    assert (await post(alerts, f"{path}/measures/{uuid4()}/taken", 404))["code"] == "MEASURE_UNKNOWN"
    await post(alerts, taken)
    assert (await post(alerts, taken, 409))["code"] == "MEASURE_TAKEN"
    await alerts.ledger(customer, payment(customer, "p1"))
    await alerts.the_alert(customer, state="RECOVERED")
    verified = (
        await alerts.steps(
            alert, "OPENED", "ROUTED", "ACKNOWLEDGED", "ACKNOWLEDGED", "ACKNOWLEDGED", "CAUSE_RECORDED", "MEASURE_DECIDED",
            "MEASURE_TAKEN", "RECOVERED", "MEASURE_VERIFIED",
        )
    )["steps"][-1]  # fmt: skip
    assert verified["worked"] is True
    assert verified["reasons"][0]["figures"] == {"before": "900.00", "now": "0", "currency": "CNY"}
    assert (await post(alerts, f"{path}/closure", outcome="TRUE"))["state"] == "CLOSED"
    closed = (await alerts.whole(alert))["steps"][-1]
    assert (closed["outcome"], closed["cause"]) == ("TRUE", "CASH_SHORTAGE")
    assert closed["at_stake"] == [{"amount": "900.00", "currency": "CNY"}]


@pytest.mark.requirement("S2.30")
async def test_what_is_late_goes_to_the_superior_and_then_higher_by_the_calendar_of_the_area(alerts: Alerts) -> None:
    await organisation(alerts)
    await every_day_is_worked(alerts)
    customer = await served(alerts)

    async def known() -> bool:
        answer = await alerts.client.put(
            "/v1/calendars/EAST",
            json={"weekend": [], "holidays": [ahead(1), ahead(2)]},
            headers={**key(), "If-Match": '"0"'},
        )
        return answer.status_code == 200

    await eventually(known, timeout=10)
    await alerts.ledger(customer, invoice(customer, "1", ago(40)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    routed = await alerts.steps(alert, "OPENED", "ROUTED")
    assert routed["due"][0] == {"step": "ACKNOWLEDGE", "on": ahead(3)}
    await alerts.days_pass(4)
    late = (await alerts.steps(alert, "OPENED", "ROUTED", "ESCALATED"))["steps"][-1]
    assert (late["late_step"], late["rank"], late["to"], late["due_on"]) == ("ACKNOWLEDGE", 1, ["E-07"], ahead(3))
    assert late["sides"] == ["CREDIT", "SALESPERSON", "SUPERIOR"]
    await post(alerts, f"/v1/alerts/{alert}/cause", cause="CASH_SHORTAGE")
    await post(alerts, f"/v1/alerts/{alert}/measure", measure="VISIT", due_on=ahead(30))
    await alerts.days_pass(7)
    higher = (await alerts.steps(alert, "OPENED", "ROUTED", "ESCALATED", "CAUSE_RECORDED", "MEASURE_DECIDED", "ESCALATED"))[
        "steps"
    ][-1]
    assert (higher["rank"], higher["to"]) == (2, ["E-01"])
    await eventually(lambda: ids(alerts, person="E-01"), timeout=10)


@pytest.mark.requirement("S1.21")
async def test_an_acknowledgement_holds_through_its_day_and_worsening_keeps_what_was_written(alerts: Alerts) -> None:
    await every_day_is_worked(alerts)
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(10)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer, level="watch"))["id"]
    await alerts.steps(alert, "OPENED", "ROUTED")
    path = f"/v1/alerts/{alert}"
    await post(alerts, f"{path}/acknowledgement", next_check_on=ahead(1))
    await post(alerts, f"{path}/notes", note="They asked for time.")
    await alerts.ledger(customer, invoice(customer, "2", ago(70)))
    worse = await alerts.steps(alert, "OPENED", "ROUTED", "ACKNOWLEDGED", "NOTE_ADDED", "WORSENED", "ROUTED")
    assert (worse["state"], worse["level"]) == ("OPEN", "stop")
    assert [one for one in worse["sides"] if "next_check_on" in one] == []
    assert worse["steps"][3]["note"] == "They asked for time."


@pytest.mark.requirement("S1.20")
async def test_a_mute_records_the_alert_and_asks_nobody_until_it_is_ended(alerts: Alerts) -> None:
    await organisation(alerts)
    customer, other = await served(alerts), await served(alerts, "E-13")
    refused = await post(alerts, "/v1/mutes", 422, reason="Stocktaking", until=ahead(3))
    assert refused["code"] == "MUTE_MATCHES_ALL"
    body = {"kinds": ["credit"], "area_ids": ["CN"], "salesperson_ids": ["E-12"], "reason": "Stocktaking"}
    assert (await post(alerts, "/v1/mutes", 422, **body, until=ahead(-1)))["code"] == "MUTE_UNTIL_BEFORE"
    mute = (await post(alerts, "/v1/mutes", 201, **body, until=ahead(3)))["id"]
    await eventually(lambda: held_mutes(alerts, True), timeout=10)
    for one in (customer, other):
        await alerts.ledger(one, invoice(one, "1", ago(40)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    held = await alerts.steps(alert, "OPENED", "MUTED")
    assert held["muted"] == {"mute_id": mute, "until": ahead(3)}
    assert "due" not in held and "sides" not in held
    assert await eventually(lambda: ids(alerts, muted_by=mute), timeout=10) == [alert]
    await alerts.steps((await alerts.the_alert(other))["id"], "OPENED", "ROUTED")
    await post(alerts, f"/v1/mutes/{mute}/end")
    assert (await post(alerts, f"/v1/mutes/{mute}/end", 409))["code"] == "MUTE_OVER"
    assert (await post(alerts, f"/v1/mutes/{uuid4()}/end", 404))["code"] == "MUTE_UNKNOWN"
    await alerts.steps(alert, "OPENED", "MUTED", "UNMUTED", "ROUTED")
    assert await held_mutes(alerts, False) == [mute] and await held_mutes(alerts, True) == []


async def held_mutes(alerts: Alerts, holding: bool) -> list[str]:
    response = await alerts.client.get("/v1/mutes", params={"holding": holding})
    return [one["id"] for one in response.json()["items"]]


async def test_a_stopped_debt_holds_the_silence_of_the_same_customer_until_it_is_paid(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, *sales(customer, ago(45)), invoice(customer, "1", ago(90)))
    await alerts.go_live()
    debt = (await alerts.the_alert(customer, rule_id="overdue_debt"))["id"]
    silence = (await alerts.the_alert(customer, kind="silence"))["id"]
    held = await alerts.steps(silence, "OPENED", "INHIBITED")
    assert held["inhibited"] == [{"by_alert_id": debt, "because": "SAME_CUSTOMER"}]
    assert await eventually(lambda: ids(alerts, held=True), timeout=10) == [silence]
    await alerts.ledger(customer, payment(customer, "p1"))
    await alerts.steps(silence, "OPENED", "INHIBITED", "UNINHIBITED", "ROUTED")


@pytest.mark.requirement("S1.23")
async def test_the_lowest_level_closes_itself_and_a_new_spell_names_the_one_before(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(10)))
    await alerts.go_live()
    first = (await alerts.the_alert(customer))["id"]
    await alerts.steps(first, "OPENED", "ROUTED")
    await alerts.ledger(customer, payment(customer, "p1"))
    closed = (await alerts.steps(first, "OPENED", "ROUTED", "RECOVERED", "CLOSED"))["steps"][-1]
    assert (closed["outcome"], closed["cause"]) == ("RECOVERED", "RECOVERED_BY_ITSELF")
    assert closed["at_stake"] == [{"amount": "900.00", "currency": "CNY"}]
    await alerts.the_alert(customer, state="CLOSED")
    await alerts.ledger(customer, invoice(customer, "2", ago(9)))
    second = (await alerts.the_alert(customer, state="OPEN"))["id"]
    assert second != first
    assert (await alerts.steps(second, "OPENED", "ROUTED"))["continues_alert_id"] == first


async def test_whoever_serves_the_customer_now_is_asked(alerts: Alerts) -> None:
    await organisation(alerts)
    customer = await served(alerts)
    await alerts.ledger(customer, invoice(customer, "1", ago(10)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    await alerts.steps(alert, "OPENED", "ROUTED")
    assigned = SalespersonAssigned(customer_id=customer, area_id="EAST", salesperson_id="E-13")
    await record(alerts.cards, "cards", [(f"card-{customer}", customer, assigned)])
    again = await alerts.steps(alert, "OPENED", "ROUTED", "ROUTED")
    assert sides_of(again)["SALESPERSON"] == ["E-13"]
    assert await eventually(lambda: ids(alerts, person="E-13"), timeout=10) == [alert]
    assert await ids(alerts, person="E-12") == []


async def test_a_visit_that_brought_nothing_is_said_so_when_its_day_has_passed(alerts: Alerts) -> None:
    await every_day_is_worked(alerts)
    customer = uuid4()
    await alerts.ledger(customer, *sales(customer, ago(45)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    await alerts.steps(alert, "OPENED", "ROUTED")
    path = f"/v1/alerts/{alert}"
    measure = (await post(alerts, f"{path}/measure", measure="VISIT"))["measure_id"]
    await post(alerts, f"{path}/measures/{measure}/taken", verify_on=ahead(1))
    await post(alerts, f"{path}/closure", outcome="TRUE", cause="RIVAL_PRICES")
    await alerts.days_pass(2)
    steps = ("OPENED", "ROUTED", "MEASURE_DECIDED", "MEASURE_TAKEN", "CLOSED", "MEASURE_VERIFIED")
    verified = (await alerts.steps(alert, *steps))["steps"][-1]
    assert verified["worked"] is False
    assert verified["reasons"][0]["figures"]["last_purchase_on"] == ago(45).isoformat()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"routes": [{"sides": ["CREDIT"], "kinds": ["credit"]}]}, "one route fits every alert"),
        ({"acknowledge_days": {"watch": 1, "act": 2, "stop": 0}}, "acknowledge_days"),
        ({"closes_itself": ["credit/stop"]}, "lowest level"),
        ({"inhibitions": [{"by_kind": "credit", "by_level": "act", "kind": "credit"}]}, "one kind"),
    ],
)
async def test_a_procedure_that_cannot_be_followed_is_refused_by_name(alerts: Alerts, change: dict[str, Any], says: str) -> None:
    found = (await alerts.client.get("/v1/procedure")).json()
    del found["version"]
    refused = await put(alerts, "/v1/procedure", 0, 422, **(found | change))
    assert refused["code"] == "PROCEDURE_REFUSED" and says in refused["detail"]
    assert (await put(alerts, "/v1/procedure", 1, 412, **found))["code"] == "VERSION_STALE"


async def test_a_calendar_belongs_to_an_area_that_is_there_and_leaves_a_day_to_work(alerts: Alerts) -> None:
    assert (await put(alerts, "/v1/calendars/WEST", 0, 404, weekend=[7]))["code"] == "AREA_UNKNOWN"
    assert (await put(alerts, "/v1/calendars/company", 0, 422, weekend=list(range(1, 8))))["code"] == "PROCEDURE_REFUSED"
    built_in = (await alerts.client.get("/v1/calendars/company")).json()
    assert (built_in["version"], built_in["weekend"]) == (0, [6, 7])
    await put(alerts, "/v1/calendars/company", 0, weekend=[7], holidays=["2026-10-01"])
    listed = (await alerts.client.get("/v1/calendars")).json()["items"]
    assert listed == [{"area_id": "company", "version": 1, "weekend": [7], "holidays": ["2026-10-01"], "working_days": []}]
