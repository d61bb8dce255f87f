"""The rules over HTTP: their versions, and publishing one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.api.rule_bodies import PARAMETERS, WITHDRAWAL, ParametersBody, WithdrawalBody, scope_of
from services.alerts.domain.decisions import further_versions, rule_stream, version_in_force
from services.alerts.domain.rules import ALL_RULES, RULES_BY_ID
from services.alerts.domain.scoping import EVERYBODY
from services.alerts.domain.signs import Rule, Version
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import LIVE_FROM_PAST, RULE_PARAMETERS, RULE_SCOPE_UNKNOWN, RULE_UNKNOWN
from services.alerts.handlers.rules import set_parameters, withdraw
from shared.contracts.event import Event
from shared.event_store.load import load
from shared.web.commands import Command, IfMatch, etag, resource, respond
from shared.web.correlation import event_meta
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["rules"])
Described = dict[int | str, dict[str, Any]]
_UNKNOWN: Described = {404: {"description": RULE_UNKNOWN}}
_RULE: Described = {**_UNKNOWN, 422: {"description": f"{RULE_PARAMETERS} or {LIVE_FROM_PAST}"}}


@router.get("/v1/rules", dependencies=[scope("alerts.rule.read")], summary="The rules and their parameters in force")
async def list_rules(deps: Dependencies) -> Response:
    items = []
    async with deps.pool.acquire() as c:
        for rule in ALL_RULES:
            loaded = await load(c, SCHEMA, rule_stream(rule.id))
            before = [envelope.event for envelope in loaded.events]
            items.append(_shown(rule, before, deps.today()) | {"etag": etag(loaded.version)})
    return Json({"items": items})


@router.get("/v1/rules/{rule_id}", dependencies=[scope("alerts.rule.read")], responses=_UNKNOWN, summary="One rule")
async def get_rule(rule_id: str, deps: Dependencies, request: Request) -> Response:
    """`further` are versions for some customers only, and those that begin on a later day."""
    rule = RULES_BY_ID.get(rule_id)
    if rule is None:
        raise Problem(RULE_UNKNOWN)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, rule_stream(rule_id))
    return resource(_shown(rule, [envelope.event for envelope in loaded.events], deps.today()), loaded.version, request)


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


def _further(one: Version) -> dict[str, Any]:
    shown = {"version": one.parameters.version, "parameters": one.parameters.values}
    narrowed: dict[str, Any] = msgspec.to_builtins(one.scope)
    return shown | ({"scope": narrowed} if narrowed else {}) | ({} if one.live_from is None else {"live_from": one.live_from})
