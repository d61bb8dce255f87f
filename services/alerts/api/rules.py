"""The rules over HTTP: their versions, and publishing one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.api.rule_bodies import PARAMETERS, PREVIEW, WITHDRAWAL, ParametersBody, PreviewBody, WithdrawalBody, scope_of
from services.alerts.api.usefulness import probation
from services.alerts.domain.decisions import further_versions, rule_stream, version_in_force
from services.alerts.domain.promise import probation_stream
from services.alerts.domain.rules import ALL_RULES, RULES_BY_ID
from services.alerts.domain.scoping import EVERYBODY
from services.alerts.domain.signs import Rule, Version
from services.alerts.engine.preview import Affected
from services.alerts.handlers.backtests import Draft
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import LIVE_FROM_PAST, RULE_PARAMETERS, RULE_SCOPE_UNKNOWN, RULE_UNKNOWN
from services.alerts.handlers.rule_preview import ORDER, Previewed, preview
from services.alerts.handlers.rules import set_parameters, withdraw
from shared.contracts.event import Event
from shared.event_store.load import load, load_many
from shared.web.commands import Command, IfMatch, etag, resource, respond
from shared.web.correlation import event_meta
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import Caller, scope

router = APIRouter(tags=["rules"])
Described = dict[int | str, dict[str, Any]]
_UNKNOWN: Described = {404: {"description": RULE_UNKNOWN}}
_RULE: Described = {**_UNKNOWN, 422: {"description": f"{RULE_PARAMETERS} or {LIVE_FROM_PAST}"}}


@router.get("/v1/rules", dependencies=[scope("alerts.rule.read"), company], summary="The rules and their parameters in force")
async def list_rules(deps: Dependencies) -> Response:
    items = []
    async with deps.pool.acquire() as c:
        probations = await load_many(c, SCHEMA, [probation_stream(rule.id) for rule in ALL_RULES])
        for rule in ALL_RULES:
            loaded = await load(c, SCHEMA, rule_stream(rule.id))
            before = [envelope.event for envelope in loaded.events]
            shown = _shown(rule, before, deps.today()) | probation(rule.id, probations)
            items.append(shown | {"etag": etag(loaded.version)})
    return Json({"items": items})


@router.get("/v1/rules/{rule_id}", dependencies=[scope("alerts.rule.read"), company], responses=_UNKNOWN, summary="One rule")
async def get_rule(rule_id: str, deps: Dependencies, request: Request) -> Response:
    """`further` are versions for some customers only, and those that begin on a later day."""
    rule = RULES_BY_ID.get(rule_id)
    if rule is None:
        raise Problem(RULE_UNKNOWN)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, rule_stream(rule_id))
        probations = await load_many(c, SCHEMA, [probation_stream(rule_id)])
    body = _shown(rule, [envelope.event for envelope in loaded.events], deps.today()) | probation(rule_id, probations)
    return resource(body, loaded.version, request, by_version=False)


@router.put(
    "/v1/rules/{rule_id}", dependencies=[scope("alerts.rule.write")], responses=_RULE, summary="Publish a rule's parameters"
)
async def put_rule(
    rule_id: str,
    body: Annotated[ParametersBody, Body(openapi_examples=PARAMETERS)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """A new version: every customer is judged anew by it, and alerts carry it from then on. Open alerts go on under it.

    With a `scope` it is for these customers only; who fits several versions is judged by the one that names most of its
    marks, then by the newest. `POST /v1/rules/{rule_id}/preview` shows its effect beforehand.
    """
    done = await set_parameters(
        deps, rule_id, dict(body.parameters), scope_of(body.scope), body.live_from, key, event_meta(request), version
    )
    return respond(done, request)


@router.post(
    "/v1/rules/{rule_id}/preview",
    dependencies=[scope("alerts.rule.read")],
    responses=_RULE,
    summary="What publishing a version would do",
)
async def post_preview(
    rule_id: str,
    body: Annotated[PreviewBody, Body(openapi_examples=PREVIEW)],
    caller: Caller,
    deps: Dependencies,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Which alerts would open and close at once if the version were published now; nothing is published and nobody is told.

    `effect` is OPENS, REOPENS, WORSENS, CLOSES, or STAYS: the alert is open, the version would not have raised it (or not so
    high), and it goes on until it recovers. A back-test shows what the version would have done over the past.
    """
    found = await preview(deps, rule_id, Draft(body.parameters, scope_of(body.scope)), caller.id, limit)
    return Json(_previewed(found))


@router.post(
    "/v1/rules/{rule_id}/withdrawal",
    dependencies=[scope("alerts.rule.write")],
    responses={**_UNKNOWN, 409: {"description": RULE_SCOPE_UNKNOWN}},
    summary="Withdraw the version of a scope",
)
async def post_withdrawal(
    rule_id: str,
    body: Annotated[WithdrawalBody, Body(openapi_examples=WITHDRAWAL)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Customers of the scope are judged like everybody again."""
    wanted = scope_of(body.scope) or EVERYBODY
    return respond(await withdraw(deps, rule_id, wanted, key, event_meta(request), version), request)


def _shown(rule: Rule, before: Sequence[Event], today: date) -> dict[str, Any]:
    present = version_in_force(before, rule.id, today)
    return {
        "rule_id": rule.id,
        "kind": rule.kind,
        "title": rule.title,
        "version": present.version,
        "parameters": present.values,
        "defaults": rule.defaults,
        "further": [_further(one) for one in further_versions(before, rule.id) if one.parameters.version != present.version],
    }


def _previewed(found: Previewed) -> dict[str, Any]:
    shown = {
        "rule_id": found.draft.rule_id,
        "version": found.draft.version,
        "parameters": found.draft.parameters,
        "live": found.live,
        "judged_through": found.judged_through,
        "customers": found.customers,
        "parked": found.parked,
        "effects": {effect: found.effects.get(effect, 0) for effect in ORDER},
        "items": [_affected(one, found.names.get(one.customer_id)) for one in found.first],
        "left_out": sum(found.effects.values()) - len(found.first),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _affected(one: Affected, name: str | None) -> dict[str, Any]:
    shown = {
        "effect": one.effect,
        "alert_id": one.alert_id,
        "customer": {"id": one.customer_id} | ({} if name is None else {"name": name}),
        "channel": one.channel,
        "level": one.level,
        "present_level": one.present_level,
        "reasons": [msgspec.to_builtins(reason) for reason in one.reasons],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _further(one: Version) -> dict[str, Any]:
    shown = {"version": one.parameters.version, "parameters": one.parameters.values}
    narrowed: dict[str, Any] = msgspec.to_builtins(one.scope)
    return shown | ({"scope": narrowed} if narrowed else {}) | ({} if one.live_from is None else {"live_from": one.live_from})
