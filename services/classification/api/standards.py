"""The company's standards for value classes and for credit grades."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.classification.api.bodies import CREDIT_STANDARD, STANDARD, CreditStandardBody, StandardBody
from services.classification.api.deps import Dependencies
from services.classification.handlers.problems import BORDERS_OUT_OF_ORDER, BOUNDS_OUT_OF_ORDER
from services.classification.handlers.standards import CREDIT_GRADE, VALUE_CLASS, current, publish
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.reach import company
from shared.web.scope import scope

router = APIRouter(tags=["standards"])


@router.get(
    "/v1/standards/value-class",
    dependencies=[scope("classification.class.read"), company],
    summary="The standard that runs follow",
)
async def get_value_class_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in: 80 %, 15 %, 5 % of a year's sales."""
    async with deps.pool.acquire() as c:
        found = await current(c, VALUE_CLASS)
    return resource(VALUE_CLASS.shown(found.standard), found.version, request, persons=False)


@router.put(
    "/v1/standards/value-class",
    dependencies=[scope("classification.standard.write")],
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
    return respond(await publish(deps, VALUE_CLASS, body.command(key.principal), version, key, event_meta(request)), request)


@router.get(
    "/v1/standards/credit-grade",
    dependencies=[scope("classification.class.read"), company],
    summary="The standard that credit grades follow",
)
async def get_credit_grade_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in. Each border that is reached is one point; see the field's descriptions in the body of PUT."""
    async with deps.pool.acquire() as c:
        found = await current(c, CREDIT_GRADE)
    return resource(CREDIT_GRADE.shown(found.standard), found.version, request, persons=False)


@router.put(
    "/v1/standards/credit-grade",
    dependencies=[scope("classification.standard.write")],
    responses={
        200: {"description": "Published; runs asked for from now on follow it"},
        422: {"description": BORDERS_OUT_OF_ORDER},
    },
    summary="Publish a standard for credit grades",
)
async def put_credit_grade_standard(
    body: Annotated[CreditStandardBody, Body(openapi_examples=CREDIT_STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """What is left out is as it is built in. If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    command = body.standard(key.principal)
    return respond(await publish(deps, CREDIT_GRADE, command, version, key, event_meta(request)), request)
