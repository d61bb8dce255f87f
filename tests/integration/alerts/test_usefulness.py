"""What warnings were worth, rule by rule, and rules that do not keep their promise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.alerts.jobs import promises
from services.alerts.read_models.usefulness import USEFULNESS, Worth, worth_of
from shared.contracts.alert_steps import AlertRouted
from shared.contracts.alerts import (
    AlertClosed,
    AlertEvent,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    Finding,
    Level,
    MeasureDecided,
    Reason,
)
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import Alerts, PoolOf, ago, cny, invoice, payment, today
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import key, record

RULE = "overdue_debt"


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "LOOK_SECONDS", 0.1)


async def publish(alerts: Alerts, **parameters: str) -> None:
    etag = (await alerts.client.get(f"/v1/rules/{RULE}")).headers["ETag"]
    response = await alerts.client.put(f"/v1/rules/{RULE}", json={"parameters": parameters}, headers={**key(), "If-Match": etag})
    assert response.status_code == 200, response.text


async def close(alerts: Alerts, alert: dict[str, Any], outcome: str, **more: str) -> str:
    body = {"outcome": outcome, "cause": "CASH_SHORT"} | more
    response = await alerts.client.post(f"/v1/alerts/{alert['id']}/closure", json=body, headers=key())
    assert response.status_code == 200, response.text
    position: str = response.headers["Regulars-Position"]
    return position


async def about_rules(alerts: Alerts) -> dict[str, Any]:
    items = (await alerts.client.get("/v1/company-alerts", params={"subject_kind": "rule"})).json()["items"]
    return dict(items[0]) if items else {}


async def rule(alerts: Alerts) -> dict[str, Any]:
    body: dict[str, Any] = (await alerts.client.get(f"/v1/rules/{RULE}")).json()
    return body


async def test_outcomes_are_counted_and_a_rule_that_breaks_its_promise_is_put_on_probation(alerts: Alerts) -> None:
    customers = [uuid4() for _ in range(4)]
    await publish(alerts, promised_precision="0.6", promise_outcomes="3")
    for number, customer in enumerate(customers):
        await alerts.ledger(customer, invoice(customer, str(number), ago(40)))
    await alerts.go_live()
    found = [await alerts.the_alert(customer) for customer in customers]

    async def asked() -> bool:
        answers = [(await alerts.client.get(f"/v1/alerts/{one['id']}")).json() for one in found]
        return all(one.get("sides") for one in answers)

    # What is at stake is known once the sides concerned were asked; who has recovered by then is asked no more.
    await eventually(asked, timeout=30)
    await alerts.ledger(customers[3], payment(customers[3], "p1"))
    await alerts.the_alert(customers[3], state="RECOVERED")
    positions = [await close(alerts, found[0], "TRUE", came_true_on=today().isoformat()), await close(alerts, found[1], "FALSE")]
    assert "probation" not in await rule(alerts)
    positions.append(await close(alerts, found[2], "FALSE"))

    answer = await alerts.client.get(f"/v1/rules/{RULE}/usefulness", params={"min_position": ",".join(positions)})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["promises"] == [{"version": 2, "precision": "0.6", "outcomes": 3}]
    (version,) = body["versions"]
    assert version | {"at_stake": None} == {
        "version": 2,
        "opened": 4,
        "open": 1,
        "true": 1,
        "false": 2,
        "too_late": 0,
        "duplicate": 0,
        "recovered": 0,
        "recovered_by_itself": 1,
        "precision": "0.3333",
        "lead_days": {"median": 0, "alerts": 1},
        "at_stake": None,
    }
    assert version["at_stake"] == [
        {"outcome": "OPEN", "currency": "CNY", "amount": "900.00"},
        {"outcome": "FALSE", "currency": "CNY", "amount": "1800.00"},
        {"outcome": "TRUE", "currency": "CNY", "amount": "900.00"},
    ]

    async def probation() -> Any:
        return (await rule(alerts)).get("probation")

    (put_on,) = await eventually(probation, timeout=10)
    assert (put_on["version"], put_on["promised"], put_on["right"], put_on["wrong"]) == (2, "0.6", 1, 2)
    assert put_on["owner"], "who published the promise is told"
    listed = {one["rule_id"]: one for one in (await alerts.client.get("/v1/rules")).json()["items"]}
    assert listed[RULE]["probation"] == [put_on]
    assert [name for name, one in listed.items() if "probation" in one] == [RULE]
    told = await eventually(lambda: about_rules(alerts), timeout=10)
    assert (told["rule_id"], told["subject"], told["state"]) == ("rule_below_its_promise", {"kind": "rule", "id": RULE}, "OPEN")
    assert told["reasons"][0]["figures"] | {"owner": ""} == {
        "rule_id": RULE,
        "version": 2,
        "promised": "0.6",
        "right": 1,
        "wrong": 2,
        "owner": "",
    }
    assert told["reasons"][0]["figures"]["owner"] == put_on["owner"]

    await publish(alerts, promised_precision="0.6", promise_outcomes="4")

    async def over() -> bool:
        return await probation() is None

    await eventually(over, timeout=10)

    async def ended() -> bool:
        return (await about_rules(alerts))["state"] == "ENDED"

    await eventually(ended, timeout=10)
    assert (await alerts.client.get("/v1/rules/nobody/usefulness")).status_code == 404


def finding(level: Level) -> Finding:
    reason = Reason(code="OVERDUE_AMOUNT", sentence="Overdue.")
    return Finding(rule_id=RULE, rule_version=1, level=level, true_on=ago(9), reasons=(reason,))


def routed(about: dict[str, Any], amount: str) -> AlertRouted:
    day = ago(1)
    return AlertRouted(
        **about,
        level="watch",
        sides=(),
        routed_on=day,
        acknowledge_by=day,
        cause_by=day,
        measure_by=day,
        standard_version=1,
        at_stake=(cny(amount),),
    )


def a_life(customer: UUID, number: int) -> list[AlertEvent]:
    """What happens to an alert: more of it the higher the number."""
    alert, person = uuid4(), uuid4()
    about: dict[str, Any] = {"alert_id": alert, "customer_id": customer, "kind": "credit"}
    over = (Reason(code="NOTHING_OVERDUE", sentence="Nothing is overdue."),)
    life: list[AlertEvent] = [
        AlertOpened(**about, channel="CNY", finding=finding("watch")),
        routed(about, "100.00"),
        AlertWorsened(**about, finding=finding("act")),
        MeasureDecided(**about, measure="HOLD", decided_by=person),
        AlertRecovered(**about, reasons=over, true_on=ago(3)),
        AlertClosed(**about, outcome="TRUE", cause="CASH_SHORT", closed_by=person, came_true_on=ago(2), at_stake=(cny("50.00"),)),
        AlertReopened(**about, finding=finding("watch")),
        AlertClosed(**about, outcome="FALSE", cause="CASH_SHORT", closed_by=person),
    ]
    return life[: 1 + number % len(life)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_rows_are_what_the_stores_say_doubled_split_and_rebuilt(database: Database, pool_of: PoolOf, seed: int) -> None:
    own = await pool_of(database, "alerts")
    lives = [(uuid4(), number) for number in range(16)]
    for customer, number in lives:
        life = a_life(customer, number)
        await record(own, "alerts", [(f"alert-{life[0].alert_id}", customer, event) for event in life])
    await follow_to_the_end(own, "alerts", {"alerts": own}, [USEFULNESS], seed)
    assert await assert_as_the_stores_say(own, "alerts", {"alerts": own}, [USEFULNESS]) == len(lives)
    async with own.acquire() as c:
        (worth,), stakes = await worth_of(c, RULE, "Asia/Shanghai")
    assert worth == Worth(1, 16, 12, 2, 2, 0, 0, 0, 0, worth.lead_days, 2)
    assert [(one.outcome, one.amount) for one in stakes] == [
        (None, Decimal("900.00")),
        ("FALSE", Decimal("100.00")),
        ("TRUE", Decimal("100.00")),
    ]
