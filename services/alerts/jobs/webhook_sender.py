"""Makes the calls that are due, and takes each to its end: delivered, made again later, or given up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpcore
import structlog
from prometheus_client import Counter as Count
from prometheus_client import Gauge

from services.alerts.domain.webhook import Disable, Webhook, live_secrets, sealed_place
from services.alerts.domain.webhook_call import SCHEDULE, Next, Reply, headers_of, next_of
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.webhooks import disable
from services.alerts.read_models.webhook_queue import KEPT, Claimed, claim, delivered, failed, oldest, prune
from services.alerts.read_models.webhooks import served
from shared.audit.named import Named
from shared.audit.reads import Read, record_all
from shared.outgoing.addresses import Network
from shared.outgoing.calls import post
from shared.postgres.pool import Pool
from shared.privacy.wrapping import MasterKey, Unopenable

EACH = 8
"""Calls under way to one receiver; a slow one takes nothing from the others."""
POLL_SECONDS = 0.25
PRUNE_SECONDS = 600.0
LOOK_SECONDS = 5.0
GIVE_UP = timedelta(days=5)
PATIENCE = timedelta(seconds=15)

CALLS = Count("regulars_alerts_webhook_calls_total", "Calls of webhooks by what became of them", ["outcome"])
FAILING = Gauge("regulars_alerts_webhooks_failing", "Subscriptions whose receiver does not take calls at the moment")
DELIVERY_AGE = Gauge("regulars_alerts_delivery_age_seconds", "Age of the oldest call of a webhook that is not yet made")
logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sending:
    """What the sender works with. `give_up`: a receiver that has taken no call for so long is disabled. `patience`: longest time of a call.
    `kept`: how long calls that were made are remembered."""

    pool: Pool
    master: MasterKey
    calls: httpcore.AsyncConnectionPool
    now: Callable[[], datetime]
    allowed: Sequence[Network] = ()
    schedule: Sequence[float] = SCHEDULE
    give_up: timedelta = GIVE_UP
    patience: timedelta = PATIENCE
    kept: timedelta = KEPT


async def send_calls(sending: Sending) -> None:
    """Make calls for ever. Several processes may: a call belongs to who has claimed it."""
    under_way: Counter[UUID] = Counter()
    ended = asyncio.Event()
    pruned = looked = float("-inf")
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        while True:
            async with sending.pool.acquire() as c:
                rows = await served(c, "ACTIVE")
                rooms = {row.hook.webhook_id: EACH - under_way[row.hook.webhook_id] for row in rows}
                taken = await claim(c, rooms) if rooms else []
                if reads := exported_by(taken):
                    # Before they are made: a call that cannot be recorded is not made, and its lease runs out.
                    await record_all(c, SCHEMA, reads)
                if loop.time() - looked > LOOK_SECONDS:
                    looked = loop.time()
                    DELIVERY_AGE.set(await oldest(c))
                if loop.time() - pruned > PRUNE_SECONDS:
                    pruned = loop.time()
                    async with c.transaction():
                        await prune(c, sending.kept)
            FAILING.set(sum(row.failing_since is not None for row in rows))
            hooks: Mapping[UUID, Webhook] = {row.hook.webhook_id: row.hook for row in rows}
            for call in taken:
                under_way[call.webhook_id] += 1
                tasks.create_task(_carried_out(sending, hooks[call.webhook_id], call, under_way, ended))
            if not taken:
                await told_or_after(ended, POLL_SECONDS)
            ended.clear()


def exported_by(calls: Iterable[Claimed]) -> list[Read]:
    """What calls tell their receivers of customers, one a subscription: who reads is the subscription itself, with each attempt anew."""
    named = Named("application/json")
    customers: dict[UUID, dict[UUID, None]] = {}
    for call in calls:
        customers.setdefault(call.webhook_id, {}).update(dict.fromkeys(named.within(call.body.encode())))
    return [
        Read(webhook_id, "webhook", None, "webhooks_call", "EXPORTED", "INTEGRATION", False, tuple(found), None)
        for webhook_id, found in customers.items()
        if found
    ]


async def told_or_after(ended: asyncio.Event, seconds: float) -> None:
    """Until the event is set, at most so long. Who is told to end meanwhile ends: `asyncio.wait_for` of Python 3.11 forgets that
    where the event is set at the same moment, and the process would stay."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()


async def _carried_out(sending: Sending, hook: Webhook, call: Claimed, under_way: Counter[UUID], ended: asyncio.Event) -> None:
    reply = await _made(sending, hook, call)
    following = next_of(reply, call.attempts, call.tried_for, sending.schedule, f"{call.webhook_id}\n{call.event_id}")
    CALLS.labels(following.state.lower()).inc()
    await _concluded(sending, call, reply, following)
    under_way[call.webhook_id] -= 1
    ended.set()


async def _made(sending: Sending, hook: Webhook, call: Claimed) -> Reply:
    now = sending.now()
    try:
        url = sending.master.open(sealed_place(hook.webhook_id, "url"), hook.sealed_url)
        secrets = [sending.master.open(sealed_place(hook.webhook_id, "secret"), one) for one in live_secrets(hook.secrets, now)]
    except Unopenable:
        return Reply(None, "SECRET_UNREADABLE")
    headers = headers_of(call.event_id, call.body, secrets, now)
    answer = await post(sending.calls, url, headers, call.body.encode(), sending.now, sending.patience, sending.allowed)
    return Reply(answer.status, answer.failure, answer.retry_after)


async def _concluded(sending: Sending, call: Claimed, reply: Reply, following: Next) -> None:
    """Write down what became of the call. Whoever has lost the lease meanwhile writes nothing: another attempt is counted."""
    since: datetime | None = None
    async with sending.pool.acquire() as c, c.transaction():
        if following.state == "DELIVERED":
            await delivered(c, call, reply.status)
        else:
            since = await failed(c, call, following.wait, reply.status, reply.failure)
    if following.state == "GONE":
        await _disabled(sending, call.webhook_id, None)
    elif since is not None and sending.now() - since > sending.give_up:
        await _disabled(sending, call.webhook_id, since)


async def _disabled(sending: Sending, webhook_id: UUID, failing_since: datetime | None) -> None:
    if await disable(sending.pool, webhook_id, Disable(failing_since), sending.now()):
        reason = "gone" if failing_since is None else "failing"
        logger.warning("webhook disabled", webhook_id=str(webhook_id), reason=reason)
