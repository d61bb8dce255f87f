"""Subscriptions of other systems over HTTP: make, change, pause, end; what was sent, and sending it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.api.webhook_bodies import REDELIVERY, WEBHOOK, RedeliveryBody, WebhookBody
from services.alerts.domain.webhook import End, Pause, Resume, Revise, WebhookCommand, sealed_place
from services.alerts.domain.webhook_call import JITTER, SCHEDULE
from services.alerts.handlers import webhooks
from services.alerts.handlers.deps import Deps
from services.alerts.handlers.problems import DELIVERY_UNKNOWN, WEBHOOK_UNKNOWN, WEBHOOK_URL_REFUSED
from services.alerts.read_models.webhook_deliveries import Delivery, deliveries, delivery
from services.alerts.read_models.webhooks import WebhookRow, find, page
from shared.outgoing.addresses import AddressRefused, check_url
from shared.web.commands import Command, CommandKey, IfMatch, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["webhooks"])
reads = scope("alerts.webhook.read")
writes = scope("alerts.webhook.write")

_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": WEBHOOK_UNKNOWN}}
_DONE: dict[int | str, dict[str, Any]] = {**_UNKNOWN, 200: {"description": "Done; the ETag is of the new version"}}
_MADE: dict[int | str, dict[str, Any]] = {422: {"description": WEBHOOK_URL_REFUSED}}
State = Annotated[str | None, Query(pattern="^(WAITING|DELIVERED|DEAD)$", description="WAITING, DELIVERED or DEAD")]


@router.post("/v1/webhooks", status_code=201, dependencies=[writes], responses=_MADE, summary="Subscribe to alerts")
async def subscribe(
    body: Annotated[WebhookBody, Body(openapi_examples=WEBHOOK)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """What is recorded from now on is posted to the address, signed by Standard Webhooks. The secret is shown in this answer only."""
    _checked(deps, body.url)
    return respond(await webhooks.subscribe(deps, body.name, body.url, body.wanted, key, event_meta(request)), request)


@router.get("/v1/webhooks", dependencies=[reads], summary="Subscriptions, the oldest first")
async def list_webhooks(
    deps: Dependencies, request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorParameter = None
) -> Response:
    made_for = filter_hash(list="webhooks")
    after = None
    if cursor is not None:
        at, webhook_id = deps.cursors.decode(made_for, cursor, 2)
        after = datetime.fromisoformat(str(at)), UUID(str(webhook_id))
    async with deps.pool.acquire() as c:
        found = await page(c, after, limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = deps.cursors.encode(made_for, [last.created_at.isoformat(), str(last.hook.webhook_id)])
    return page_response(Page([_shown(deps, row) for row in found[:limit]], following), request)


@router.get("/v1/webhooks/{webhook_id}", dependencies=[reads], responses=_UNKNOWN, summary="One subscription")
async def get_webhook(webhook_id: UUID, deps: Dependencies, request: Request) -> Response:
    """With the seconds that are waited between attempts; each wait is longer by up to a fifth, at random."""
    async with deps.pool.acquire() as c:
        row = await find(c, webhook_id)
    if row is None:
        raise Problem(WEBHOOK_UNKNOWN)
    return resource(
        _shown(deps, row) | {"retry_seconds": SCHEDULE, "retry_jitter": str(JITTER)}, row.version, request, by_version=False
    )


@router.put(
    "/v1/webhooks/{webhook_id}", dependencies=[writes], responses={**_DONE, **_MADE}, summary="Change where to and what of"
)
async def revise(
    webhook_id: UUID,
    body: Annotated[WebhookBody, Body(openapi_examples=WEBHOOK)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Calls that wait already go to the new address."""
    _checked(deps, body.url)
    command = Revise(key.principal, body.name, webhooks.sealed_url(deps, webhook_id, body.url), body.wanted)
    return await _acted(webhook_id, command, version, key, deps, request)


@router.post("/v1/webhooks/{webhook_id}/secret", dependencies=[writes], responses=_DONE, summary="Rotate the secret")
async def rotate_secret(
    webhook_id: UUID, key: Command, version: IfMatchOptional, deps: Dependencies, request: Request
) -> Response:
    """The new secret is shown in this answer only. For 24 hours calls are signed with both."""
    return respond(await webhooks.rotate_secret(deps, webhook_id, key, event_meta(request), version), request)


@router.post("/v1/webhooks/{webhook_id}/pause", dependencies=[writes], responses=_DONE, summary="Pause a subscription")
async def pause(webhook_id: UUID, key: Command, version: IfMatchOptional, deps: Dependencies, request: Request) -> Response:
    """What happens meanwhile waits, for 30 days."""
    return await _acted(webhook_id, Pause(key.principal), version, key, deps, request)


@router.post("/v1/webhooks/{webhook_id}/resumption", dependencies=[writes], responses=_DONE, summary="Resume a subscription")
async def resume(webhook_id: UUID, key: Command, version: IfMatchOptional, deps: Dependencies, request: Request) -> Response:
    """Also one that was disabled. What has waited is sent, in order."""
    return await _acted(webhook_id, Resume(key.principal), version, key, deps, request)


@router.delete("/v1/webhooks/{webhook_id}", dependencies=[writes], responses=_DONE, summary="End a subscription")
async def end(webhook_id: UUID, key: Command, version: IfMatchOptional, deps: Dependencies, request: Request) -> Response:
    return await _acted(webhook_id, End(key.principal), version, key, deps, request)


@router.post(
    "/v1/webhooks/{webhook_id}/ping", status_code=202, dependencies=[writes], responses=_UNKNOWN, summary="Make a test call"
)
async def ping(webhook_id: UUID, key: Command, deps: Dependencies, request: Request) -> Response:
    """A call of the type `regulars.alerts.webhook-ping.v1`; Location names it, and what became of it."""
    return respond(await webhooks.ping(deps, webhook_id, key, event_meta(request)), request)


@router.post(
    "/v1/webhooks/{webhook_id}/redelivery", status_code=202, dependencies=[writes], responses=_UNKNOWN, summary="Send again"
)
async def redeliver(
    webhook_id: UUID,
    body: Annotated[RedeliveryBody, Body(openapi_examples=REDELIVERY)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Calls that were given up, or delivered, are made again under the same `webhook-id`, in their order."""
    states = body.states if body.event_id is None else ("DEAD", "DELIVERED")
    answer = await webhooks.redeliver(deps, webhook_id, states, body.event_id, body.since, key, event_meta(request))
    return respond(answer, request)


@router.get("/v1/webhooks/{webhook_id}/deliveries", dependencies=[reads], responses=_UNKNOWN, summary="Calls, the latest first")
async def list_deliveries(
    webhook_id: UUID,
    deps: Dependencies,
    request: Request,
    state: State = None,
    customer_id: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    made_for = filter_hash(list="deliveries", webhook=webhook_id, state=state, customer=customer_id)
    after = None if cursor is None else int(str(deps.cursors.decode(made_for, cursor, 1)[0]))
    async with deps.pool.acquire() as c:
        if await find(c, webhook_id) is None:
            raise Problem(WEBHOOK_UNKNOWN)
        found = await deliveries(c, webhook_id, state, customer_id, after, limit + 1)
    following = deps.cursors.encode(made_for, [found[limit - 1].place]) if len(found) > limit else None
    return page_response(Page([_call(one) for one in found[:limit]], following), request)


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries/{event_id}",
    dependencies=[reads],
    responses={404: {"description": DELIVERY_UNKNOWN}},
    summary="One call",
)
async def get_delivery(webhook_id: UUID, event_id: UUID, deps: Dependencies) -> Response:
    """The body as it is sent; its state, and what the last attempt met with."""
    async with deps.pool.acquire() as c:
        found = await delivery(c, webhook_id, event_id)
    if found is None:
        raise Problem(DELIVERY_UNKNOWN)
    return Json(_call(found) | {"body": found.body})


async def _acted(
    webhook_id: UUID, command: WebhookCommand, version: int | None, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await webhooks.act_on_webhook(deps, webhook_id, command, key, event_meta(request), version), request)


def _checked(deps: Deps, url: str) -> None:
    try:
        check_url(url, deps.callable_networks)
    except AddressRefused as refusal:
        raise Problem(WEBHOOK_URL_REFUSED, detail=str(refusal)) from None


def _shown(deps: Deps, row: WebhookRow) -> dict[str, Any]:
    hook = row.hook
    shown: dict[str, Any] = {
        "id": hook.webhook_id,
        "name": hook.name,
        "url": deps.master.open(sealed_place(hook.webhook_id, "url"), hook.sealed_url),
        "kinds": hook.wanted.kinds,
        "levels": hook.wanted.levels,
        "rules": hook.wanted.rules,
        "state": hook.state,
        "reason": hook.reason,
        "previous_secret_until": next((secret.until for secret in hook.secrets if secret.until is not None), None),
        "created_at": row.created_at,
        "failing_since": row.failing_since,
        "last_delivered_at": row.last_delivered_at,
        "waiting": row.waiting,
        "dead": row.dead,
        "version": row.version,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _call(one: Delivery) -> dict[str, Any]:
    waits = {"next_at": one.next_at} if one.state == "WAITING" else {"ended_at": one.ended_at}
    last = {"last_status": one.last_status, "last_failure": one.last_error}
    return {
        "event_id": one.event_id,
        "type": one.type,
        "state": one.state,
        "attempts": one.attempts,
        "queued_at": one.queued_at,
        **waits,
        **{name: value for name, value in last.items() if value is not None},
    }
