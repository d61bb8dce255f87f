"""How long complaints take, and what is due."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.complaints.api.deps import Dependencies
from services.complaints.handlers.due import due_next
from services.complaints.handlers.problems import COMPLAINT_UNKNOWN, PERIOD_BACKWARDS
from services.complaints.handlers.times import Period, times_of_all, times_of_one
from services.complaints.read_models.next_steps import NextStep
from shared.web.fields import BusinessDay
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["complaints"])
reads = scope("complaints.complaint.read")
Area = Annotated[str | None, Query(max_length=200, description="An area with those within it")]
AsOf = Annotated[BusinessDay | None, Query(description="As it was known at the end of this business day")]


@router.get(
    "/v1/complaints/{complaint_id}/times",
    dependencies=[reads],
    responses={404: {"description": COMPLAINT_UNKNOWN}},
    summary="What is due with a complaint, and how long it took",
)
async def get_complaint_times(complaint_id: UUID, deps: Dependencies, as_of: AsOf = None) -> Response:
    """In minutes of working time, without what it was on hold; by the procedure and the working hours in force now."""
    return Json(await times_of_one(deps, complaint_id, as_of))


@router.get("/v1/due-steps", dependencies=[reads, listed], summary="What is due next with open complaints")
async def list_due_steps(
    deps: Dependencies, request: Request, area_id: Area = None, limit: Limit = DEFAULT_LIMIT, cursor: CursorParameter = None
) -> Response:
    """The next step of each, what is overdue longest first; `due` says of how many complaints something is. A second may pass before
    a step that was taken is seen here, ten before an area is that has changed."""
    bound = filter_hash(list="due-steps", area=area_id)
    after = None
    if cursor is not None:
        moment, complaint_id = deps.cursors.decode(bound, cursor, 2)
        after = datetime.fromisoformat(str(moment)), UUID(str(complaint_id))
    found = await due_next(deps, area_id, after, limit + 1)
    following = None
    if len(found.steps) > limit and (due_at := found.steps[limit - 1].due_at) is not None:
        following = deps.cursors.encode(bound, [due_at.isoformat(), str(found.steps[limit - 1].complaint_id)])
    from_what = {
        "open_complaints": found.waiting.going_on,
        "procedure_version": found.procedure_version,
        "area_id": area_id,
        "at": found.at,
    }
    head = {"due": found.waiting.due, "from_what": from_what}
    return page_response(Page([_due(one, found.at) for one in found.steps[:limit]], following), request, head)


def _due(one: NextStep, now: datetime) -> dict[str, Any]:
    return {
        "due_at": one.due_at,
        "step": one.step,
        "missed": one.due_at is not None and one.due_at < now,
        "id": one.complaint_id,
        "customer_id": one.customer_id,
        "area_id": one.area_id,
        "department": one.department,
        "severity": one.severity,
        "round": one.round,
    }


@router.get(
    "/v1/complaint-times",
    dependencies=[reads, listed],
    responses={422: {"description": PERIOD_BACKWARDS}},
    summary="How long complaints took that were received in a period",
)
async def get_all_complaint_times(
    deps: Dependencies,
    first: Annotated[BusinessDay, Query(alias="from")],
    last: Annotated[BusinessDay, Query(alias="to")],
    area_id: Area = None,
    as_of: AsOf = None,
) -> Response:
    """First response and resolution in minutes of working time, and deadlines kept and missed. Never by person."""
    if last < first:
        raise Problem(PERIOD_BACKWARDS)
    return Json(await times_of_all(deps, Period(first, last, area_id, as_of)))
