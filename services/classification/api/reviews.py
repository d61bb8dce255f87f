"""Going through the cards of purchase intents: that it was done, and what is due."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.classification.api.bodies import example
from services.classification.api.deps import Dependencies
from services.classification.api.prospect_views import prospect_view
from services.classification.api.prospects import Area, AsOf, Salesperson, head, there
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.prospect_problems import DAY_IN_FUTURE, INTENT_ENDED, INTENT_UNKNOWN
from services.classification.handlers.prospects import asked_day, review
from services.classification.read_models.prospects import Wanted, standing
from shared.contracts.intents import Grade
from shared.web import fields
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["prospects"])


class ReviewBody(fields.Body):
    """Who went through the card, by the company's own number; today unless `reviewed_on` is given."""

    reviewed_by: Reference
    reviewed_on: BusinessDay | None = None


@router.post(
    "/v1/intents/{intent_id}/reviews",
    status_code=201,
    dependencies=[scope("classification.class.write")],
    responses={
        404: {"description": INTENT_UNKNOWN},
        409: {"description": INTENT_ENDED},
        422: {"description": DAY_IN_FUTURE},
    },
    summary="Note that the card of an intent was gone through",
)
async def post_review(
    intent_id: UUID,
    body: Annotated[ReviewBody, Body(openapi_examples=example({"reviewed_by": "E-12"}))],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """An act of its own: opening the card is none. The same person on the same day counts once."""
    return respond(await review(deps, intent_id, body.reviewed_by, body.reviewed_on, key, event_meta(request)), request)


@router.get(
    "/v1/reviews/due",
    dependencies=[scope("classification.class.read"), analysis, listed],
    responses={422: {"description": AS_OF_IN_FUTURE}},
    summary="Cards of intents that are due to be gone through, the longest due first",
)
async def list_due(
    deps: Dependencies,
    request: Request,
    as_of: AsOf = None,
    salesperson_id: Salesperson = None,
    area_id: Area = None,
    grade: Grade | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """By the standard: A every day, B every week, C every month from the last review, or from the opening. Where persons and the
    standard differ, the nearer grade counts (`read_as`). `days_late` counts from the day after the due day."""
    await there(deps, min_position)
    bound = filter_hash(list="reviews-due", as_of=as_of, salesperson_id=salesperson_id, area_id=area_id, grade=grade)
    after = None
    if cursor is not None:
        due, intent = deps.cursors.decode(bound, cursor, 2)
        after = (date.fromisoformat(str(due)), UUID(str(intent)))
    async with deps.analyses.acquire() as c:
        day, standard = await asked_day(deps, c, as_of)
        wanted = Wanted(salesperson_id, area_id, grade=grade, due_by=day.day)
        found = await standing(c, SCHEMA, day, wanted, after, limit + 1, "due_on, intent_id")
        heading = await head(c, day.day, standard)
    shown = found[:limit]
    items = [{**prospect_view(one, deps.zone), "days_late": (day.day - one.due_on).days} for one in shown]
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (shown[-1].due_on.isoformat(), str(shown[-1].intent_id)))
    return page_response(Page(items, following), request, heading)
