"""The rules about the company over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.openapi.models import Example
from pydantic import Field
from starlette.responses import Response

from services.alerts.api.deps import Dependencies
from services.alerts.domain.company_rules import (
    COMPANY_RULES,
    COMPANY_RULES_BY_ID,
    CompanyRule,
    company_rule_stream,
    parameters_in_force,
)
from services.alerts.handlers.company import publish_company_rule
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import RULE_PARAMETERS, RULE_UNKNOWN
from shared.contracts.event import Event
from shared.event_store.load import load
from shared.web.commands import Command, IfMatch, etag, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BaseBody
from shared.web.fields import DecimalString
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["company alerts"])
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": RULE_UNKNOWN}}
_EXAMPLE = {"example": Example(summary="An example", value={"parameters": {"chance": "0.0005"}})}


class CompanyParametersBody(BaseBody):
    """Parameters that are not named are as they are by default."""

    parameters: Annotated[dict[str, DecimalString], Field(max_length=20)]


@router.get("/v1/company-rules", dependencies=[scope("alerts.rule.read"), company], summary="The rules about the company")
async def list_company_rules(deps: Dependencies) -> Response:
    """With their parameters in force."""
    items = []
    async with deps.pool.acquire() as c:
        for rule in COMPANY_RULES:
            loaded = await load(c, SCHEMA, company_rule_stream(rule.id))
            items.append(_shown(rule, [one.event for one in loaded.events]) | {"etag": etag(loaded.version)})
    return Json({"items": items})


@router.get(
    "/v1/company-rules/{rule_id}",
    dependencies=[scope("alerts.rule.read"), company],
    responses=_UNKNOWN,
    summary="One rule about the company",
)
async def get_company_rule(rule_id: str, deps: Dependencies, request: Request) -> Response:
    rule = COMPANY_RULES_BY_ID.get(rule_id)
    if rule is None:
        raise Problem(RULE_UNKNOWN)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, company_rule_stream(rule_id))
    return resource(_shown(rule, [one.event for one in loaded.events]), loaded.version, request, persons=False)


@router.put(
    "/v1/company-rules/{rule_id}",
    dependencies=[scope("alerts.rule.write")],
    responses={**_UNKNOWN, 422: {"description": RULE_PARAMETERS}},
    summary="Publish the parameters of a rule about the company",
)
async def put_company_rule(
    rule_id: str,
    body: Annotated[CompanyParametersBody, Body(openapi_examples=_EXAMPLE)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """A new version: warnings carry it from then on. What is open goes on."""
    done = await publish_company_rule(deps, rule_id, dict(body.parameters), key, event_meta(request), version)
    return respond(done, request)


def _shown(rule: CompanyRule, before: Sequence[Event]) -> dict[str, Any]:
    present = parameters_in_force(rule, before)
    return {
        "rule_id": rule.id,
        "title": rule.title,
        "version": present.version,
        "parameters": present.values,
        "defaults": rule.defaults,
    }
