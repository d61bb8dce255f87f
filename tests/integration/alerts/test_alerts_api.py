"""Alerts through HTTP on a real database: facts in the store of cards become warnings, people take them to an end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from shared.contracts.cards import Basics, CustomerRegistered, ExternalId, SourceCompletedThrough, SourceOpened
from shared.contracts.complaints import ClaimSettled, ComplaintAssessed, ComplaintClosed, ComplaintReceived
from shared.contracts.event import Event
from shared.contracts.transactions import Allocation, CreditNoted, InvoiceRef, PaymentReversed
from shared.postgres.pool import create_pool
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import Alerts, ago, cny, invoice, payment, sale, sales, today
from tests.integration.running import key, record


@pytest.mark.requirement("S3.38", "S3.29")
async def test_a_silent_regular_is_warned_of_and_recovers_with_the_next_purchase(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, *sales(customer, ago(45)))
    await alerts.go_live()
    alert = await alerts.the_alert(customer)
    assert (alert["kind"], alert["rule_id"], alert["state"]) == ("silence", "silent_beyond_own_rhythm", "OPEN")
    assert alert["reasons"][0]["figures"]["median_gap_days"] == "10"
    await alerts.ledger(customer, sale(customer, today()))
    await alerts.recovered(alert["id"])


@pytest.mark.requirement("S4.2")
async def test_a_new_customer_that_does_not_come_back_has_a_rule_of_its_own(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, sale(customer, ago(60)))
    await alerts.go_live()
    assert (await alerts.the_alert(customer))["rule_id"] == "new_customer_quiet"


@pytest.mark.requirement("S2.30", "S3.48")
async def test_debts_overdue_at_go_live_open_as_one_group_and_come_back_with_a_bounced_payment(alerts: Alerts) -> None:
    customer, other = uuid4(), uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(40)))
    await alerts.ledger(other, invoice(other, "2", ago(10)))
    await alerts.go_live()
    first, second = await alerts.the_alert(customer, kind="credit"), await alerts.the_alert(other, kind="credit")
    await alerts.steps(first["id"], "OPENED", "ROUTED")
    assert (first["level"], second["level"], first["channel"]) == ("act", "watch", "CNY")
    assert first["group_id"] == second["group_id"]
    assert first["reasons"][0]["figures"]["overdue_amount"] == "900.00"
    await alerts.ledger(customer, payment(customer, "p1"))
    await alerts.the_alert(customer, state="RECOVERED")
    bounced = PaymentReversed(customer_id=customer, source="erp", source_event_id="v1", payment="p1", reversed_on=today())
    await alerts.ledger(customer, bounced)
    again = await alerts.the_alert(customer, state="OPEN")
    assert again["id"] == first["id"]
    await alerts.steps(first["id"], "OPENED", "ROUTED", "RECOVERED", "REOPENED", "ROUTED")


def months_ago(months: int) -> date:
    """The tenth day of the month that lies so many months before this one."""
    number = today().year * 12 + today().month - 1 - months
    return date(number // 12, number % 12 + 1, 10)


@pytest.mark.requirement("S0.19")
async def test_sales_that_rise_while_collections_lag_are_warned_of_with_both_figures(alerts: Alerts) -> None:
    customer = uuid4()
    facts = []
    for months in range(6, 0, -1):
        day = months_ago(months)
        facts += [sale(customer, day + timedelta(days=6 * week)) for week in range(1 if months > 3 else 2)]
        facts.append(payment(customer, f"p{months}", "400.00" if months > 3 else "300.00", day))
    await alerts.ledger(customer, *facts)
    await alerts.go_live()
    alert = await alerts.the_alert(customer, rule_id="sales_ahead_of_collections")
    rose, lag = (reason["figures"] for reason in alert["reasons"])
    assert (rose["sold"], rose["sold_before"], rose["growth"]) == ("2400.00", "1200.00", "1.0000")
    assert (lag["collected_share"], lag["collected_share_before"]) == ("0.3750", "1.0000")
    assert (alert["level"], alert["true_on"]) == ("act", today().replace(day=1).isoformat())


@pytest.mark.requirement("S2.30")
async def test_the_disputed_part_does_not_escalate_and_is_named(alerts: Alerts) -> None:
    customer, complaint = uuid4(), uuid4()
    received = ComplaintReceived(
        complaint_id=complaint,
        customer_id=customer,
        kind="QUALITY",
        channel="LETTER",
        received_on=ago(20),
        claimed=cny("300.00"),
        invoices=(InvoiceRef("erp", "1"),),
    )
    await record(alerts.complaints, "complaints", [(f"complaint-{complaint}", customer, received)])
    await alerts.ledger(customer, invoice(customer, "1", ago(12)))
    await alerts.go_live()
    reasons = {one["code"]: one["figures"] for one in (await alerts.the_alert(customer))["reasons"]}
    assert reasons["OVERDUE_AMOUNT"]["overdue_amount"] == "600.00"
    assert reasons["DISPUTED_PART"]["disputed_amount"] == "300.00"


@pytest.mark.requirement("S2.50")
async def test_a_founded_complaint_opens_and_raises_no_credit_alert(alerts: Alerts) -> None:
    right, owing, wrong, plain = uuid4(), uuid4(), uuid4(), uuid4()
    for customer in (right, owing, wrong, plain):
        await alerts.ledger(customer, invoice(customer, "1", ago(70)))
    await alerts.ledger(owing, invoice(owing, "2", ago(9), "100.00"))
    complaints = {customer: uuid4() for customer in (right, owing, wrong)}

    async def tell(customer: UUID, *events: Event) -> None:
        await record(
            alerts.complaints, "complaints", [(f"complaint-{complaints[customer]}", customer, event) for event in events]
        )

    for customer, complaint in complaints.items():
        received = ComplaintReceived(
            complaint_id=complaint,
            customer_id=customer,
            kind="QUALITY",
            channel="HOTLINE",
            received_on=ago(80),
            claimed=cny("900.00"),
            invoices=(InvoiceRef("erp", "1"),),
        )
        founded = customer != wrong
        await tell(
            customer,
            received,
            ComplaintAssessed(complaint_id=complaint, customer_id=customer, founded=founded, assessed_on=ago(75)),
        )
    await alerts.go_live()
    assert (await alerts.the_alert(plain))["level"] == "stop"
    assert (await alerts.the_alert(owing))["level"] == "watch"
    for customer in (right, owing):
        await alerts.ledger(customer, credit_note(customer, "1", "900.00"))
    for customer, complaint in complaints.items():
        agreed = None if customer == wrong else cny("900.00")
        await tell(
            customer,
            ClaimSettled(complaint_id=complaint, customer_id=customer, agreed=agreed, settled_on=today()),
            ComplaintClosed(complaint_id=complaint, customer_id=customer, closed_on=today()),
        )
    # Who was in the wrong owes it all again; by then the others have been judged too.
    assert (await alerts.the_alert(wrong))["level"] == "stop"
    await alerts.caught_up()
    assert await alerts.alerts_of(right) == []
    assert [(one["level"], one["state"]) for one in await alerts.alerts_of(owing)] == [("watch", "OPEN")]


def credit_note(customer: UUID, number: str, amount: str) -> Event:
    return CreditNoted(
        customer_id=customer,
        source="erp",
        source_event_id=f"c{number}",
        number=f"C-{number}",
        noted_on=today(),
        amount=cny(amount),
        allocations=(Allocation(invoice=InvoiceRef("erp", number), amount=Decimal(amount)),),
    )


@pytest.mark.requirement("S3.38")
async def test_a_silence_waits_for_the_delivery_of_the_customer_s_own_source(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.control(SourceOpened(source="erp", fact_kind="sales"))
    await alerts.ledger(customer, *sales(customer, ago(45)))
    await alerts.go_live()
    await alerts.caught_up()
    assert await alerts.alerts_of(customer) == []
    status = (await alerts.client.get("/v1/go-live")).json()
    assert status["live"] and status["waiting_for"] == [{"source": "erp", "fact_kind": "sales"}]
    await alerts.control(SourceCompletedThrough(source="erp", fact_kind="sales", day=ago(1)))
    assert (await alerts.the_alert(customer))["kind"] == "silence"


@pytest.mark.requirement("S1.22", "S1.23")
async def test_an_alert_is_looked_after_explained_and_ended_with_cause_and_outcome(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    path = f"/v1/alerts/{alert}"
    await alerts.steps(alert, "OPENED", "ROUTED")

    async def post(step: str, status: int, **body: str) -> dict[str, str]:
        response = await alerts.client.post(f"{path}/{step}", json=body, headers=key())
        assert response.status_code == status, response.text
        found: dict[str, str] = response.json()
        return found

    assert (await post("acknowledgement", 422, next_check_on=today().isoformat()))["code"] == "NEXT_CHECK_NOT_AHEAD"
    check_on = (today() + timedelta(days=3)).isoformat()
    assert (await post("acknowledgement", 200, next_check_on=check_on))["state"] == "ACKNOWLEDGED"
    assert (await post("closure", 409, outcome="TRUE"))["code"] == "CAUSE_MISSING"
    await post("cause", 200, cause="CASH_SHORTAGE")
    await post("measure", 200, measure="HOLD")
    await post("notes", 200, note="Mrs. Li has promised to pay on Friday.")
    assert (await post("closure", 200, outcome="TRUE"))["state"] == "CLOSED"
    assert (await post("measure", 409, measure="RELEASE"))["code"] == "ALERT_CLOSED"
    await post("notes", 200, note="Paid.")
    whole = (await alerts.client.get(path)).json()
    assert [step["step"] for step in whole["steps"]] == [
        "OPENED", "ROUTED", "ACKNOWLEDGED", "CAUSE_RECORDED", "MEASURE_DECIDED", "NOTE_ADDED", "CLOSED", "NOTE_ADDED",
    ]  # fmt: skip
    assert whole["steps"][5]["note"] == "Mrs. Li has promised to pay on Friday."
    closed = await alerts.the_alert(customer, state="CLOSED")
    assert (closed["cause"], closed["outcome"], closed["measure"]) == ("CASH_SHORTAGE", "TRUE", "HOLD")
    stored = await alerts.own.fetchval("SELECT string_agg(body::text, '') FROM alerts.events")
    assert "Mrs. Li" not in stored
    dashboards = await create_pool(alerts.database.dsn("dashboards"), max_size=1, name="dashboards")
    shown = await dashboards.fetch("SELECT alert_id, outcome FROM alerts.public_alerts")
    dashboards.terminate()
    assert [(str(row["alert_id"]), row["outcome"]) for row in shown] == [(alert, "TRUE")]


async def test_a_repeated_command_is_answered_again_and_a_stale_version_refused(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    await alerts.go_live()
    alert = (await alerts.the_alert(customer))["id"]
    await alerts.steps(alert, "OPENED", "ROUTED")
    path = f"/v1/alerts/{alert}"
    headers, body = key(), {"cause": "CASH_SHORTAGE"}
    first = await alerts.client.post(f"{path}/cause", json=body, headers=headers)
    again = await alerts.client.post(f"{path}/cause", json=body, headers=headers)
    assert first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["etag"] == again.headers["etag"] == '"3"'
    stale = await alerts.client.post(f"{path}/cause", json=body, headers={**key(), "If-Match": '"1"'})
    assert stale.status_code == 412
    seen = {"min_position": first.headers["regulars-position"], "customer_id": str(customer)}
    assert (await alerts.client.get("/v1/alerts", params=seen)).json()["items"][0]["cause"] == "CASH_SHORTAGE"
    assert (await alerts.client.post(f"/v1/alerts/{uuid4()}/cause", json=body, headers=key())).status_code == 404


@pytest.mark.requirement("S1.20", "S2.30")
async def test_what_somebody_noticed_opens_an_alert_for_the_superior(alerts: Alerts) -> None:
    customer = uuid4()
    basics = Basics(kind="COMPANY", name="Lotus Trading")
    known = CustomerRegistered(customer_id=customer, basics=basics, external_ids=(ExternalId("erp", "K-7"),))
    position = await record(alerts.cards, "cards", [(f"card-{customer}", customer, known)])
    body = {"customer": {"system": "erp", "value": "K-7"}, "sign": "Sells off stock below cost", "details": "Mr. Wang says so."}
    reported = await alerts.client.post("/v1/abnormalities", json=body, headers=key(), params={"min_position": position})
    assert reported.status_code == 201, reported.text
    alert = await alerts.the_alert(customer, kind="reported")
    assert alert["customer"] == {"id": str(customer), "name": "Lotus Trading"}
    assert alert["reasons"][0]["figures"]["sign"] == "Sells off stock below cost"
    whole = (await alerts.client.get(reported.headers["location"])).json()
    assert whole["steps"][0]["details"] == "Mr. Wang says so."
    unknown = {**body, "customer": {"id": str(uuid4())}}
    assert (await alerts.client.post("/v1/abnormalities", json=unknown, headers=key())).status_code == 404


@pytest.mark.requirement("S3.29")
async def test_the_dormant_list_has_those_nobody_was_warned_of_and_those_who_never_bought(alerts: Alerts) -> None:
    gone, silent, never = uuid4(), uuid4(), uuid4()
    await alerts.ledger(gone, *sales(gone, ago(300)))
    await alerts.ledger(silent, *sales(silent, ago(45)))
    registered = CustomerRegistered(customer_id=never, basics=Basics(kind="COMPANY", name="Never"))
    await record(alerts.cards, "cards", [(f"card-{never}", never, registered)])
    await alerts.go_live()
    await alerts.the_alert(silent)
    await alerts.caught_up()

    async def listed(**query: str) -> list[str]:
        found = await alerts.client.get("/v1/dormant", params=query)
        assert found.status_code == 200, found.text
        return [item["customer"]["id"] for item in found.json()["items"]]

    assert await listed() == [str(silent), str(gone)]
    assert await listed(alerted="false") == [str(gone)]
    assert await listed(bought="false") == [str(never)]
    assert await alerts.alerts_of(gone) == []
    first = (await alerts.client.get("/v1/dormant", params={"limit": "1"})).json()
    second = (await alerts.client.get("/v1/dormant", params={"limit": "1", "cursor": first["next_cursor"]})).json()
    assert [one["items"][0]["customer"]["id"] for one in (first, second)] == [str(silent), str(gone)]


async def test_going_live_is_once_and_never_ahead(alerts: Alerts) -> None:
    ahead = await alerts.client.post("/v1/go-live", json={"live_on": (today() + timedelta(days=1)).isoformat()}, headers=key())
    assert (ahead.status_code, ahead.json()["code"]) == (422, "LIVE_ON_AHEAD")
    assert (await alerts.client.get("/v1/go-live")).json() == {"live": False, "waiting_for": []}
    await alerts.go_live()
    again = await alerts.client.post("/v1/go-live", json={}, headers=key())
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_LIVE")


async def test_a_new_version_of_a_rule_judges_everyone_by_it(alerts: Alerts) -> None:
    customer = uuid4()
    await alerts.ledger(customer, *sales(customer, ago(25)))
    await alerts.go_live()
    await alerts.caught_up()
    assert await alerts.alerts_of(customer) == []
    rule = "/v1/rules/silent_beyond_own_rhythm"
    before = await alerts.client.get(rule)
    assert before.json()["version"] == 1 and before.headers["etag"] == '"0"'
    wrong = await alerts.client.put(rule, json={"parameters": {"watch": "0.9"}}, headers={**key(), "If-Match": '"0"'})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "RULE_PARAMETERS")
    put = await alerts.client.put(rule, json={"parameters": {"watch": "0.2"}}, headers={**key(), "If-Match": '"0"'})
    assert put.json() == {"rule_id": "silent_beyond_own_rhythm", "version": 2}
    assert (await alerts.the_alert(customer))["rule_version"] == 2
    listed = (await alerts.client.get("/v1/rules")).json()["items"]
    assert {one["rule_id"]: one["version"] for one in listed}["silent_beyond_own_rhythm"] == 2


async def test_the_stream_goes_on_where_it_was_left(alerts: Alerts) -> None:
    customers = [uuid4(), uuid4()]
    for customer in customers:
        await alerts.ledger(customer, invoice(customer, "1", ago(20)))
    await alerts.go_live()
    for customer in customers:
        await alerts.steps((await alerts.the_alert(customer))["id"], "OPENED", "ROUTED")

    async def events(after: str, **query: str) -> list[dict[str, str]]:
        response = await alerts.client.get(
            "/v1/alerts/stream", params={"for_seconds": "1", **query}, headers={"Last-Event-ID": after}
        )
        assert response.headers["content-type"].startswith("text/event-stream")
        blocks = [block.split("\n") for block in response.text.split("\n\n") if block.startswith("id:")]
        return [dict(line.split(": ", 1) for line in block) for block in blocks]

    told = await events("0.0.0")
    assert sorted(one["event"] for one in told) == ["opened", "opened", "routed", "routed"]
    assert {UUID(one["data"].split('"customer_id":"')[1][:36]) for one in told} == set(customers)
    assert [one["id"] for one in await events(told[0]["id"])] == [one["id"] for one in told[1:]]
    assert await events("0.0.0", kind="silence") == []
    assert (await alerts.client.get("/v1/alerts/stream", headers={"Last-Event-ID": "x"})).status_code == 400


async def test_the_list_goes_from_page_to_page(alerts: Alerts) -> None:
    for number in range(5):
        customer = uuid4()
        await alerts.ledger(customer, invoice(customer, str(number), ago(8 + number)))
    await alerts.go_live()

    async def all_there() -> bool:
        return len((await alerts.client.get("/v1/alerts")).json()["items"]) == 5

    await eventually(all_there)
    found: list[str] = []
    query: dict[str, str] = {"limit": "2", "kind": "credit"}
    while True:
        page = (await alerts.client.get("/v1/alerts", params=query)).json()
        found += [item["id"] for item in page["items"]]
        if "next_cursor" not in page:
            break
        query["cursor"] = page["next_cursor"]
    assert len(found) == len(set(found)) == 5
    assert (await alerts.client.get("/v1/alerts", params={**query, "kind": "silence"})).status_code == 400
