"""The company's standard for value classes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.classification.api.bodies import STANDARD, StandardBody
from services.classification.api.deps import Dependencies
from services.classification.domain.standard import PublishStandard
from services.classification.handlers.problems import BOUNDS_OUT_OF_ORDER
from services.classification.handlers.standards import current_standard, publish_standard, shown
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.scope import scope

router = APIRouter(tags=["standards"])


@router.get(
    "/v1/standards/value-class", dependencies=[scope("classification.class.read")], summary="The standard that runs follow"
)
async def get_value_class_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in: 80 %, 15 %, 5 % of a year's sales."""
    async with deps.pool.acquire() as c:
        current = await current_standard(c)
    return resource(shown(current.standard), current.version, request)


@router.put(
    "/v1/standards/value-class",
    dependencies=[scope("classification.class.write")],
    responses={
        200: {"description": "Published; runs asked for from now on follow it"},
        422: {"description": BOUNDS_OUT_OF_ORDER},
    },
    summary="Publish a standard",
)
async def put_value_class_standard(
    body: Annotated[StandardBody, Body(openapi_examples=STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    a_below, b_below = body.bounds()
    command = PublishStandard(a_below, b_below, body.period_days, key.principal)
    return respond(await publish_standard(deps, command, version, key, event_meta(request)), request)
