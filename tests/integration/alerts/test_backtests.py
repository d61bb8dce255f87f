"""Back-tests over HTTP: a rule and a draft of it over the log of an installation."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

from services.alerts.domain.business_days import start_of
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.event import Event
from shared.contracts.transactions import InvoiceIssued, PaymentReceived, SaleRecorded
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import ZONE, Alerts, ago, invoice, payment, sale
from tests.integration.running import key

RULE = "silent_beyond_own_rhythm"
STOPPED = ago(200)


def day_of(fact: Event) -> date:
    match fact:
        case SaleRecorded():
            return fact.sold_on
        case InvoiceIssued():
            return fact.issued_on
        case PaymentReceived():
            return fact.received_on
    raise AssertionError(fact)


async def loaded(alerts: Alerts, customer: UUID, *facts: Event) -> None:
    """History as an import records it: now, each fact with the business day on which it happened."""
    new = [NewEvent(uuid4(), fact, start_of(day_of(fact), ZONE)) for fact in facts]
    async with alerts.cards.acquire() as c, c.transaction():
        await append_many(c, "cards", [Append(f"ledger-{customer}", "any", customer, part_of(str(customer), PARTS), new)])


async def trade(alerts: Alerts) -> UUID:
    """Six shops buy every ten days, give or take; a seventh stops in the middle of it."""
    stopping = uuid4()
    for shop in range(7):
        who = stopping if shop == 6 else uuid4()
        first = 400 + shop
        days = [ago(first - 10 * i - (i * shop) % 4) for i in range(40)]
        await loaded(alerts, who, *(sale(who, day) for day in days if shop < 6 or day <= STOPPED))
    return stopping


async def ended(alerts: Alerts, location: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found = (await alerts.client.get(location)).json()
        return found if found["state"] in ("DONE", "FAILED") else None

    found = await eventually(there, timeout=30)
    assert found is not None and found["state"] == "DONE", found
    return found


async def backtest(alerts: Alerts, **body: Any) -> dict[str, Any]:
    asked = await alerts.client.post("/v1/backtests", json={"rule_id": RULE, **body}, headers=key())
    assert asked.status_code == 202, asked.text
    return await ended(alerts, asked.headers["Location"])


async def table(alerts: Alerts, found: dict[str, Any]) -> list[dict[str, str]]:
    response = await alerts.client.get(f"/v1/backtests/{found['id']}/alerts.csv")
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.text)))


async def said(alerts: Alerts) -> int:
    count: int = await alerts.own.fetchval("SELECT count(*) FROM alerts.events")
    return count


async def test_a_draft_is_run_over_the_past_beside_the_present_rule(alerts: Alerts) -> None:
    stopping = await trade(alerts)
    assert (await alerts.go_live()).status_code == 201
    await alerts.caught_up()
    before = await said(alerts)
    found = await backtest(alerts, parameters={"watch": "0.9", "act": "0.95"})

    result = found["result"]
    assert found["progress"] == "1.00" and (result["customers"], result["losses"], result["parked"]) == (7, 1, 0)
    present, draft = result["variants"]["present"], result["variants"]["draft"]
    assert (present["rule_version"], draft["rule_version"]) == (1, 2)
    assert (present["alerts"], present["true"], present["losses_foretold"], present["losses_missed"]) == (1, 1, 1, 0)
    assert present["median_days_before_loss"] > draft["median_days_before_loss"] > 0
    assert result["compared"] == {"both": 1, "only_present": 0, "only_draft": 0, "draft_earlier": 0, "draft_later": 1}

    rows = await table(alerts, found)
    assert [(row["variant"], row["customer_id"], row["verdict"]) for row in rows] == [
        ("present", str(stopping), "TRUE"),
        ("draft", str(stopping), "TRUE"),
    ]
    opened = date.fromisoformat(rows[0]["opened_on"])
    assert STOPPED + timedelta(days=14) < opened < STOPPED + timedelta(days=60)
    assert opened + timedelta(days=int(rows[0]["days_before_loss"])) == date.fromisoformat(rows[0]["loss_on"])
    assert '"OWN_RHYTHM"' in rows[0]["reasons"]
    assert await said(alerts) == before, "a back-test tells nobody"

    picture = await alerts.client.get(f"/v1/backtests/{found['id']}/plot.svg")
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(picture.content)
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg" and b"<script" not in picture.content
    words = {text.strip() for text in drawn.itertext()}
    assert {"losses", "present: right", "draft: for nothing", f"{opened:%Y-%m}"} <= words


async def test_a_day_of_the_past_sees_only_what_was_recorded_by_then(alerts: Alerts) -> None:
    """Facts that came when the installation was live are known from their recording: on the days that they tell of, nothing was
    known of them."""
    await alerts.go_live()
    await alerts.caught_up()
    await trade(alerts)
    found = await backtest(alerts, **{"from": ago(100).isoformat(), "until": ago(1).isoformat()})
    assert found["result"]["variants"]["present"]["alerts"] == 0 and found["result"]["customers"] == 7


async def test_credit_is_judged_by_debts_that_failed(alerts: Alerts) -> None:
    paying, failing = uuid4(), uuid4()
    for number in range(6):
        due = ago(300 - 30 * number)
        await loaded(
            alerts, paying, invoice(paying, f"p{number}", due), payment(paying, f"m{number}", on=due + timedelta(days=20))
        )
    await loaded(alerts, failing, invoice(failing, "f1", ago(150)))
    await alerts.go_live()
    alert = await alerts.the_alert(failing, rule_id="overdue_debt")
    closure = {"outcome": "TOO_LATE", "cause": "INSOLVENT"}
    assert (await alerts.client.post(f"/v1/alerts/{alert['id']}/closure", json=closure, headers=key())).status_code == 200
    found = await backtest(alerts, rule_id="overdue_debt", **{"from": ago(320).isoformat(), "until": ago(0).isoformat()})
    present = found["result"]["variants"]["present"]
    assert (found["result"]["losses"], present["losses_foretold"], present["true"]) == (1, 1, 1)
    assert present["median_days_before_loss"] == 83, "seven days overdue is warned of, ninety is failed"
    assert present["alerts"] == 7 and present["false"] + present["undecided"] == 6

    async def told() -> dict[str, str]:
        return {row["alert_id"]: row["outcome"] for row in await table(alerts, found) if row["outcome"]}

    # It would have been right in time; who closed the alert that was raised at go-live said that it came too late.
    assert await eventually(told) == {alert["id"]: "TOO_LATE"}


async def test_what_cannot_be_run_is_refused(alerts: Alerts) -> None:
    async def refused(**body: Any) -> tuple[int, str]:
        response = await alerts.client.post("/v1/backtests", json={"rule_id": RULE, **body}, headers=key())
        return response.status_code, response.json()["code"]

    assert await refused(rule_id="no_such_rule") == (404, "RULE_UNKNOWN")
    assert await refused(parameters={"watch": "0.9", "act": "0.8"}) == (422, "RULE_PARAMETERS")
    assert await refused(parameters={"volume": "1"}) == (422, "RULE_PARAMETERS")
    assert await refused(**{"from": ago(3).isoformat(), "until": ago(4).isoformat()}) == (422, "BACKTEST_WINDOW")
    assert await refused(until=ago(-1).isoformat()) == (422, "BACKTEST_WINDOW")
    nowhere = f"/v1/backtests/{uuid4()}"
    assert (await alerts.client.get(nowhere)).status_code == (await alerts.client.get(f"{nowhere}/alerts.csv")).status_code == 404

    once = key()
    body = {"rule_id": RULE, "until": ago(1).isoformat()}
    first = await alerts.client.post("/v1/backtests", json=body, headers=once)
    again = await alerts.client.post("/v1/backtests", json=body, headers=once)
    assert first.status_code == again.status_code == 202 and first.json()["id"] == again.json()["id"]
    other = await alerts.client.post("/v1/backtests", json={"rule_id": RULE}, headers=once)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")

    async def empty() -> Any:
        found = (await alerts.client.get(first.headers["Location"])).json()
        return found if found["state"] == "FAILED" else None

    assert (await eventually(empty))["problem"] == "NOTHING_RECORDED"
    assert (await alerts.client.get(f"{first.headers['Location']}/alerts.csv")).json()["code"] == "BACKTEST_NOT_DONE"
    assert (await alerts.client.get(f"{first.headers['Location']}/plot.svg")).json()["code"] == "BACKTEST_NOT_DONE"
    listed = (await alerts.client.get("/v1/backtests")).json()["items"]
    assert [one["id"] for one in listed] == [first.json()["id"]]
    assert datetime.fromisoformat(listed[0]["made_at"])
