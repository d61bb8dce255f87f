"""Purchase intents by grade and by the answer about money, authority and need; their standard; when all are graded anew."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.classification.api.bodies import example
from services.classification.api.deps import Dependencies
from services.classification.api.prospect_views import prospect_view
from services.classification.domain import man, prospect_standard
from services.classification.domain.man import Condition
from services.classification.domain.reviewing import regrading_due
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.prospect_problems import PROSPECT_STANDARD_OUT_OF_RANGE
from services.classification.handlers.prospects import asked_day, moved_by, regradings
from services.classification.handlers.standards import PROSPECTS, current, publish
from services.classification.read_models.prospects import SHOWN, Wanted, standing
from services.classification.read_models.scoping import basis
from shared.contracts.intents import Grade
from shared.contracts.prospects import ProspectStandardPublished
from shared.postgres.pool import Connection
from shared.projections.waiting import wait_for
from shared.web import fields
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Reference, Whole
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["prospects"])
reads = scope("classification.class.read")
AsOf = Annotated[BusinessDay | None, Query(description="As things stood at the end of that day; today when left out")]
Salesperson = Annotated[Reference | None, Query(description="Only customers of this salesperson")]
Area = Annotated[Reference | None, Query(description="Only customers of this area")]
Answer = Literal["MAN", "MAn", "MaN", "mAN", "maN", "mAn", "Man", "man"]
_BUILT_IN = prospect_standard.BUILT_IN


async def there(deps: Deps, min_position: str | None) -> None:
    """Wait until lists of intents know that much."""
    for model in SHOWN:
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))


@router.get(
    "/v1/prospects",
    dependencies=[reads, listed],
    responses={422: {"description": AS_OF_IN_FUTURE}},
    summary="Open purchase intents with their grade and the answer about money, authority and need",
)
async def list_prospects(
    deps: Dependencies,
    request: Request,
    as_of: AsOf = None,
    salesperson_id: Salesperson = None,
    area_id: Area = None,
    customer_id: UUID | None = None,
    grade: Annotated[Grade | None, Query(description="Of the standard")] = None,
    answer: Annotated[Answer | None, Query(description="A capital where the condition is there")] = None,
    missing: Annotated[Condition | None, Query(description="What has still to be found out")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """By id. `grade` follows the standard, `stated` is what persons say in cards; `differs` where they are not the same."""
    await there(deps, min_position)
    values = (None, None, None) if answer is None else man.behind(answer)
    money, authority, need = ("UNKNOWN" if one == missing else value for one, value in zip(man.CONDITIONS, values, strict=True))
    wanted = Wanted(salesperson_id, area_id, customer_id, grade, money, authority, need)
    async with deps.pool.acquire() as c:
        day, standard = await asked_day(deps, c, as_of)
        bound = filter_hash(
            list="prospects", as_of=as_of, **{name: getattr(wanted, name) for name in Wanted.__slots__}, missing=missing
        )
        after = None if cursor is None else (UUID(str(deps.cursors.decode(bound, cursor, 1)[0])),)
        heading = await head(c, day.day, standard)
        # An answer and a missing condition contradict each other: nothing has both.
        found = [] if answer is not None and missing is not None else await standing(c, SCHEMA, day, wanted, after, limit + 1)
    shown = found[:limit]
    following = deps.cursors.encode(bound, [str(shown[-1].intent_id)]) if len(found) > limit else None
    return page_response(Page([prospect_view(one, deps.zone) for one in shown], following), request, heading)


async def head(c: Connection, day: date, standard: ProspectStandardPublished) -> dict[str, Any]:
    """What holds for all items of a list of intents, and what they come from."""
    return {
        "as_of": day,
        "standard": {"name": "prospect-grade", "version": standard.version},
        "from_what": await basis(c, SCHEMA, SHOWN),
    }


@router.get(
    "/v1/prospect-regradings",
    dependencies=[reads, company],
    summary="When all intents were graded anew, and when it is due again",
)
async def list_regradings(deps: Dependencies) -> Response:
    """At least twice a week, on the weekdays of the standard; `late` when the last one due has not come. The newest first."""
    async with deps.pool.acquire() as c:
        _, standard = await asked_day(deps, c, None)
        found = await regradings(c)
    due = regrading_due(deps.today(), standard)
    last = found[0].graded_on if found else None
    items = [
        {"graded_on": one.graded_on, "standard_version": one.standard_version, "intents": one.intents, "changed": one.changed}
        for one in found
    ]
    return Json({"due_on": due, "late": last is None or last < due, "weekdays": standard.regraded_on, "items": items})


Days = Annotated[Whole, Field(description="1 to 731 days")]


class ProspectStandardBody(fields.Body):
    """A point for each of money, authority, need that is there; two for an expected day within `near_days`, one within `far_days`; one
    for a contact within `contact_days`. A from `a_points`, B from `b_points`. `review_days`: A, B and C are read so often."""

    near_days: Days = _BUILT_IN.near_days
    far_days: Days = _BUILT_IN.far_days
    contact_days: Days = _BUILT_IN.contact_days
    a_points: Whole = _BUILT_IN.a_points
    b_points: Whole = _BUILT_IN.b_points
    further_days: Whole = _BUILT_IN.further_days
    regraded_on: Annotated[tuple[Whole, ...], Field(max_length=7, description="ISO weekdays, Monday is 1; at least two")] = (
        _BUILT_IN.regraded_on
    )
    review_days: tuple[Whole, Whole, Whole] = _BUILT_IN.review_days
    grace_days: Whole = _BUILT_IN.grace_days
    sample_size: Whole = _BUILT_IN.sample_size

    def standard(self, decided_by: UUID) -> ProspectStandardPublished:
        return ProspectStandardPublished(version=0, decided_by=decided_by, **self.model_dump())


PROSPECT_STANDARD = example({"near_days": 21, "far_days": 60, "review_days": [1, 7, 28]})


@router.get("/v1/standards/prospect-grade", dependencies=[reads, company], summary="The standard that grades of intents follow")
async def get_prospect_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in."""
    async with deps.pool.acquire() as c:
        found = await current(c, PROSPECTS)
    return resource(PROSPECTS.shown(found.standard), found.version, request, persons=False)


@router.put(
    "/v1/standards/prospect-grade",
    dependencies=[scope("classification.standard.write")],
    responses={422: {"description": PROSPECT_STANDARD_OUT_OF_RANGE}},
    summary="Publish a standard for grades of intents",
)
async def put_prospect_standard(
    body: Annotated[ProspectStandardBody, Body(openapi_examples=PROSPECT_STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """What is left out is as it is built in. All open intents are graded anew by it at once."""
    return respond(await publish(deps, PROSPECTS, body.standard(key.principal), version, key, event_meta(request)), request)


@router.post(
    "/v1/standards/prospect-grade/preview",
    dependencies=[reads],
    responses={422: {"description": PROSPECT_STANDARD_OUT_OF_RANGE}},
    summary="Whom a standard would move before it is published",
)
async def preview_prospect_standard(
    body: Annotated[ProspectStandardBody, Body(openapi_examples=PROSPECT_STANDARD)], deps: Dependencies
) -> Response:
    """Nothing is stored. All that would move are counted by from and to; the first 500 are listed."""
    async with deps.pool.acquire() as c:
        intents, moves = await moved_by(deps, c, body.standard(UUID(int=0)))
    counts: dict[str, int] = {}
    for one in moves:
        name = f"{one.intent.grade or 'NONE'} to {one.to}"
        counts[name] = counts.get(name, 0) + 1
    items = [
        {"intent_id": one.intent.intent_id, "customer_id": one.intent.customer_id, "from": one.intent.grade, "to": one.to}
        for one in moves[:500]
    ]
    return Json({"as_of": deps.today(), "intents": intents, "moved": len(moves), "by": counts, "items": items})
