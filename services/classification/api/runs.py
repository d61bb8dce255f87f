"""Runs over the whole population: asking for one, and how far it is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.classification.api.bodies import RUN, RunBody
from services.classification.api.deps import Dependencies
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.problems import PERIOD_CLASSED, PERIOD_NOT_OVER, RUN_UNKNOWN
from services.classification.handlers.runs import request_run
from services.classification.read_models.runs import Run, run_of
from shared.web.amounts import money_body
from shared.web.answers import Answer
from shared.web.commands import Command, respond
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["classification"])


@router.post(
    "/v1/value-class-runs",
    status_code=202,
    dependencies=[scope("classification.standard.write")],
    responses={
        202: {"description": "Queued; Location names the run"},
        422: {"description": f"{PERIOD_NOT_OVER} or {PERIOD_CLASSED}"},
    },
    summary="Give every customer a value class",
)
async def request_value_class_run(
    body: Annotated[RunBody, Body(openapi_examples=RUN)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """It starts when everything recorded in the period is known to have arrived, and tells only the classes that change."""
    queued = await request_run(deps, body.period_to, body.currency, key)
    location = f"/v1/value-class-runs/{queued.run.run_id}"
    return respond(Answer(202, _shown(queued.run), location=location, replayed=queued.reused), request)


@router.get(
    "/v1/value-class-runs/{run_id}",
    dependencies=[scope("classification.class.read"), company],
    responses={404: {"description": RUN_UNKNOWN}},
    summary="How far a run is",
)
async def get_value_class_run(run_id: UUID, deps: Dependencies) -> Response:
    async with deps.pool.acquire() as c:
        run = await run_of(c, SCHEMA, run_id)
    if run is None:
        raise Problem(RUN_UNKNOWN)
    return Json(_shown(run))


def _shown(run: Run) -> dict[str, Any]:
    found = {
        "id": run.run_id,
        "state": run.state,
        "period_from": run.period_from,
        "period_to": run.period_to,
        "currency": run.currency,
        "standard_version": run.standard_version,
        "a_below": run.a_below,
        "b_below": run.b_below,
        "margin": run.margin,
        "net_sales": money_body(run.total, run.currency),
        "customers": run.customers,
        "changed": run.changed,
        "appended": run.appended,
        "made_at": run.made_at,
        "ended_at": run.ended_at,
    }
    return {name: value for name, value in found.items() if value is not None}
