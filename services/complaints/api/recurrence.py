"""What comes again, what is open, and how content customers are in the end, over HTTP. No figure is by a person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.complaints.api.deps import Dependencies
from services.complaints.api.spans import REFUSED, Asked, caught_up, heading
from services.complaints.handlers.deps import SCHEMA
from services.complaints.read_models.complaint_board import Content, Waiting, board, satisfaction
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.recurrence import Recurring, about, recurrence, total
from services.complaints.read_models.served import SERVED
from shared.contracts.complaint_facts import Dimension
from shared.contracts.complaints import ComplaintKind
from shared.projections.reached import basis
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["prevention"])
reads = scope("complaints.complaint.read")
By = Annotated[Dimension, Query(description="What is counted by")]


@router.get(
    "/v1/recurrence", dependencies=[reads, listed], responses=REFUSED, summary="What customers complain about again and again"
)
async def get_recurrence(
    by: By,
    asked: Asked,
    deps: Dependencies,
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """The most frequent first, beside the equally many days before. Withdrawn complaints count for nothing; `unknown`: of how
    many the value is not known. `/v1/recurrence/complaints` names the complaints behind a count."""
    bound = filter_hash(list="recurrence", by=by, first=asked.first, last=asked.last, area=asked.area_id, kind=asked.kind)
    after = None
    if cursor is not None:
        count, value = deps.cursors.decode(bound, cursor, 2)
        after = int(str(count)), str(value)
    await caught_up(deps, min_position, MATTERS, SERVED)
    async with deps.pool.acquire() as c:
        rows = await recurrence(c, SCHEMA, by, asked, after, limit + 1)
        sums = await total(c, SCHEMA, by, asked)
    following = None
    if len(rows) > limit:
        following = deps.cursors.encode(bound, [rows[limit - 1].complaints, rows[limit - 1].value])
    head = await heading(deps, asked, (MATTERS, SERVED) if by == "area" or asked.area_id else (MATTERS,))
    head |= {"by": by, "compared_with": {"from": asked.earlier}, "total": sums._asdict()}
    return page_response(Page([_recurring(row, sums.complaints) for row in rows[:limit]], following), request, head)


def _recurring(row: Recurring, complaints: int) -> dict[str, Any]:
    shown: dict[str, Any] = row._asdict()
    return shown | {"change": row.complaints - row.earlier, "share": f"{row.complaints / complaints:.4f}"}


@router.get(
    "/v1/recurrence/complaints",
    dependencies=[reads, listed],
    responses=REFUSED,
    summary="The complaints behind a count, the latest first",
)
async def get_recurring_complaints(
    by: By,
    value: Annotated[Reference, Query()],
    asked: Asked,
    deps: Dependencies,
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    bound = filter_hash(
        list="behind", by=by, value=value, first=asked.first, last=asked.last, area=asked.area_id, kind=asked.kind
    )
    after = None
    if cursor is not None:
        day, complaint_id = deps.cursors.decode(bound, cursor, 2)
        after = date.fromisoformat(str(day)), UUID(str(complaint_id))
    await caught_up(deps, min_position, MATTERS, SERVED)
    async with deps.pool.acquire() as c:
        rows = await about(c, SCHEMA, by, value, asked, after, limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = deps.cursors.encode(bound, [last.received_on.isoformat(), str(last.complaint_id)])
    items = [{"id": one.complaint_id, "customer_id": one.customer_id, "received_on": one.received_on} for one in rows[:limit]]
    return page_response(Page(items, following), request)


@router.get("/v1/complaint-board", dependencies=[reads, listed], summary="Open complaints by step and age")
async def get_board(
    deps: Dependencies,
    as_of: Annotated[BusinessDay | None, Query(description="Today when left out")] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers that are in this area now")] = None,
    kind: ComplaintKind | None = None,
    min_position: MinPosition = None,
) -> Response:
    """What was open at the end of the day, at the step that was taken last by then. Days since the receipt are calendar days."""
    day = as_of or deps.today()
    if day > deps.today():
        raise Problem("DAY_IN_FUTURE")
    await caught_up(deps, min_position, MATTERS, SERVED)
    async with deps.pool.acquire() as c:
        rows = await board(c, SCHEMA, day, area_id, kind)
        from_what = await basis(c, SCHEMA, (MATTERS, SERVED) if area_id else (MATTERS,))
    steps = [_waiting(row) for row in rows]
    return Json({"as_of": day, "from_what": from_what, "open": sum(row.complaints for row in rows), "steps": steps})


def _waiting(row: Waiting) -> dict[str, Any]:
    ages = {"0-2": row.to_2_days, "3-7": row.days_3_7, "8-30": row.days_8_30, "over 30": row.over_30_days}
    return {"step": row.step, "complaints": row.complaints, "by_days": ages, "oldest_received_on": row.oldest}


@router.get(
    "/v1/complaint-satisfaction",
    dependencies=[reads, listed],
    responses=REFUSED,
    summary="How content customers are after the end",
)
async def get_satisfaction(asked: Asked, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """Of the complaints that were closed in the days: how many customers have answered, with which score from 1 to 5."""
    await caught_up(deps, min_position, MATTERS, SERVED)
    async with deps.pool.acquire() as c:
        found = await satisfaction(c, SCHEMA, asked.first, asked.last, asked.area_id, asked.kind)
    return Json({**await heading(deps, asked, (MATTERS,)), **_content(found)})


def _content(found: Content) -> dict[str, Any]:
    answered = sum(found.scores)
    shown: dict[str, Any] = {"closed": found.closed, "answered": answered}
    shown["scores"] = {str(score): count for score, count in enumerate(found.scores, 1)}
    if answered:
        shown["mean"] = f"{sum(score * count for score, count in enumerate(found.scores, 1)) / answered:.2f}"
    return shown
