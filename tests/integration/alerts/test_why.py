"""Why nothing is said, and what was said, asked over HTTP and computed again from the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.cards import SourceCompletedThrough, SourceOpened
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.transactions import InvoiceRef
from shared.postgres.pool import create_pool
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import Alerts, ago, cny, invoice, payment, sale, sales, today
from tests.integration.running import key, record


async def why_not(alerts: Alerts, customer: UUID, rule: str) -> dict[str, Any]:
    response = await alerts.client.get(f"/v1/customers/{customer}/why-not", params={"rule": rule})
    assert response.status_code == 200, response.text
    (found,) = response.json()["rules"]
    assert found["rule_id"] == rule
    (channel,) = found["channels"]
    return dict(channel)


async def test_a_condition_that_is_missing_is_told_with_its_figures_and_the_day_on_which_it_will_hold(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(3)), *sales(customer, ago(2)))
    await alerts.go_live()
    await alerts.caught_up()
    debt = await why_not(alerts, customer, "overdue_debt")
    (watch,) = [one for one in debt["conditions"] if (one["code"], one["level"]) == ("DAYS_OVERDUE", "watch")]
    assert (debt["answer"], watch["value"], watch["needed"], watch["missing"], watch["holds"]) == (
        "CONDITION_MISSING",
        3,
        7,
        4,
        False,
    )
    assert debt["changes_on"] == (today() + timedelta(days=4)).isoformat()
    silence = await why_not(alerts, customer, "silent_beyond_own_rhythm")
    assert (silence["answer"], silence["held_back"]) == ("CONDITION_MISSING", [])
    assert silence["changes_on"] > today().isoformat()


async def test_what_holds_a_rule_back_is_named(alerts: Alerts) -> None:
    customer, other = uuid4(), uuid4()
    await alerts.control(SourceOpened(source="branch", fact_kind="sales"))
    await alerts.control(SourceCompletedThrough(source="branch", fact_kind="sales", day=ago(60)))
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    claim = ComplaintReceived(
        complaint_id=uuid4(),
        customer_id=customer,
        kind="QUALITY",
        channel="LETTER",
        received_on=ago(25),
        claimed=cny("900.00"),
        invoices=(InvoiceRef("erp", "1"),),
    )
    await record(alerts.complaints, "complaints", [(f"complaint-{claim.complaint_id}", customer, claim)])
    await alerts.ledger(other, *[sale(other, ago(70 + 10 * i), "branch") for i in reversed(range(10))])
    await alerts.go_live()

    async def held_back(by: UUID, rule: str) -> dict[str, Any] | None:
        found = await why_not(alerts, by, rule)
        return found if "held_level" in found else None

    debt = await eventually(lambda: held_back(customer, "overdue_debt"), timeout=10)
    assert (debt["answer"], debt["held_level"]) == ("HELD_BACK", "watch")
    assert [(one["code"], one["figures"]["disputed_amount"]) for one in debt["held_back"]] == [("DISPUTED", "900.00")]
    silence = await eventually(lambda: held_back(other, "silent_beyond_own_rhythm"), timeout=10)
    assert silence["answer"] == "HELD_BACK"
    assert [one["code"] for one in silence["held_back"]] == ["SOURCE_INCOMPLETE"]
    assert await alerts.alerts_of(customer) == []


async def test_all_rules_answer_when_none_is_named_also_before_going_live(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))

    async def known() -> dict[str, Any] | None:
        response = await alerts.client.get(f"/v1/customers/{customer}/why-not")
        if response.status_code == 404:
            return None
        body: dict[str, Any] = response.json()
        return body if "channel" in by_rule(body)["overdue_debt"]["channels"][0] else None

    body = await eventually(known, timeout=10)
    rules = (await alerts.client.get("/v1/rules")).json()["items"]
    about_customers = [one["rule_id"] for one in rules if one["kind"] != "company"]
    assert [one["rule_id"] for one in body["rules"]] == about_customers != []
    assert body["live"] is False
    (debt,) = by_rule(body)["overdue_debt"]["channels"]
    assert (debt["answer"], [one["code"] for one in debt["held_back"]]) == ("HELD_BACK", ["NOT_LIVE"])


def by_rule(body: dict[str, Any]) -> dict[str, Any]:
    return {one["rule_id"]: one for one in body["rules"]}


async def test_an_open_alert_a_rule_and_a_customer_that_nobody_knows(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(40)))
    await alerts.go_live()
    alert = await alerts.the_alert(customer)
    await alerts.caught_up()
    debt = await why_not(alerts, customer, "overdue_debt")
    assert (debt["answer"], debt["alert"]) == ("ALERT_OPEN", {"id": alert["id"], "level": "act"})
    for path, code in (
        (f"/v1/customers/{customer}/why-not?rule=nobody", "RULE_UNKNOWN"),
        (f"/v1/customers/{uuid4()}/why-not", "CUSTOMER_UNKNOWN"),
    ):
        response = await alerts.client.get(path)
        assert (response.status_code, response.json()["code"]) == (404, code)


async def evidence(alerts: Alerts, alert_id: str) -> dict[str, Any]:
    response = await alerts.client.get(f"/v1/alerts/{alert_id}/evidence")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_an_alert_is_computed_anew_and_equal_with_its_events_and_thresholds(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, *sales(customer, ago(45)))
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    await alerts.go_live()
    debt, silence = await alerts.the_alert(customer, kind="credit"), await alerts.the_alert(customer, kind="silence")
    await alerts.ledger(customer, payment(customer, "p1"))
    await alerts.recovered(debt["id"])
    await alerts.caught_up()
    body = await evidence(alerts, debt["id"])
    assert body["equal"] is True
    assert [one["type"].split(".")[2] for one in body["steps"]] == ["alert-opened", "alert-recovered"]
    first = body["steps"][0]
    whole = (await alerts.client.get(f"/v1/alerts/{debt['id']}")).json()
    assert first["reasons"] == whole["steps"][0]["finding"]["reasons"]
    assert first["parameters"]["watch_days"] == "7"
    assert next((one["value"], one["needed"]) for one in first["conditions"] if one["code"] == "DAYS_OVERDUE") == (20, 7)
    assert {one["type"] for one in body["events"]} >= {
        "regulars.cards.invoice-issued.v1",
        "regulars.cards.payment-received.v1",
        "regulars.alerts.went-live.v1",
    }
    assert first["caused_by"] == next(one["event_id"] for one in body["events"] if one["type"].endswith("went-live.v1"))
    other = await evidence(alerts, silence["id"])
    assert (other["equal"], len(other["steps"])) == (True, 1)
    assert (await alerts.client.get(f"/v1/alerts/{uuid4()}/evidence")).status_code == 404


async def test_an_alert_whose_figures_the_log_does_not_give_is_found_and_the_figure_named(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    await alerts.go_live()
    debt = await alerts.the_alert(customer, kind="credit")
    await alerts.caught_up()
    admin = await create_pool(alerts.database.dsn("postgres"), name="test admin")
    try:
        changed = await admin.execute(
            """UPDATE alerts.events SET body = replace(body::text, '"900.00"', '"800.00"')::json WHERE stream = $1 AND type LIKE '%opened%'""",
            f"alert-{debt['id']}",
        )
        assert changed == "UPDATE 1"
    finally:
        await admin.close()
    body = await evidence(alerts, debt["id"])
    assert body["equal"] is False
    figures = [one for one in body["steps"][0]["differences"] if one["field"].endswith("overdue_amount")]
    assert figures == [{"field": "OVERDUE_AMOUNT.overdue_amount", "recorded": "800.00", "computed": "900.00"}]


async def test_a_mute_that_holds_an_open_alert_is_told(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    mute = {
        "customer_ids": [str(customer)],
        "reason": "Agreed with the bank",
        "until": (today() + timedelta(days=9)).isoformat(),
    }
    response = await alerts.client.post("/v1/mutes", json=mute, headers=key())
    assert response.status_code == 201, response.text
    await alerts.go_live()
    alert = await alerts.the_alert(customer)

    async def held() -> list[Any]:
        return [one for one in (await why_not(alerts, customer, "overdue_debt"))["held_back"] if one["code"] == "MUTED"]

    (muted,) = await eventually(held, timeout=10)
    assert muted["figures"]["until"] == mute["until"]
    debt = await why_not(alerts, customer, "overdue_debt")
    assert (debt["answer"], debt["alert"]["id"]) == ("ALERT_OPEN", alert["id"])
