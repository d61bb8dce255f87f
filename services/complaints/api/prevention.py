"""Preventive measures over HTTP: who does what until when so that it does not come again, and whether it has helped."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.complaints.api import fact_examples as examples
from services.complaints.api.bodies import Day
from services.complaints.api.deps import Dependencies
from services.complaints.api.spans import caught_up
from services.complaints.domain.prevention import CarryOutMeasure, DecideMeasure, DropMeasure, measure_stream
from services.complaints.handlers.deps import SCHEMA
from services.complaints.handlers.fact_problems import CHECK_TOO_EARLY, DUE_BEFORE_DECIDED, PREVENTION_ENDED, PREVENTION_UNKNOWN
from services.complaints.handlers.prevention import begin, counted, step
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.preventions import PREVENTIONS, Filters, PreventionRow, folded, page
from services.complaints.read_models.served import SERVED
from shared.contracts.complaint_facts import Dimension
from shared.event_store.load import load
from shared.web.commands import Command, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as RequestBody
from shared.web.fields import BusinessDay, Code, Reference, Whole
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.scope import scope

router = APIRouter(tags=["prevention"])
reads = scope("complaints.complaint.read")
writes = scope("complaints.prevention.write")
_STEP: dict[int | str, dict[str, Any]] = {
    404: {"description": PREVENTION_UNKNOWN},
    409: {"description": f"{PREVENTION_ENDED}, {CHECK_TOO_EARLY} or another refusal; see /problems"},
}


class PreventionBody(RequestBody):
    """A measure against complaints about one value, such as a batch. `owner` carries it out by `due_on`.

    Its effect is checked over `check_days` days before and after it was carried out.
    """

    against: Dimension
    value: Reference
    action: Code
    owner: Reference
    due_on: BusinessDay
    decided_on: Day = None
    check_days: Annotated[Whole, Field(ge=1, le=1100)] = 90

    def command(self, measure_id: UUID, today: date, by: UUID) -> DecideMeasure:
        return DecideMeasure(
            measure_id=measure_id,
            against=self.against,
            value=self.value,
            action=self.action,
            owner=self.owner,
            decided_on=self.decided_on or today,
            due_on=self.due_on,
            check_days=self.check_days,
            today=today,
            decided_by=by,
        )


class OnBody(RequestBody):
    on: Day = None


class DropBody(OnBody):
    """Why nothing comes of it."""

    reason: Code


@router.post(
    "/v1/prevention",
    status_code=201,
    dependencies=[writes],
    responses={422: {"description": DUE_BEFORE_DECIDED}},
    summary="Decide a preventive measure",
)
async def decide_prevention(
    body: Annotated[PreventionBody, Body(openapi_examples=examples.PREVENTION)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(key.new_id(0), deps.today(), key.principal)
    return respond(await begin(deps, command, key, event_meta(request)), request)


@router.post("/v1/prevention/{measure_id}/carried-out", dependencies=[writes], responses=_STEP, summary="It was carried out")
async def carry_out_prevention(
    measure_id: UUID,
    body: Annotated[OnBody, Body(openapi_examples=examples.PREVENTION_STEP)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = CarryOutMeasure(body.on or deps.today(), deps.today(), key.principal)
    return respond(await step(deps, measure_id, command, "CARRIED_OUT", version, key, event_meta(request)), request)


@router.post("/v1/prevention/{measure_id}/check", dependencies=[writes], responses=_STEP, summary="Check whether it has helped")
async def check_prevention(
    measure_id: UUID,
    body: Annotated[OnBody, Body(openapi_examples=examples.PREVENTION_STEP)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
    min_position: MinPosition = None,
) -> Response:
    """Counts the complaints about its value: of equally many days before it was carried out, and from then on. What was
    received is counted, so a measure against a cause is checked when the causes of those days were found."""
    await caught_up(deps, min_position, MATTERS, SERVED)
    command = await counted(deps, measure_id, body.on or deps.today(), deps.today(), key.principal)
    return respond(await step(deps, measure_id, command, "CHECKED", version, key, event_meta(request)), request)


@router.post("/v1/prevention/{measure_id}/drop", dependencies=[writes], responses=_STEP, summary="Drop a measure")
async def drop_prevention(
    measure_id: UUID,
    body: Annotated[DropBody, Body(openapi_examples=examples.PREVENTION_DROP)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = DropMeasure(body.on or deps.today(), deps.today(), key.principal, body.reason)
    return respond(await step(deps, measure_id, command, "DROPPED", version, key, event_meta(request)), request)


@router.get(
    "/v1/prevention/{measure_id}",
    dependencies=[reads, company],
    responses={404: {"description": PREVENTION_UNKNOWN}},
    summary="One measure, always fresh",
)
async def get_prevention(measure_id: UUID, deps: Dependencies, request: Request) -> Response:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, measure_stream(measure_id))
    row = folded(loaded.events)
    if row is None:
        raise Problem(PREVENTION_UNKNOWN)
    return resource(_shown(row, deps.today()), loaded.version, request, by_version=False)


def _shown(row: PreventionRow, today: date) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in PREVENTIONS.columns if name != "measure_id"}
    late = (today - row.due_on).days if row.state == "DECIDED" else 0
    found["days_late"] = late if late > 0 else None
    return {"id": row.measure_id, **{name: value for name, value in found.items() if value is not None}}


@router.get("/v1/prevention", dependencies=[reads, company], summary="Preventive measures by the day on which they are due")
async def list_prevention(
    deps: Dependencies,
    request: Request,
    state: Literal["DECIDED", "CARRIED_OUT", "CHECKED", "DROPPED"] | None = None,
    owner: Annotated[Reference | None, Query()] = None,
    against: Dimension | None = None,
    late: Annotated[bool, Query(description="Only those that are over their day and not carried out")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    today = deps.today()
    filters = Filters(state, owner, against, today if late else None)
    bound = filter_hash(list="prevention", **filters._asdict())
    after = None
    if cursor is not None:
        day, measure_id = deps.cursors.decode(bound, cursor, 2)
        after = date.fromisoformat(str(day)), UUID(str(measure_id))
    await caught_up(deps, min_position, PREVENTIONS)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    following = None
    if len(rows) > limit:
        following = deps.cursors.encode(bound, [rows[limit - 1].due_on.isoformat(), str(rows[limit - 1].measure_id)])
    return page_response(Page([_shown(row, today) for row in rows[:limit]], following), request)
