"""Going live, the dormant list, and what people notice themselves."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.alerts.api.bodies import (
    ABNORMALITY,
    GO_LIVE,
    AbnormalityBody,
    GoLiveBody,
    day_or,
)
from services.alerts.api.deps import Dependencies
from services.alerts.api.views import dormant
from services.alerts.domain.alert import ReportAbnormality
from services.alerts.domain.control import awaited
from services.alerts.domain.decisions import GO_LIVE_STREAM
from services.alerts.handlers.commands import declare_live, report
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import ALREADY_LIVE, LIVE_ON_AHEAD
from services.alerts.read_models.customers import CUSTOMERS, find
from services.alerts.read_models.dormant import never_bought, quiet
from services.alerts.read_models.watched_customers import places_as_they_are
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["alerts"])
Described = dict[int | str, dict[str, Any]]


@router.post(
    "/v1/abnormalities",
    status_code=201,
    dependencies=[scope("alerts.abnormality.write"), listed],
    responses={404: {"description": "The customer is not known"}},
    summary="Report an abnormality",
)
async def report_abnormality(
    body: Annotated[AbnormalityBody, Body(openapi_examples=ABNORMALITY)],
    key: Command,
    deps: Dependencies,
    request: Request,
    min_position: MinPosition = None,
) -> Response:
    """Anyone may report what they noticed at a customer: it opens an alert for the superior."""
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    async with deps.pool.acquire() as c:
        customer_id = await find(c, body.customer.id, body.customer.external_id)
    if customer_id is None:
        raise Problem("CUSTOMER_UNKNOWN")
    today = deps.today()
    command = ReportAbnormality(
        key.new_id(), customer_id, key.principal, day_or(body.reported_on, today), today, body.sign, body.details
    )
    return respond(await report(deps, command, key, event_meta(request)), request)


@router.post(
    "/v1/go-live",
    status_code=201,
    dependencies=[scope("alerts.golive.write")],
    responses={409: {"description": ALREADY_LIVE}, 422: {"description": LIVE_ON_AHEAD}},
    summary="Go live",
)
async def post_go_live(
    body: Annotated[GoLiveBody, Body(openapi_examples=GO_LIVE)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """History is loaded: rules fire from now on. Debts that are overdue open at once, as one group; a silence that was due
    more than the rule's grace ago is passed by and stands on the dormant list."""
    return respond(await declare_live(deps, day_or(body.live_on, deps.today()), key, event_meta(request)), request)


@router.get("/v1/go-live", dependencies=[scope("alerts.alert.read"), company], summary="Whether the installation is live")
async def get_go_live(deps: Dependencies) -> Response:
    """`waiting_for` names sources that deliver in batches, and those that have fallen silent, and how far they are complete:
    warnings wait for them."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, GO_LIVE_STREAM)
        places = await places_as_they_are(c, [0])
    body: dict[str, Any] = {"live": bool(loaded.events), "waiting_for": []}
    if loaded.events:
        body |= {"live_on": getattr(loaded.events[0].event, "live_on", None), "recorded_at": loaded.events[0].recorded_at}
    for one in sorted(awaited(places[0].control)) if places else ():
        through = {} if one.through == date.min else {"complete_through": one.through}
        body["waiting_for"].append({"source": one.source, "fact_kind": one.kind} | through)
    return Json(body)


@router.get(
    "/v1/dormant", dependencies=[scope("alerts.alert.read"), listed], summary="Customers who do not buy any more, or never did"
)
async def list_dormant(
    deps: Dependencies,
    request: Request,
    bought: Annotated[bool, Query(description="false: customers who have never bought")] = True,
    alerted: Annotated[bool | None, Query(description="Only customers with an open silence alert, or without one")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """Customers past their own line of silence, the latest purchase first; also those who passed it long before going live."""
    made_for = filter_hash(list="dormant", bought=bought, alerted=alerted)
    keys = None if cursor is None else deps.cursors.decode(made_for, cursor, 2)
    async with deps.pool.acquire() as c:
        if bought:
            after = None if keys is None else (date.fromisoformat(str(keys[0])), UUID(str(keys[1])))
            found = await quiet(c, alerted, after, limit + 1)
        else:
            found = await never_bought(c, None if keys is None else UUID(str(keys[1])), limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = deps.cursors.encode(made_for, [str(last.last_purchase_on), str(last.customer_id)])
    return page_response(Page([dormant(one) for one in found[:limit]], following), request)
