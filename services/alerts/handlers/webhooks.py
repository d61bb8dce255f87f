"""Commands on a subscription. The row that senders read is written with the event, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.alerts.domain.webhook import (
    Disable,
    RotateSecret,
    Subscribe,
    Wanted,
    Webhook,
    WebhookCommand,
    WebhookUnknown,
    decide,
    evolve,
    sealed_place,
    state_of,
    webhook_stream,
)
from services.alerts.domain.webhook_call import SECRET_BYTES, body_of, new_secret
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import WEBHOOK_UNKNOWN
from services.alerts.read_models.webhook_queue import Queued, again, queue
from services.alerts.read_models.webhooks import save
from shared.contracts.cursor import START, TopicPart
from shared.contracts.event import Event
from shared.contracts.topics import ALERTS_CONTROL
from shared.contracts.webhooks import WebhookEvent, WebhookSecretRotated, WebhookSubscribed
from shared.event_store.append import append_many
from shared.event_store.events import Append, Appended, AppendResult, CommandRecord, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection, Pool
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

OVERLAP = timedelta(hours=24)
"""So long calls are signed with the secret before the last as well."""
PING = "regulars.alerts.webhook-ping.v1"
_TRIES = 5
_DISABLED = UUID("5f0a3f16-12d7-5c4e-8f0f-4b5f8c2f6f31")
Meta = Mapping[str, str]


def sealed_url(deps: Deps, webhook_id: UUID, url: str) -> str:
    return deps.master.seal(sealed_place(webhook_id, "url"), url)


def sealed_secret(deps: Deps, webhook_id: UUID) -> str:
    """A new secret."""
    return deps.master.seal(sealed_place(webhook_id, "secret"), new_secret(secrets.token_bytes(SECRET_BYTES)))


async def subscribe(deps: Deps, name: str, url: str, wanted: Wanted, key: CommandKey, meta: Meta) -> Answer:
    """The answer shows the secret; a repeat of the same command shows the same one. Raises Problem."""
    webhook_id = key.new_id()
    command = Subscribe(
        webhook_id, key.principal, name, sealed_url(deps, webhook_id, url), sealed_secret(deps, webhook_id), wanted
    )
    answer = await act_on_webhook(deps, webhook_id, command, key, meta, None, 201, f"/v1/webhooks/{webhook_id}")
    return await _with_secret(deps, webhook_id, key, answer)


async def rotate_secret(deps: Deps, webhook_id: UUID, key: CommandKey, meta: Meta, expected: int | None) -> Answer:
    """The answer shows the new secret; the one before is accepted for another day. Raises Problem."""
    command = RotateSecret(key.principal, sealed_secret(deps, webhook_id), deps.now() + OVERLAP)
    answer = await act_on_webhook(deps, webhook_id, command, key, meta, expected)
    return await _with_secret(deps, webhook_id, key, answer)


async def act_on_webhook(
    deps: Deps,
    webhook_id: UUID,
    command: WebhookCommand,
    key: CommandKey,
    meta: Meta,
    expected: int | None,
    status: int = 200,
    location: str | None = None,
) -> Answer:
    """Raises Problem: 404, 412 when `expected` is not its version, 422 for a reused key."""

    def decided(hook: Webhook | None) -> Sequence[WebhookEvent]:
        try:
            return decide(hook, command)
        except WebhookUnknown:
            raise Problem(WEBHOOK_UNKNOWN) from None

    return await _carry_out(deps, webhook_id, decided, _saved, key, meta, expected, status, location)


async def ping(deps: Deps, webhook_id: UUID, key: CommandKey, meta: Meta) -> Answer:
    """Queue a call that says nothing, behind nothing. Raises Problem: 404, 422."""
    call_id = key.new_id()
    body = body_of(PING, deps.now(), {"webhook_id": webhook_id})

    async def queued(c: Connection, hook: Webhook, done: Appended) -> None:
        await queue(c, [Queued(webhook_id, call_id, call_id, PING, body)])

    location = f"/v1/webhooks/{webhook_id}/deliveries/{call_id}"
    return await _carry_out(deps, webhook_id, _nothing, queued, key, meta, None, 202, location)


async def redeliver(
    deps: Deps,
    webhook_id: UUID,
    states: Sequence[str],
    event_id: UUID | None,
    since: datetime | None,
    key: CommandKey,
    meta: Meta,
) -> Answer:
    """Calls that ended in these states are made again: one, or all since a moment. Raises Problem: 404, 422."""

    async def queued(c: Connection, hook: Webhook, done: Appended) -> None:
        await again(c, webhook_id, states, event_id, since)

    location = f"/v1/webhooks/{webhook_id}/deliveries"
    return await _carry_out(deps, webhook_id, _nothing, queued, key, meta, None, 202, location)


async def disable(pool: Pool, webhook_id: UUID, command: Disable, now: datetime) -> bool:
    """The sender gives a receiver up. False: it is not served any more already."""
    stream = webhook_stream(webhook_id)
    for _ in range(_TRIES):
        async with pool.acquire() as c:
            loaded = await load(c, SCHEMA, stream)
        hook = state_of(_webhook_events([envelope.event for envelope in loaded.events]))
        events = [] if hook is None or hook.state == "ENDED" else decide(hook, command)
        if hook is None or not events:
            return False
        new = [NewEvent(uuid5(_DISABLED, f"{webhook_id}\n{loaded.version}"), event, now) for event in events]
        async with pool.acquire() as c, c.transaction():
            done = await append_many(c, SCHEMA, [Append(stream, loaded.version, None, 0, new)])
            if done.outcome == "appended":
                await _saved(c, _after(hook, events), done)
                return True
    return False


def _nothing(hook: Webhook | None) -> Sequence[WebhookEvent]:
    if hook is None or hook.state == "ENDED":
        raise Problem(WEBHOOK_UNKNOWN)
    return []


async def _saved(c: Connection, hook: Webhook, done: Appended) -> None:
    # Of a new subscription this is the place of its first event, behind which it is told.
    await save(c, hook, done.results[0].version, done.results[0].cursor or START)


def _after(hook: Webhook | None, events: Sequence[WebhookEvent]) -> Webhook:
    for event in events:
        hook = evolve(hook, event)
    if hook is None:
        raise AssertionError("a command is on a subscription")
    return hook


async def _carry_out(
    deps: Deps,
    webhook_id: UUID,
    decided: Callable[[Webhook | None], Sequence[WebhookEvent]],
    written: Callable[[Connection, Webhook, Appended], Any],
    key: CommandKey,
    meta: Meta,
    expected: int | None,
    status: int = 200,
    location: str | None = None,
) -> Answer:
    stream = webhook_stream(webhook_id)
    for _ in range(_TRIES):
        async with deps.pool.acquire() as c:
            loaded = await load(c, SCHEMA, stream, (key.principal, key.route, key.key))
        if loaded.stored is not None:
            return repeated(loaded.stored, key, _place)
        if expected is not None and loaded.events and loaded.version != expected:
            raise Problem("VERSION_STALE")
        before = state_of(_webhook_events([envelope.event for envelope in loaded.events]))
        events = decided(before)
        hook = _after(before, events)
        answer = Answer(
            status, {"id": str(webhook_id), "state": hook.state}, loaded.version + len(events) or None, None, location
        )
        new = [NewEvent(key.new_id(n), event, deps.now(), meta) for n, event in enumerate(events)]
        command = remembered(key, answer)
        result = await _append(deps, Append(stream, loaded.version, None, 0, new), command, hook, written)
        concluding = concluded(result, answer, command, key, _place)
        if concluding is not None:
            return concluding
        if expected is not None:
            raise Problem("VERSION_STALE")
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _append(
    deps: Deps,
    append: Append,
    command: CommandRecord,
    hook: Webhook,
    written: Callable[[Connection, Webhook, Appended], Any],
) -> Appended:
    async with deps.pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, [append], command=command)
        if done.outcome == "appended":
            await written(c, hook, done)
    return done


async def _with_secret(deps: Deps, webhook_id: UUID, key: CommandKey, answer: Answer) -> Answer:
    # What is stored with the command is in the clear, so the secret is put in each time, from the event that holds it sealed.
    if answer.status >= 400:
        return answer
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, webhook_stream(webhook_id))
    made = next(one.event for one in loaded.events if one.event_id == key.new_id())
    if not isinstance(made, WebhookSubscribed | WebhookSecretRotated):
        raise AssertionError("the command has made a secret")
    secret = deps.master.open(sealed_place(webhook_id, "secret"), made.sealed_secret)
    return replace(answer, body={**(answer.body or {}), "secret": secret})


def _place(results: Sequence[AppendResult], stored: Mapping[str, Any]) -> str | None:
    written = [result.cursor for result in results if result.cursor is not None]
    return position_token(TopicPart(ALERTS_CONTROL, 0), max(written)) if written else None


def _webhook_events(events: Sequence[Event]) -> list[WebhookEvent]:
    return [event for event in events if isinstance(event, WebhookEvent)]
