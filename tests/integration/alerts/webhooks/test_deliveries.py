"""Calls under failures: none lost, each customer in order, given up in the end, and sent again when asked."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from clients.python.regulars_client import Api
from deploy.webhook_verbs import redeliver
from services.alerts.domain.webhook_call import SCHEDULE
from services.alerts.read_models.webhook_queue import LEASE
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import working_service
from tests.integration.alerts.webhooks.conftest import Hooked, Service, steps_of
from tests.integration.alerts.webhooks.receiver import Fault, Receiver, receiving

WRONG = (
    "500 Error",
    "503 Busy\r\nretry-after: 0",
    "429 Wait\r\nretry-after: 0",
    "302 Found\r\nlocation: /inside",
    "reset",
    "lost",
    "late",
)


def five_in_a_hundred(seed: int) -> Fault:
    """Whatever a network and a receiver do wrong, in five of a hundred calls."""
    drawn = random.Random(seed)
    return lambda _, body: drawn.choice(WRONG) if drawn.random() < 0.05 else None


async def recorded(hooked: Hooked, customers: list[UUID], alerts: int, steps: int) -> dict[str, tuple[UUID, int]]:
    """Events of all customers in turn, as they would happen: id to customer and place in the log."""
    turns = zip(*(steps_of(customer, alerts, steps) for customer in customers), strict=True)
    await hooked.record(*(step for turn in turns for step in turn))
    rows = await hooked.alerts.own.fetch(
        "SELECT event_id, customer_id FROM alerts.events WHERE customer_id = ANY($1) ORDER BY gen, xid, pos", customers
    )
    return {str(row["event_id"]): (row["customer_id"], place) for place, row in enumerate(rows)}


def assert_in_order(receiver: Receiver, wanted: dict[str, tuple[UUID, int]]) -> None:
    """INVARIANT: every event arrives, and of one customer nothing arrives before what was before it in the log; a repeat comes at once."""
    assert set(receiver.ids()) == set(wanted)
    places: dict[UUID, list[int]] = {}
    for call_id in receiver.ids():
        customer, place = wanted[call_id]
        places.setdefault(customer, []).append(place)
    assert all(its == sorted(its) for its in places.values())


@pytest.mark.requirement("S1.20")
async def test_under_five_percent_failures_none_is_lost_and_every_customer_stays_in_order(
    hooked: Hooked, receiver: Receiver
) -> None:
    receiver.fault = five_in_a_hundred(7)
    webhook_id = await hooked.subscribe(receiver)
    wanted = await recorded(hooked, [uuid4() for _ in range(30)], 2, 10)
    await hooked.until(webhook_id, waiting=0, last_delivered_at=(await _done(hooked, webhook_id, 600)))
    assert_in_order(receiver, wanted)
    # Who is told over HTTP has read it: on record before each call.
    told = "SELECT count(DISTINCT c) FROM alerts.reads r, unnest(r.customers) c WHERE r.operation = 'webhooks_call' AND r.principal = $1"
    assert await hooked.alerts.own.fetchval(told, UUID(webhook_id)) == 30
    assert (len(wanted), receiver.refused, (await hooked.hook(webhook_id))["dead"]) == (600, [], 0)
    assert receiver.calls >= 620
    # No redirect was followed.
    assert set(receiver.paths) == {"/alerts"}


async def _done(hooked: Hooked, webhook_id: str, calls: int) -> str:
    """When the last of so many calls was delivered."""

    async def all_delivered() -> bool:
        found: int = await hooked.alerts.own.fetchval(
            "SELECT count(*) FROM alerts.webhook_deliveries WHERE webhook_id = $1 AND state = 'DELIVERED'", UUID(webhook_id)
        )
        return found == calls

    await eventually(all_delivered, timeout=60)
    at: str = (await hooked.hook(webhook_id))["last_delivered_at"]
    return at


async def test_two_processes_and_one_killed_in_the_middle_lose_nothing(service: Service, receiver: Receiver) -> None:
    async with service(workers=1) as hooked:
        webhook_id = await hooked.subscribe(receiver)
        async with working_service(hooked.alerts.settings):
            wanted = await recorded(hooked, [uuid4() for _ in range(20)], 1, 10)

            async def some() -> bool:
                return len(receiver.taken) > 40

            await eventually(some)
        await eventually(lambda: _nothing_waits(hooked), timeout=60)
        await _done(hooked, webhook_id, 200)
        assert_in_order(receiver, wanted)


async def _nothing_waits(hooked: Hooked) -> bool:
    """What a dead sender had under way is free again when its lease is over: here after ten times the longest call."""
    await hooked.alerts.own.execute(
        "UPDATE alerts.webhook_deliveries SET leased_until = now() WHERE due AND leased_until BETWEEN now() AND now() + $1::interval",
        LEASE - timedelta(seconds=5),
    )
    left: int = await hooked.alerts.own.fetchval("SELECT count(*) FROM alerts.webhook_deliveries WHERE state = 'WAITING'")
    return left == 0


async def test_a_failing_customer_holds_back_its_own_calls_only(service: Service, receiver: Receiver) -> None:
    bad, good = uuid4(), uuid4()
    async with service(webhook_retry_seconds=(0.05, 30.0)) as hooked:
        webhook_id = await hooked.subscribe(receiver)
        receiver.fault = lambda _, body: "500 Error" if str(bad).encode() in body else None
        await hooked.record(*steps_of(bad, steps=3), *steps_of(good, steps=3))
        await hooked.until(webhook_id, waiting=3)
        assert [body["data"]["customer_id"] for _, body in receiver.taken] == [str(good)] * 3
        assert [call["attempts"] for call in await hooked.calls(webhook_id, customer_id=str(bad))][:2] == [0, 0]
        # A receiver that comes back after an outage is given at once what had to wait.
        receiver.fault = lambda _, body: None
        await hooked.alerts.own.execute("UPDATE alerts.webhooks SET failing_since = now() - interval '61 seconds'")
        await hooked.record(*steps_of(uuid4()))
        await hooked.until(webhook_id, waiting=0)
        assert [body["data"]["version"] for _, body in receiver.taken if body["data"]["customer_id"] == str(bad)] == [1, 2, 3]
        assert "failing_since" not in await hooked.hook(webhook_id)


async def _calls(receiver: Receiver, least: int) -> bool:
    return receiver.calls >= least


async def test_a_call_that_is_given_up_lets_the_next_one_go_and_is_sent_again_over_http_and_by_the_command_line(
    service: Service, receiver: Receiver
) -> None:
    customer = uuid4()
    async with service(webhook_retry_seconds=(0.02, 0.02)) as hooked:
        webhook_id = await hooked.subscribe(receiver)
        receiver.fault = lambda call, body: "400 No" if call <= 3 else None
        await hooked.record(*steps_of(customer, steps=2))
        await hooked.until(webhook_id, dead=1, waiting=0)
        [dead] = await hooked.calls(webhook_id, state="DEAD")
        assert (dead["attempts"], dead["last_status"], dead["type"]) == (3, 400, "regulars.alerts.alert-acknowledged.v1")
        assert [body["data"]["version"] for _, body in receiver.taken] == [2]
        await hooked.post(f"/v1/webhooks/{webhook_id}/redelivery", {"event_id": dead["event_id"]}, status=202)
        await hooked.until(webhook_id, dead=0, waiting=0)
        assert receiver.ids()[1:] == [dead["event_id"]]
        since = datetime.now(UTC) - timedelta(minutes=5)
        await redeliver(Api(hooked.client), UUID(webhook_id), None, since, delivered=True)
        await eventually(lambda: _calls(receiver, 7))
        await hooked.until(webhook_id, dead=0, waiting=0)
        assert [body["data"]["version"] for _, body in receiver.taken] == [2, 1, 1, 2]
        both = await hooked.client.post(f"/v1/webhooks/{webhook_id}/redelivery", json={}, headers={"Idempotency-Key": "neither"})
        assert both.status_code == 422


async def test_a_receiver_that_is_gone_is_disabled_and_what_happens_waits_until_it_is_resumed(
    hooked: Hooked, receiver: Receiver
) -> None:
    webhook_id = await hooked.subscribe(receiver)
    receiver.fault = lambda _, body: "410 Gone"
    await hooked.record(*steps_of(uuid4()))
    await hooked.until(webhook_id, state="DISABLED", reason="GONE")
    await hooked.record(*steps_of(uuid4()))
    await hooked.until(webhook_id, waiting=2)
    assert receiver.calls == 1
    receiver.fault = lambda _, body: None
    await hooked.post(f"/v1/webhooks/{webhook_id}/resumption")
    await hooked.until(webhook_id, waiting=0, state="ACTIVE")
    assert len(receiver.taken) == 2
    types = [
        row["type"]
        for row in await hooked.alerts.own.fetch(
            "SELECT type FROM alerts.events WHERE stream = $1 ORDER BY version", f"webhook-{webhook_id}"
        )
    ]
    assert types == [f"regulars.alerts.webhook-{one}.v1" for one in ("subscribed", "disabled", "resumed")]


async def test_a_receiver_that_fails_for_too_long_is_disabled_with_the_moment_it_began(
    service: Service, receiver: Receiver
) -> None:
    async with service(webhook_give_up_days=0.3 / 86400) as hooked:
        webhook_id = await hooked.subscribe(receiver)
        receiver.fault = lambda _, body: "500 Error"
        await hooked.record(*steps_of(uuid4()))
        found = await hooked.until(webhook_id, state="DISABLED", reason="FAILING")
        assert found["waiting"] == 1
        assert datetime.fromisoformat(await _disabled(hooked, webhook_id)) <= datetime.now(UTC)


async def _disabled(hooked: Hooked, webhook_id: str) -> str:
    since: str = await hooked.alerts.own.fetchval(
        "SELECT body->>'failing_since' FROM alerts.events WHERE stream = $1 AND type = 'regulars.alerts.webhook-disabled.v1'",
        f"webhook-{webhook_id}",
    )
    return since


async def test_a_receiver_that_never_ends_its_answer_is_left_and_others_are_served_meanwhile(hooked: Hooked) -> None:
    async with receiving() as endless, receiving() as late, receiving() as prompt:
        endless.fault, late.fault = (lambda _, body: "endless"), (lambda _, body: "late")
        ids = [await hooked.subscribe(one) for one in (endless, late, prompt)]
        began = asyncio.get_running_loop().time()
        await hooked.record(*steps_of(uuid4()))
        await eventually(lambda: _calls(prompt, 1))
        await hooked.until(ids[2], waiting=0)
        assert asyncio.get_running_loop().time() - began < 5
        await hooked.until(ids[0], waiting=0)

        async def timed_out() -> bool:
            return (await hooked.calls(ids[1]))[0].get("last_failure") == "TIMEOUT"

        await eventually(timed_out)


async def test_a_name_that_leads_inside_is_not_called(service: Service, receiver: Receiver) -> None:
    async with service(webhook_networks=()) as hooked:
        webhook_id = await hooked.subscribe(receiver, url=receiver.url.replace("http://127.0.0.1", "https://localhost"))
        await hooked.record(*steps_of(uuid4()))

        async def failed() -> str | None:
            found = await hooked.calls(webhook_id)
            return found[0].get("last_failure") if found else None

        assert await eventually(failed) == "ADDRESS_REFUSED"
    assert receiver.calls == 0


async def test_the_schedule_is_published_with_the_subscription(hooked: Hooked, receiver: Receiver) -> None:
    found = await hooked.hook(await hooked.subscribe(receiver))
    assert (tuple(found["retry_seconds"]), found["retry_jitter"]) == (SCHEDULE, "0.2")
