"""The company's standards of marks, of portfolios and of the care that each class gets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import Asked
from services.classification.api.deps import Dependencies
from services.classification.api.mark_bodies import (
    MARK_STANDARD,
    PORTFOLIO_STANDARD,
    SERVICE_LEVELS,
    MarkStandardBody,
    PortfolioStandardBody,
    ServiceLevelsBody,
)
from services.classification.domain.mark_standards import decide_marks
from services.classification.domain.standard import StandardRefused
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.marks import mark_day
from services.classification.handlers.problems import LEVELS_OUT_OF_RANGE, MARKS_OUT_OF_RANGE, PORTFOLIO_OUT_OF_RANGE, refused
from services.classification.handlers.standards import MARKS, PORTFOLIO, Kind, current, publish
from services.classification.handlers.standards import SERVICE_LEVELS as LEVELS
from services.classification.read_models.mark_moves import moves
from services.classification.read_models.scoping import in_currency
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import Caller, analysis, scope

router = APIRouter(tags=["standards"])
reads, writes = scope("classification.class.read"), scope("classification.standard.write")
_PUBLISHED = {"description": "Published; what is asked for from now on follows it"}


async def _shown(deps: Deps, kind: Kind[Any, Any], request: Request) -> Response:
    async with deps.pool.acquire() as c:
        found = await current(c, kind)
    return resource(kind.shown(found.standard), found.version, request, persons=False)


@router.get("/v1/standards/marks", dependencies=[reads, company], summary="The standard of the marks that follow from trade")
async def get_mark_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in: a main customer has traded for a year and buys three times the average."""
    return await _shown(deps, MARKS, request)


@router.put(
    "/v1/standards/marks",
    dependencies=[writes],
    responses={200: _PUBLISHED, 422: {"description": MARKS_OUT_OF_RANGE}},
    summary="Publish a standard of marks",
)
async def put_mark_standard(
    body: Annotated[MarkStandardBody, Body(openapi_examples=MARK_STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    return respond(await publish(deps, MARKS, body.standard(key.principal), version, key, event_meta(request)), request)


@router.post(
    "/v1/standards/marks/preview",
    dependencies=[reads, analysis],
    responses={422: {"description": MARKS_OUT_OF_RANGE}},
    summary="Whom another standard of marks would move",
)
async def post_mark_preview(
    body: Annotated[MarkStandardBody, Body(openapi_examples=MARK_STANDARD)],
    caller: Caller,
    deps: Dependencies,
    asked: Asked,
    limit: Annotated[int, Query(ge=1, le=100, description="Customers that are named of each move")] = 10,
) -> Response:
    """As of the day that is asked for, all customers: of each mark how many go from which value to which. Nothing is published."""
    wanted = body.standard(caller.id)
    try:
        decide_marks(MARKS.built_in, wanted)
    except StandardRefused as refusal:
        raise refused(refusal) from None
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        at = await mark_day(deps, c, asked.last)
        found = await moves(c, SCHEMA, at, wanted, question.currency, limit)
    shown = [{**one._asdict(), "first": list(one.first)} for one in found]
    return Json({"as_of": asked.last, "currency": question.currency, "version_in_force": at.standard.version, "moves": shown})


@router.get(
    "/v1/standards/portfolio", dependencies=[reads, company], summary="When each strategy of a portfolio rests on its condition"
)
async def get_portfolio_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in."""
    return await _shown(deps, PORTFOLIO, request)


@router.put(
    "/v1/standards/portfolio",
    dependencies=[writes],
    responses={200: _PUBLISHED, 422: {"description": PORTFOLIO_OUT_OF_RANGE}},
    summary="Publish a standard of portfolios",
)
async def put_portfolio_standard(
    body: Annotated[PortfolioStandardBody, Body(openapi_examples=PORTFOLIO_STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    return respond(await publish(deps, PORTFOLIO, body.standard(key.principal), version, key, event_meta(request)), request)


@router.get("/v1/standards/service-levels", dependencies=[reads, company], summary="The care that each value class gets")
async def get_service_levels(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in."""
    return await _shown(deps, LEVELS, request)


@router.put(
    "/v1/standards/service-levels",
    dependencies=[writes],
    responses={200: _PUBLISHED, 422: {"description": LEVELS_OUT_OF_RANGE}},
    summary="Publish the care that each value class gets",
)
async def put_service_levels(
    body: Annotated[ServiceLevelsBody, Body(openapi_examples=SERVICE_LEVELS)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """If-Match is the ETag of the levels in force, `"0"` before the first ones were published."""
    return respond(await publish(deps, LEVELS, body.standard(key.principal), version, key, event_meta(request)), request)
