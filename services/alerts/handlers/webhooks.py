"""Commands on a subscription. The row that senders read is written with the event, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.alerts.domain.refusals import WebhookUnknown
from services.alerts.domain.webhook import (
    Disable,
    RotateSecret,
    Subscribe,
    Wanted,
    Webhook,
    WebhookCommand,
    decide,
    evolve,
    sealed_place,
    state_of,
    webhook_stream,
)
from services.alerts.domain.webhook_call import SECRET_BYTES, body_of, new_secret
from services.alerts.handlers.carrying_out import Beside, Decided, Meta, carry_out
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import WEBHOOK_UNKNOWN
from services.alerts.read_models.webhook_queue import Queued, again, queue
from services.alerts.read_models.webhooks import save
from shared.contracts.cursor import START
from shared.contracts.event import Event
from shared.contracts.webhooks import WebhookEvent, WebhookSecretRotated, WebhookSubscribed
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection, Pool
from shared.web.answers import Answer
from shared.web.commands import CommandKey

OVERLAP = timedelta(hours=24)
"""So long calls are signed with the secret before the last as well."""
PING = "regulars.alerts.webhook-ping.v1"
_TRIES = 5
_DISABLED = UUID("5f0a3f16-12d7-5c4e-8f0f-4b5f8c2f6f31")


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
    answer = await act_on_webhook(deps, webhook_id, command, key, meta, None)
    return await _with_secret(deps, webhook_id, key, answer)


async def rotate_secret(deps: Deps, webhook_id: UUID, key: CommandKey, meta: Meta, expected: int | None) -> Answer:
    """The answer shows the new secret; the one before is accepted for another day. Raises Problem."""
    command = RotateSecret(key.principal, sealed_secret(deps, webhook_id), deps.now() + OVERLAP)
    answer = await act_on_webhook(deps, webhook_id, command, key, meta, expected)
    return await _with_secret(deps, webhook_id, key, answer)


async def act_on_webhook(
    deps: Deps, webhook_id: UUID, command: WebhookCommand, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """Raises Problem: 404, 412 when `expected` is not its version, 422 for a reused key."""

    async def decided(before: Sequence[Event]) -> Decided:
        hook = state_of(_webhook_events(before))
        events = decide(hook, command)
        after = _after(hook, events)

        async def saved(c: Connection, results: Sequence[AppendResult]) -> None:
            await _saved(c, after, results)

        made = isinstance(command, Subscribe)
        location = f"/v1/webhooks/{webhook_id}" if made else None
        return Decided(events, {"id": str(webhook_id), "state": after.state}, None, 201 if made else 200, location, saved)

    unknown = None if isinstance(command, Subscribe) else WEBHOOK_UNKNOWN
    return await carry_out(deps, webhook_stream(webhook_id), decided, key, meta, expected, unknown)


async def ping(deps: Deps, webhook_id: UUID, key: CommandKey, meta: Meta) -> Answer:
    """Queue a call that says nothing, behind nothing. Raises Problem: 404, 422."""
    call_id = key.new_id()
    body = body_of(PING, deps.now(), {"webhook_id": webhook_id})

    async def queued(c: Connection, results: Sequence[AppendResult]) -> None:
        await queue(c, [Queued(webhook_id, call_id, call_id, PING, body)])

    return await _asked(deps, webhook_id, queued, f"/v1/webhooks/{webhook_id}/deliveries/{call_id}", key, meta)


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

    async def queued(c: Connection, results: Sequence[AppendResult]) -> None:
        await again(c, webhook_id, states, event_id, since)

    return await _asked(deps, webhook_id, queued, f"/v1/webhooks/{webhook_id}/deliveries", key, meta)


async def _asked(deps: Deps, webhook_id: UUID, queued: Beside, location: str, key: CommandKey, meta: Meta) -> Answer:
    # Nothing of it is an event: the subscription stays what it is.
    async def decided(before: Sequence[Event]) -> Decided:
        hook = state_of(_webhook_events(before))
        if hook is None or hook.state == "ENDED":
            raise WebhookUnknown
        return Decided([], {"id": str(webhook_id), "state": hook.state}, None, 202, location, queued)

    return await carry_out(deps, webhook_stream(webhook_id), decided, key, meta, None)


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
                await _saved(c, _after(hook, events), done.results)
                return True
    return False


async def _saved(c: Connection, hook: Webhook, results: Sequence[AppendResult]) -> None:
    # Of a new subscription this is the place of its first event, behind which it is told.
    await save(c, hook, results[0].version, results[0].cursor or START)


def _after(hook: Webhook | None, events: Sequence[WebhookEvent]) -> Webhook:
    for event in events:
        hook = evolve(hook, event)
    if hook is None:
        raise AssertionError("a command is on a subscription")
    return hook


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


def _webhook_events(events: Sequence[Event]) -> list[WebhookEvent]:
    return [event for event in events if isinstance(event, WebhookEvent)]
