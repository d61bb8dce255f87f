"""Back-tests over HTTP: asking for one, how far it is, what it found as a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response, StreamingResponse

from services.alerts.api.backtest_bodies import BACKTEST, BacktestBody, draft_of
from services.alerts.api.backtest_plot import plot
from services.alerts.api.deps import Dependencies
from services.alerts.engine.backtest_summary import days_before, variant_shown
from services.alerts.engine.warned import Warned
from services.alerts.handlers.backtests import request_backtest
from services.alerts.handlers.deps import Deps
from services.alerts.handlers.problems import BACKTEST_NOT_DONE, BACKTEST_UNKNOWN, BACKTEST_WINDOW, RULE_PARAMETERS, RULE_UNKNOWN
from services.alerts.read_models.backtests import Backtest, backtest_of, latest, outcomes_of, pieces
from shared.web.answers import Answer
from shared.web.commands import Command, respond
from shared.web.csv import Cell, csv_response
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["trying out rules"])
reads = scope("alerts.rule.read")
HEADER = (
    "variant,rule_version,alert_id,customer_id,channel,level,opened_on,worsened_on,recovered_on,standing,verdict,loss_on,"
    "days_before_loss,outcome,reasons"
).split(",")
PICTURE_ONLY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_NOT_THERE: dict[int | str, dict[str, Any]] = {
    404: {"description": BACKTEST_UNKNOWN},
    409: {"description": f"{BACKTEST_NOT_DONE}: it is not at its end, or its table has been cleared away"},
}


@router.post(
    "/v1/backtests",
    status_code=202,
    dependencies=[scope("alerts.rule.write")],
    responses={
        202: {"description": "Queued; Location names the back-test"},
        404: {"description": RULE_UNKNOWN},
        422: {"description": f"{RULE_PARAMETERS} or {BACKTEST_WINDOW}"},
    },
    summary="Run a rule, or a draft of it, over the past",
)
async def post_backtest(
    body: Annotated[BacktestBody, Body(openapi_examples=BACKTEST)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """On each day of the past the rule sees only what was known by then; the code is that of the live warnings. Nobody is told."""
    queued = await request_backtest(
        deps,
        body.rule_id,
        draft_of(body),
        body.first,
        body.until,
        body.known,
        body.lost_after_days,
        body.failed_after_days,
        key,
    )
    return respond(Answer(202, _shown(queued.backtest), location=f"/v1/backtests/{queued.backtest.backtest_id}"), request)


@router.get("/v1/backtests", dependencies=[reads], summary="The latest back-tests, the newest first")
async def list_backtests(deps: Dependencies, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Response:
    async with deps.pool.acquire() as c:
        found = await latest(c, limit)
    return Json({"items": [_shown(one) for one in found]})


@router.get(
    "/v1/backtests/{backtest_id}", dependencies=[reads], responses={404: {"description": BACKTEST_UNKNOWN}}, summary="A back-test"
)
async def get_backtest(backtest_id: UUID, deps: Dependencies) -> Response:
    """`progress` goes to 1. `result` counts warnings, those right (a loss followed), for nothing and too late, and the losses
    that were foretold and missed, for the rule as it is and for the draft."""
    return Json(_shown(await _there(deps, backtest_id)))


@router.get(
    "/v1/backtests/{backtest_id}/alerts.csv",
    dependencies=[reads],
    response_class=StreamingResponse,
    responses={200: {"description": "One row an alert", "content": {"text/csv": {"example": ",".join(HEADER)}}}, **_NOT_THERE},
    summary="The alerts of a back-test as a table",
)
async def get_backtest_alerts(
    backtest_id: UUID,
    deps: Dependencies,
    mark: Annotated[bool, Query(description="Begin with a byte order mark, which some spreadsheets need")] = False,
) -> Response:
    """`verdict` is what the data say became of it, `outcome` what a person said who closed the alert of the same id."""
    found = await _there(deps, backtest_id)
    async with deps.pool.acquire() as c:
        there = await pieces(c, backtest_id)
        outcomes = await outcomes_of(c, {one.alert_id for piece in there for one in piece.warned})
    if found.state != "DONE" or not there:
        raise Problem(BACKTEST_NOT_DONE)
    warned = sorted(
        (one for piece in there for one in piece.warned), key=lambda one: (one.opened_on, str(one.alert_id), one.variant)
    )

    async def rows() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        for at in range(0, len(warned), 500):
            yield [_row(one, outcomes.get(one.alert_id)) for one in warned[at : at + 500]]

    return csv_response(f"backtest-{backtest_id}.csv", HEADER, rows(), mark=mark)


@router.get(
    "/v1/backtests/{backtest_id}/plot.svg",
    dependencies=[reads],
    response_class=Response,
    responses={200: {"description": "A picture", "content": {"image/svg+xml": {"example": "<svg ...>"}}}, **_NOT_THERE},
    summary="A back-test as a picture",
)
async def get_backtest_plot(backtest_id: UUID, deps: Dependencies) -> Response:
    """By month: losses, and the warnings that were right and those for nothing, of the rule as it is and of the draft."""
    found = await _there(deps, backtest_id)
    if found.summary is None:
        raise Problem(BACKTEST_NOT_DONE)
    title = f"{found.asked.rule_id}, {found.summary['from']} to {found.summary['until']}"
    picture = await asyncio.to_thread(plot, title, found.summary["months"])
    return Response(
        picture, media_type="image/svg+xml", headers={"Content-Security-Policy": PICTURE_ONLY, "Cache-Control": "no-store"}
    )


async def _there(deps: Deps, backtest_id: UUID) -> Backtest:
    async with deps.pool.acquire() as c:
        found = await backtest_of(c, backtest_id)
    if found is None:
        raise Problem(BACKTEST_UNKNOWN)
    return found


def _row(one: Warned, outcome: str | None) -> Sequence[Cell]:
    worsened = one.levels[-1].on if len(one.levels) > 1 else None
    return (
        one.variant, one.rule_version, one.alert_id, one.customer_id, one.channel, one.level, one.opened_on, worsened, one.recovered_on,
        "yes" if one.standing else "no", one.verdict, one.loss_on, days_before(one), outcome,
        msgspec.json.encode(one.reasons).decode(),
    )  # fmt: skip


def _shown(one: Backtest) -> dict[str, Any]:
    asked = one.asked
    shown: dict[str, Any] = {
        "id": one.backtest_id,
        "state": one.state,
        "rule_id": asked.rule_id,
        "known": asked.known,
        "from": asked.first if one.plan is None else one.plan.first,
        "until": asked.last if one.plan is None else one.plan.last,
        "lost_after_days": asked.lost_after_days,
        "failed_after_days": asked.failed_after_days,
        "variants": {name: variant_shown(name, published) for name, published in asked.variants.items()},
        "progress": f"{one.parts_done / one.parts:.2f}",
        "problem": one.problem,
        "result": one.summary,
        "made_at": one.made_at,
        "ended_at": one.ended_at,
    }
    return {name: value for name, value in shown.items() if value is not None}
