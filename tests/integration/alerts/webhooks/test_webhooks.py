"""Subscriptions through HTTP on a real database and real sockets, received by a library that is not ours."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.alerts import Finding
from shared.contracts.company_alerts import CompanyAlertEnded, CompanyAlertOpened, Subject
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import ago, invoice, sales, today
from tests.integration.alerts.webhooks.conftest import Hooked, Service, found_of, steps_of
from tests.integration.alerts.webhooks.receiver import Receiver
from tests.integration.running import key, record
from tests.trust.counts import counted
from tests.unit.outgoing.tricks import TRICKS


async def taken(receiver: Receiver, least: int) -> list[tuple[str, dict[str, Any]]]:
    """The calls taken, as soon as there are so many."""

    async def enough() -> bool:
        return len(receiver.taken) >= least

    await eventually(enough)
    return receiver.taken


async def told(receiver: Receiver, type_name: str) -> dict[str, Any]:
    """The first call of a type, as soon as it is there."""

    async def there() -> dict[str, Any] | None:
        return next((body for _, body in receiver.taken if body["type"] == type_name), None)

    found = await eventually(there)
    assert found is not None
    return found


@pytest.mark.requirement("S1.20")
async def test_a_subscriber_receives_a_signed_call_that_the_public_library_accepts(hooked: Hooked, receiver: Receiver) -> None:
    customer, silent = uuid4(), uuid4()
    await hooked.alerts.ledger(customer, invoice(customer, "1", ago(40)))
    await hooked.alerts.ledger(silent, *sales(silent, ago(45)))
    await hooked.subscribe(receiver, kinds=["credit"])
    await hooked.alerts.go_live()
    alert = await hooked.alerts.the_alert(customer, kind="credit")
    await hooked.alerts.the_alert(silent)
    call_id, body = (await taken(receiver, 1))[0]
    steps = (await hooked.client.get(f"/v1/alerts/{alert['id']}")).json()["steps"]
    assert call_id == steps[0]["event_id"]
    assert body["type"] == "regulars.alerts.alert-opened.v1"
    assert (body["data"]["alert_id"], body["data"]["finding"]["rule_id"]) == (alert["id"], "overdue_debt")
    assert {one["data"]["kind"] for _, one in receiver.taken} == {"credit"}
    assert receiver.refused == []


async def test_levels_and_rules_narrow_and_later_steps_follow_the_alert_as_it_is(hooked: Hooked, receiver: Receiver) -> None:
    watched, worse = uuid4(), uuid4()
    await hooked.subscribe(receiver, levels=["stop"], rules=["overdue_debt"])
    await hooked.record(found_of(watched, "watch"), *steps_of(watched), found_of(worse, "act"), *steps_of(worse))
    await hooked.record(found_of(worse, "stop"), *steps_of(worse), *steps_of(watched))
    await told(receiver, "regulars.alerts.alert-acknowledged.v1")
    assert {body["data"]["customer_id"] for _, body in receiver.taken} == {str(worse)}
    assert receiver.taken[0][1]["type"] == "regulars.alerts.alert-worsened.v1"


async def test_what_was_recorded_before_the_subscription_is_not_told(hooked: Hooked, receiver: Receiver) -> None:
    before, after = uuid4(), uuid4()
    await hooked.record(*steps_of(before))
    await hooked.subscribe(receiver)
    await hooked.record(*steps_of(after))
    assert [body["data"]["customer_id"] for _, body in await taken(receiver, 1)] == [str(after)]


async def test_notes_and_details_of_persons_leave_nothing_in_a_call(hooked: Hooked, receiver: Receiver) -> None:
    customer = uuid4()
    await hooked.alerts.ledger(customer, invoice(customer, "1", ago(40)))
    await hooked.alerts.go_live()
    alert = await hooked.alerts.the_alert(customer, kind="credit")
    await hooked.subscribe(receiver)
    await hooked.post(f"/v1/alerts/{alert['id']}/notes", {"note": "Mrs. Li is ill"})
    assert (await told(receiver, "regulars.alerts.note-added.v1"))["data"]["note"] == ""


async def test_the_secret_is_shown_once_and_again_only_to_the_same_command(hooked: Hooked, receiver: Receiver) -> None:
    body, intention = {"name": "CRM", "url": receiver.url}, key()
    first = await hooked.client.post("/v1/webhooks", json=body, headers=intention)
    again = await hooked.client.post("/v1/webhooks", json=body, headers=intention)
    secret, webhook_id = first.json()["secret"], first.json()["id"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert (again.status_code, again.json()["secret"], again.headers["Idempotent-Replayed"]) == (201, secret, "true")
    shown = await hooked.client.get(f"/v1/webhooks/{webhook_id}")
    listed = await hooked.client.get("/v1/webhooks")
    assert secret not in shown.text + listed.text
    assert shown.json()["url"] == receiver.url
    own = hooked.alerts.own
    for table, columns in (("events", "body"), ("commands", "answer"), ("webhooks", "secrets, sealed_url")):
        rows = await own.fetch(f"SELECT {columns} FROM alerts.{table}")
        stored = " ".join(str(value) for row in rows for value in row.values())
        assert secret.removeprefix("whsec_") not in stored
        assert receiver.url not in stored


async def test_a_rotated_secret_and_the_one_before_both_sign_for_a_day(hooked: Hooked, receiver: Receiver) -> None:
    webhook_id = await hooked.subscribe(receiver)
    old = receiver.secret
    new = (await hooked.post(f"/v1/webhooks/{webhook_id}/secret")).json()["secret"]
    assert new != old
    await hooked.record(*steps_of(uuid4()))
    await taken(receiver, 1)
    assert len(receiver.signatures[0].split(" ")) == 2
    receiver.secret = new
    await hooked.record(*steps_of(uuid4()))
    await taken(receiver, 2)
    assert receiver.refused == []
    assert "previous_secret_until" in await hooked.hook(webhook_id)


async def test_a_paused_subscription_keeps_what_happens_and_tells_it_later(hooked: Hooked, receiver: Receiver) -> None:
    customer = uuid4()
    webhook_id = await hooked.subscribe(receiver)
    await hooked.post(f"/v1/webhooks/{webhook_id}/pause")
    await hooked.record(*steps_of(customer, steps=4))
    assert (await hooked.until(webhook_id, waiting=4))["state"] == "PAUSED"
    assert receiver.calls == 0
    await hooked.post(f"/v1/webhooks/{webhook_id}/resumption")
    await hooked.until(webhook_id, waiting=0, state="ACTIVE")
    assert [body["data"]["version"] for _, body in receiver.taken] == [1, 2, 3, 4]


async def test_a_test_call_says_what_became_of_it(hooked: Hooked, receiver: Receiver) -> None:
    webhook_id = await hooked.subscribe(receiver)
    asked = await hooked.post(f"/v1/webhooks/{webhook_id}/ping", status=202)
    [(call_id, body)] = await taken(receiver, 1)
    assert (body["type"], body["data"]) == ("regulars.alerts.webhook-ping.v1", {"webhook_id": webhook_id})
    await hooked.until(webhook_id, waiting=0)
    call = (await hooked.client.get(asked.headers["Location"])).json()
    assert (call["event_id"], call["state"], call["attempts"], call["last_status"]) == (call_id, "DELIVERED", 1, 204)
    assert '"type":"regulars.alerts.webhook-ping.v1"' in call["body"]


async def test_a_changed_address_takes_the_calls_that_wait_and_an_ended_one_takes_none(
    hooked: Hooked, receiver: Receiver
) -> None:
    webhook_id = await hooked.subscribe(receiver)
    await hooked.post(f"/v1/webhooks/{webhook_id}/pause")
    await hooked.record(*steps_of(uuid4()))
    shown = await hooked.until(webhook_id, waiting=1)
    body = {"name": "ERP", "url": receiver.url + "/elsewhere", "kinds": ["credit", "company"]}
    stale = await hooked.client.put(f"/v1/webhooks/{webhook_id}", json=body, headers=key() | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
    match = {"If-Match": f'"{shown["version"]}"'}
    assert (await hooked.client.put(f"/v1/webhooks/{webhook_id}", json=body, headers=key() | match)).status_code == 200
    await hooked.post(f"/v1/webhooks/{webhook_id}/resumption")
    await taken(receiver, 1)
    assert receiver.paths == ["/alerts/elsewhere"]
    assert (await hooked.client.delete(f"/v1/webhooks/{webhook_id}", headers=key())).status_code == 200
    for answer in (
        await hooked.client.get(f"/v1/webhooks/{webhook_id}"),
        await hooked.client.post(f"/v1/webhooks/{webhook_id}/ping", headers=key()),
        await hooked.client.delete(f"/v1/webhooks/{webhook_id}", headers=key()),
        await hooked.client.get(f"/v1/webhooks/{uuid4()}/deliveries"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "WEBHOOK_UNKNOWN")
    assert (await hooked.client.get("/v1/webhooks")).json()["items"] == []


async def test_a_changed_address_is_not_blamed_for_the_failures_of_the_old_one(hooked: Hooked, receiver: Receiver) -> None:
    """Otherwise its first failure would end the subscription."""
    webhook_id = await hooked.subscribe(receiver)
    await hooked.alerts.own.execute("UPDATE alerts.webhooks SET failing_since = now() - interval '4 days'")
    body = {"name": "ERP", "url": receiver.url + "/elsewhere", "kinds": ["credit"]}
    match = {"If-Match": f'"{(await hooked.hook(webhook_id))["version"]}"'}
    assert (await hooked.client.put(f"/v1/webhooks/{webhook_id}", json=body, headers=key() | match)).status_code == 200
    assert "failing_since" not in await hooked.hook(webhook_id)


async def test_an_address_inside_is_refused_without_being_repeated(service: Service) -> None:
    async with service(webhook_networks=()) as hooked:
        for name, trick in TRICKS.items():
            if not trick.seen_at_once:
                continue
            url = trick.url.replace("{port}", "8080")
            answer = await hooked.client.post("/v1/webhooks", json={"name": "CRM", "url": url}, headers=key())
            refused = (400, "TEXT_INVALID") if name == "zero byte" else (422, "WEBHOOK_URL_REFUSED")
            assert (answer.status_code, answer.json().get("code")) == refused, name
            assert url not in answer.text, name
            counted(url_tricks_over_http=1)
        assert (await hooked.client.get("/v1/webhooks")).json()["items"] == []


async def test_subscriptions_need_scopes_of_their_own(alerts: Any) -> None:
    assert (await alerts.client.get("/v1/webhooks")).status_code == 403
    answer = await alerts.client.post("/v1/webhooks", json={"name": "CRM", "url": "https://crm.example.com/"}, headers=key())
    assert answer.status_code == 403


async def test_a_page_of_subscriptions_leads_to_the_next(hooked: Hooked, receiver: Receiver) -> None:
    made = [await hooked.subscribe(receiver) for _ in range(3)]
    first = (await hooked.client.get("/v1/webhooks", params={"limit": "2"})).json()
    second = (await hooked.client.get("/v1/webhooks", params={"limit": "2", "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["items"] + second["items"]] == made
    assert "next_cursor" not in second


async def test_a_warning_about_the_company_is_told_to_who_asks_for_it(hooked: Hooked, receiver: Receiver) -> None:
    await hooked.subscribe(receiver, kinds=["company"], levels=["act"])
    alert_id = uuid4()
    named: dict[str, Any] = {"alert_id": alert_id, "subject": Subject("source", "erp")}
    finding = Finding(rule_id="source_silent", rule_version=1, level="act", true_on=today(), reasons=())
    opened = CompanyAlertOpened(**named, channel="sale", began_on=today(), finding=finding)
    ended = CompanyAlertEnded(**named, reasons=(), true_on=today())
    stream = f"company-alert-{alert_id}"
    await record(hooked.alerts.own, "alerts", [*steps_of(uuid4()), (stream, None, opened), (stream, None, ended)])
    bodies = [body for _, body in await taken(receiver, 2)]
    assert [body["type"].split(".")[2] for body in bodies] == ["company-alert-opened", "company-alert-ended"]
    assert bodies[0]["data"]["subject"] == {"kind": "source", "id": "erp"}
