"""Warnings about no single customer, over HTTP: opened by the data, looked after by persons, ended by the data."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from services.alerts.engine.refold import compare
from shared.contracts.cards import SalespersonAssigned, SourceEnded, SourceOpened
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.event import Event
from shared.contracts.topics import main_topic
from shared.contracts.transactions import SaleRecorded
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import ZONE, Alerts, ago, cny, invoice, payment, sale, sales, today
from tests.integration.running import key, record

RULE = "source_silent"


def workdays(first: int, last: int) -> list[date]:
    """From so many days ago to so many days ago."""
    return [ago(n) for n in range(first, last - 1, -1)]


async def deliver(alerts: Alerts, source: str, days: list[date], customers: int = 4) -> list[UUID]:
    """Many customers buy in turn, so that the source speaks every day and nobody buys often."""
    buyers = [uuid4() for _ in range(customers)]
    bought: dict[UUID, list[Event]] = {buyer: [] for buyer in buyers}
    for n, day in enumerate(days):
        buyer = buyers[n % customers]
        bought[buyer].append(sale(buyer, day, source))
    for buyer, events in bought.items():
        await alerts.ledger(buyer, *events)
    return buyers


async def published(alerts: Alerts, **parameters: str) -> None:
    rule = await alerts.client.get(f"/v1/company-rules/{RULE}")
    assert rule.status_code == 200, rule.text
    answer = await alerts.client.put(
        f"/v1/company-rules/{RULE}", json={"parameters": parameters}, headers=key() | {"If-Match": rule.headers["ETag"]}
    )
    assert answer.status_code == 200, answer.text


async def company_alerts(alerts: Alerts, **filters: str) -> list[dict[str, Any]]:
    answer = await alerts.client.get("/v1/company-alerts", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def the_company_alert(alerts: Alerts, **filters: str) -> dict[str, Any]:
    found = await eventually(lambda: company_alerts(alerts, **filters), timeout=15)
    assert len(found) == 1, found
    return found[0]


async def told_to_the_engine(alerts: Alerts, source: str) -> str | None:
    body = (await alerts.client.get("/v1/go-live")).json()
    return next((one.get("complete_through") for one in body["waiting_for"] if one["source"] == source), None)


@pytest.mark.requirement("S1.20", "S3.29")
async def test_a_source_that_stops_holds_back_its_customers_silence_until_it_speaks_again(alerts: Alerts) -> None:
    await deliver(alerts, "erp", workdays(70, 0))
    await deliver(alerts, "shop", workdays(70, 12))
    ours, theirs = uuid4(), uuid4()
    await alerts.ledger(ours, *sales(ours, ago(40)))
    await alerts.ledger(theirs, *[sale(theirs, ago(40 + 10 * n), "shop") for n in reversed(range(12))])
    await published(alerts, catch_up_minutes="0")
    assert await eventually(lambda: told_to_the_engine(alerts, "shop"), timeout=15) == str(ago(12))
    assert await company_alerts(alerts) == []
    await alerts.go_live()

    assert (await alerts.the_alert(ours))["kind"] == "silence"
    one = await the_company_alert(alerts, rule_id=RULE)
    assert (one["subject"], one["channel"], one["state"], one["level"]) == (
        {"kind": "source", "id": "shop"},
        "sales",
        "OPEN",
        "act",
    )
    assert one["began_on"] == str(ago(12)) and one["rule_version"] == 2
    figures = {reason["code"]: reason["figures"] for reason in one["reasons"]}
    assert figures["LAST_DELIVERED"]["silent_days"] == 11 and figures["OWN_RHYTHM"]["spoken_days"] == 56
    await alerts.caught_up()
    assert await alerts.alerts_of(theirs) == []

    somebody = uuid4()
    await alerts.ledger(somebody, sale(somebody, today(), "shop"))
    ended = await the_company_alert(alerts, state="ENDED")
    assert (ended["id"], ended["ended_on"]) == (one["id"], str(today()))
    assert (await alerts.the_alert(theirs))["true_on"] == (await alerts.the_alert(ours))["true_on"]
    assert await told_to_the_engine(alerts, "shop") is None
    # Whoever folds the stores anew meets the silence of the source at its place, and says the same.
    await alerts.caught_up()
    stores = {"cards": alerts.cards, "classification": alerts.own, "complaints": alerts.complaints, "alerts": alerts.own}
    assert await compare(alerts.own, stores, ZONE, range(PARTS)) == []


@pytest.mark.requirement("S1.20")
async def test_alerts_that_were_opened_before_the_source_was_missed_are_inhibited(alerts: Alerts) -> None:
    await deliver(alerts, "erp", workdays(70, 0))
    theirs = uuid4()
    await alerts.ledger(theirs, *[sale(theirs, ago(40 + 10 * n), "shop") for n in reversed(range(12))])
    await alerts.go_live()
    opened = await alerts.the_alert(theirs)
    # Only now it is seen of which days the shop had spoken.
    await deliver(alerts, "shop", workdays(70, 12))
    one = await the_company_alert(alerts, rule_id=RULE)
    assert one["children"] == 1

    async def steps() -> list[str]:
        found = (await alerts.client.get(f"/v1/alerts/{opened['id']}")).json()["steps"]
        return [step["step"] for step in found if "INHIBITED" in step["step"]]

    assert await steps() == ["INHIBITED"]
    await published(alerts, catch_up_minutes="0")
    somebody = uuid4()
    await alerts.ledger(somebody, sale(somebody, today(), "shop"))
    await the_company_alert(alerts, state="ENDED")
    assert await steps() == ["INHIBITED", "UNINHIBITED"]


async def test_a_source_that_is_declared_to_have_ended_is_believed(alerts: Alerts) -> None:
    await deliver(alerts, "erp", workdays(70, 0))
    for source in ("shop", "old"):
        await deliver(alerts, source, workdays(70, 12))
    # The old one was loaded by an import that has ended: nothing more is expected of it.
    await alerts.control(SourceOpened(source="old", fact_kind="sales"), SourceEnded(source="old", fact_kind="sales"))
    await alerts.go_live()
    one = await the_company_alert(alerts)
    assert one["subject"]["id"] == "shop"
    await alerts.control(SourceEnded(source="shop", fact_kind="sales"))
    ended = await the_company_alert(alerts, state="ENDED")
    assert ended["id"] == one["id"]
    whole = (await alerts.client.get(f"/v1/company-alerts/{one['id']}")).json()
    assert whole["steps"][-1]["reasons"][0]["code"] == "DECLARED"
    assert await told_to_the_engine(alerts, "shop") is None
    assert len(await company_alerts(alerts)) == 1


@pytest.mark.requirement("S1.20")
async def test_a_person_looks_after_a_silent_source(alerts: Alerts) -> None:
    await deliver(alerts, "erp", workdays(70, 0))
    await deliver(alerts, "shop", workdays(70, 12))
    await alerts.go_live()
    one = await the_company_alert(alerts)
    place = f"/v1/company-alerts/{one['id']}"

    refused = await alerts.client.post(f"{place}/acknowledgement", json={"next_check_on": str(today())}, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (422, "NEXT_CHECK_NOT_AHEAD")
    looked = {"next_check_on": str(today() + timedelta(days=2))}
    assert (await alerts.client.post(f"{place}/acknowledgement", json=looked, headers=key())).json()["state"] == "ACKNOWLEDGED"
    assert (
        await alerts.client.post(f"{place}/notes", json={"note": "The line to the shop is down."}, headers=key())
    ).status_code == 200
    needless = await alerts.client.post(f"{place}/closure", json={"outcome": "TRUE"}, headers=key())
    assert (needless.status_code, needless.json()["code"]) == (409, "CAUSE_MISSING")
    once = key()
    for _ in range(2):
        closed = await alerts.client.post(f"{place}/closure", json={"outcome": "TRUE", "cause": "LINE_DOWN"}, headers=once)
        assert (closed.status_code, closed.json()["state"]) == (200, "CLOSED"), closed.text
    again = await alerts.client.post(f"{place}/closure", json={"outcome": "TRUE", "cause": "LINE_DOWN"}, headers=key())
    assert (again.status_code, again.json()["code"]) == (409, "ALERT_CLOSED")

    whole = (await alerts.client.get(place)).json()
    assert [step["step"] for step in whole["steps"]] == ["OPENED", "ACKNOWLEDGED", "NOTE_ADDED", "CLOSED"]
    assert whole["steps"][2]["note"] == "The line to the shop is down."
    stored: str = await alerts.own.fetchval("SELECT body::text FROM alerts.events WHERE type LIKE '%company-alert-note-added%'")
    assert "line" not in stored
    listed = await the_company_alert(alerts, state="CLOSED", subject_kind="source", subject_id="shop")
    assert (listed["outcome"], listed["cause"]) == ("TRUE", "LINE_DOWN")
    assert (await alerts.client.get(f"/v1/company-alerts/{uuid4()}")).status_code == 404

    async def told(**query: str) -> list[str]:
        response = await alerts.client.get(
            "/v1/alerts/stream", params={"for_seconds": "1", **query}, headers={"Last-Event-ID": "0.0.0"}
        )
        assert "The line to the shop" not in response.text
        return [line for line in response.text.splitlines() if line.startswith("event: company_")]

    assert await told() == [f"event: company_{name}" for name in ("opened", "acknowledged", "note_added", "closed")]
    assert await told(kind="silence") == []
    topic = await alerts.own.fetch("SELECT type, part FROM alerts.published_events WHERE type LIKE '%company-alert%'")
    assert {main_topic(row["type"]) for row in topic} == {"regulars.alerts.company.v1"}
    assert {row["part"] for row in topic} == {part_of(f"company-alert-{one['id']}")}


async def area(alerts: Alerts, customer: UUID, area_id: str, salesperson: str) -> None:
    event = SalespersonAssigned(customer_id=customer, area_id=area_id, salesperson_id=salesperson)
    await record(alerts.cards, "cards", [(f"card-{customer}", customer, event)])


@pytest.mark.requirement("S1.20", "S3.38")
async def test_customers_of_one_area_who_fall_silent_together_are_one_warning(alerts: Alerts) -> None:
    north = [uuid4() for _ in range(8)]
    south = [uuid4() for _ in range(30)]
    for n, customer in enumerate([*north, *south]):
        await area(alerts, customer, "NORTH" if customer in north else "SOUTH", f"S-{n % 5}")
        await alerts.ledger(customer, *sales(customer, ago(40) if n < 6 else ago(3)))
    await alerts.go_live()

    one = await the_company_alert(alerts, rule_id="common_cause")
    assert (one["subject"], one["channel"], one["children"]) == ({"kind": "area", "id": "NORTH"}, "silence", 6)
    together = one["reasons"][0]
    assert together["code"] == "SILENCE_TOGETHER"
    wanted = {"customers": 8, "fell": 6, "others": 30, "others_fell": 0, "from": str(ago(13)), "to": str(today())}
    assert together["figures"] == wanted
    whole = (await alerts.client.get(f"/v1/company-alerts/{one['id']}")).json()
    assert {child["customer_id"] for child in whole["children"]} == {str(customer) for customer in north[:6]}

    async def inhibitors(customer: UUID) -> list[str]:
        (alert,) = await alerts.alerts_of(customer)
        steps = (await alerts.client.get(f"/v1/alerts/{alert['id']}")).json()["steps"]
        return [step["step"] for step in steps if step["step"] in ("INHIBITED", "UNINHIBITED")]

    assert [await inhibitors(customer) for customer in north[:6]] == [["INHIBITED"]] * 6

    for customer in north[:2]:
        await alerts.ledger(customer, sale(customer, today()))
    ended = await the_company_alert(alerts, rule_id="common_cause", state="ENDED")
    assert ended["id"] == one["id"]
    # Who is still silent asks for attention again; who bought has recovered.
    for customer in north[2:6]:
        assert await inhibitors(customer) == ["INHIBITED", "UNINHIBITED"]
    await alerts.caught_up()
    assert len(await company_alerts(alerts, rule_id="common_cause")) == 1


@pytest.mark.requirement("S1.20")
async def test_customers_who_complain_about_one_article_are_one_warning_that_a_person_ends(alerts: Alerts) -> None:
    buyers = [uuid4() for _ in range(40)]
    for customer in buyers:
        await alerts.ledger(customer, *sales(customer, ago(2)))
    await alerts.go_live()
    for customer in buyers[:7]:
        await complains(alerts, customer, "LAMP-7")
    await complains(alerts, buyers[8], "CHAIR-2")
    one = await the_company_alert(alerts, rule_id="common_cause")
    assert (one["subject"], one["channel"]) == ({"kind": "article", "id": "LAMP-7"}, "complaints")
    assert one["reasons"][0]["figures"]["fell"] == 7

    closed = await alerts.client.post(
        f"/v1/company-alerts/{one['id']}/closure", json={"outcome": "TRUE", "cause": "BAD_BATCH"}, headers=key()
    )
    assert closed.status_code == 200, closed.text

    async def steps() -> list[str]:
        whole = (await alerts.client.get(f"/v1/company-alerts/{one['id']}")).json()
        found = [step["step"] for step in whole["steps"]]
        return found if "ENDED" in found else []

    assert (await eventually(steps, timeout=15))[-2:] == ["CLOSED", "ENDED"]
    assert (await the_company_alert(alerts, rule_id="common_cause"))["state"] == "CLOSED"


async def complains(alerts: Alerts, customer: UUID, article: str) -> None:
    complaint = uuid4()
    event = ComplaintReceived(
        complaint_id=complaint, customer_id=customer, kind="QUALITY", channel="HOTLINE", received_on=today(), article=article
    )
    await record(alerts.complaints, "complaints", [(f"complaint-{complaint}", customer, event)])


def month_start(back: int) -> date:
    number = today().year * 12 + today().month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


@pytest.mark.requirement("S0.19", "S3.48")
async def test_a_salesperson_whose_sales_run_ahead_of_collections_is_warned_of_until_the_money_is_there(alerts: Alerts) -> None:
    """Before: 100 a month and customer, all of it paid. Then 200 a month, of which half is paid."""
    pushing, steady = [uuid4() for _ in range(3)], [uuid4() for _ in range(3)]
    for customer in (*pushing, *steady):
        await area(alerts, customer, "NORTH", "LI" if customer in pushing else "WU")
        facts: list[Event] = []
        for back in range(6, 0, -1):
            day, late = month_start(back), customer in pushing and back <= 3
            amount = Decimal(200 if late else 100)
            number = f"{customer}-{back}"
            facts.append(sold_for(customer, day, amount))
            facts.append(msgspec.structs.replace(invoice(customer, number, day + timedelta(days=5), str(amount)), issued_on=day))
            facts.append(payment(customer, f"p-{number}", str(amount / 2 if late else amount), day + timedelta(days=6)))
        await alerts.ledger(customer, *facts)
    await alerts.go_live()
    one = await the_company_alert(alerts, rule_id="salesperson_sales_ahead_of_collections")
    assert (one["subject"], one["channel"], one["level"]) == ({"kind": "salesperson", "id": "LI"}, "CNY", "act")
    assert one["true_on"] == str(month_start(0))
    rose, lag = (reason["figures"] for reason in one["reasons"])
    assert (rose["customers"], rose["sold"], rose["sold_before"]) == (3, "1800.00", "900.00")
    assert (lag["collected_share"], lag["collected_share_before"]) == ("0.5000", "1.0000")

    for customer in pushing:
        await alerts.ledger(customer, payment(customer, f"rest-{customer}", "300.00", month_start(1) + timedelta(days=20)))
    await alerts.caught_up()
    # A new version is judged by at once.
    rule = "/v1/company-rules/salesperson_sales_ahead_of_collections"
    version = (await alerts.client.get(rule)).headers["ETag"]
    done = await alerts.client.put(rule, json={"parameters": {"watch": "0.1"}}, headers=key() | {"If-Match": version})
    assert done.status_code == 200, done.text
    ended = await the_company_alert(alerts, rule_id="salesperson_sales_ahead_of_collections", state="ENDED")
    assert ended["id"] == one["id"]


async def test_parameters_that_cannot_be_are_refused(alerts: Alerts) -> None:
    listed = (await alerts.client.get("/v1/company-rules")).json()["items"]
    assert [one["rule_id"] for one in listed] == ["source_silent", "common_cause", "salesperson_sales_ahead_of_collections"]
    for parameters in ({"nothing": "1"}, {"chance": "1"}, {"window_days": "1.5"}, {"least_customers": "-1"}):
        answer = await alerts.client.put(
            "/v1/company-rules/common_cause", json={"parameters": parameters}, headers=key() | {"If-Match": listed[1]["etag"]}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "RULE_PARAMETERS"), parameters
    assert (await alerts.client.get("/v1/company-rules/none")).status_code == 404


def sold_for(customer: UUID, day: date, amount: Decimal) -> Event:
    return SaleRecorded(customer_id=customer, source="erp", source_event_id=str(uuid4()), sold_on=day, net=cny(f"{amount:.2f}"))
