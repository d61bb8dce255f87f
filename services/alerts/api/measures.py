"""Measures against what an alert warns of, over HTTP: decided, then taken; what they came to is said by the data."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.alerts.api.bodies import MEASURE, TAKEN, MeasureBody, TakenBody
from services.alerts.api.deps import Dependencies
from services.alerts.handlers import measures
from services.alerts.handlers.problems import (
    ALERT_CLOSED,
    ALERT_UNKNOWN,
    DUE_BEFORE_TODAY,
    MEASURE_TAKEN,
    MEASURE_UNKNOWN,
    TAKEN_IN_FUTURE,
)
from shared.web.commands import Command, IfMatchOptional, respond
from shared.web.correlation import event_meta
from shared.web.scope import scope

router = APIRouter(tags=["alerts"])
writes = scope("alerts.alert.write")
Described = dict[int | str, dict[str, Any]]
_DECIDED: Described = {
    200: {"description": "Decided; the ETag is of the new version"},
    404: {"description": ALERT_UNKNOWN},
    409: {"description": ALERT_CLOSED},
    422: {"description": DUE_BEFORE_TODAY},
}
_TAKEN: Described = {
    200: {"description": "Taken; the ETag is of the new version"},
    404: {"description": f"{ALERT_UNKNOWN} or {MEASURE_UNKNOWN}"},
    409: {"description": MEASURE_TAKEN},
    422: {"description": TAKEN_IN_FUTURE},
}


@router.post("/v1/alerts/{alert_id}/measure", dependencies=[writes], responses=_DECIDED, summary="Decide a measure")
async def decide_measure(
    alert_id: UUID,
    body: Annotated[MeasureBody, Body(openapi_examples=MEASURE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """SHRINK, HOLD or STOP trade, VISIT the customer, SETTLE the debt, GROW trade, or RELEASE what was held. The answer names the
    measure; HOLD, STOP and RELEASE reach the customer's card at once."""
    meta = event_meta(request)
    return respond(await measures.decide_measure(deps, alert_id, body.measure, body.due_on, key, meta, version), request)


@router.post(
    "/v1/alerts/{alert_id}/measures/{measure_id}/taken",
    dependencies=[writes],
    responses=_TAKEN,
    summary="Report a measure as taken",
)
async def take_measure(
    alert_id: UUID,
    measure_id: UUID,
    body: Annotated[TakenBody, Body(openapi_examples=TAKEN)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """What was decided has been done, also when the alert is closed by now. When `verify_on` has passed, or when the alert recovers,
    the figures of then and now say what it came to."""
    meta = event_meta(request)
    return respond(
        await measures.take_measure(deps, alert_id, measure_id, body.taken_on, body.verify_on, key, meta, version), request
    )
