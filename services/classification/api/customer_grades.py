"""The company's own grades over HTTP: the standard and whom another one would move, runs, and the customers by grade."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.api.grading import Grading, ask_for_run, preview_body, show_run
from services.classification.api.mark_bodies import (
    CUSTOMER_GRADE_RUN,
    CUSTOMER_GRADE_STANDARD,
    CustomerGradeRunBody,
    CustomerGradeStandardBody,
)
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.grade_preview import Moved, preview
from services.classification.handlers.problems import (
    AS_OF_IN_FUTURE,
    DAY_GRADED,
    GRADES_OUT_OF_ORDER,
    PERIOD_NOT_OVER,
    RUN_UNKNOWN,
)
from services.classification.handlers.standards import CUSTOMER_GRADE, current, publish
from services.classification.read_models.customer_grades import CUSTOMER_GRADES, Wanted, page
from services.classification.read_models.customer_sales import one as known_customer
from shared.contracts.customer_grades import CustomerGraded, CustomerGradeStandardPublished
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Code, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import Caller, analysis, scope

router = APIRouter(tags=["customer grades"])
reads, writes = scope("classification.class.read"), scope("classification.standard.write")
GRADING = Grading("customer_grade", "/v1/customer-grade-runs", CUSTOMER_GRADE, CustomerGradeStandardPublished)
AsOf = Annotated[BusinessDay | None, Query(description="The grade that stood at the end of this business day; now when left out")]
StandardBody = Annotated[CustomerGradeStandardBody, Body(openapi_examples=CUSTOMER_GRADE_STANDARD)]


@router.get(
    "/v1/standards/customer-grade", dependencies=[reads, company], summary="The company's own standard of customer grades"
)
async def get_customer_grade_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in. Grades stand from the best to the last; the first whose conditions are all met is the customer's."""
    async with deps.pool.acquire() as c:
        found = await current(c, CUSTOMER_GRADE)
    return resource(CUSTOMER_GRADE.shown(found.standard), found.version, request, persons=False)


@router.put(
    "/v1/standards/customer-grade",
    dependencies=[writes],
    responses={
        200: {"description": "Published; runs asked for from now on follow it"},
        422: {"description": GRADES_OUT_OF_ORDER},
    },
    summary="Publish the company's own standard of customer grades",
)
async def put_customer_grade_standard(
    body: StandardBody, version: IfMatch, key: Command, deps: Dependencies, request: Request
) -> Response:
    """If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    command = body.standard(key.principal)
    return respond(await publish(deps, CUSTOMER_GRADE, command, version, key, event_meta(request)), request)


@router.post(
    "/v1/standards/customer-grade/preview",
    dependencies=[reads, analysis],
    responses={422: {"description": f"{GRADES_OUT_OF_ORDER} or {AS_OF_IN_FUTURE}"}},
    summary="Whom another standard of customer grades would move",
)
async def post_customer_grade_preview(
    body: StandardBody,
    caller: Caller,
    deps: Dependencies,
    as_of: Annotated[BusinessDay | None, Query(description="On the figures of the end of this day; today when left out")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """On the figures of one day: how many customers the standard in force and this one put where, and the first that would move, by id.

    Nothing is published and nobody's grade changes.
    """
    found = await preview(deps, body.standard(caller.id), as_of, limit)
    items = [_moved(one) for one in found.first]
    return Json(preview_body(as_of or deps.today(), found.customers, found.moves, items))


def _moved(one: Moved) -> dict[str, Any]:
    found = one.would_be
    return {"customer_id": one.customer_id, "grade": one.grade, "would_be": found.grade, "reasons": found.reasons}


@router.post(
    "/v1/customer-grade-runs",
    status_code=202,
    dependencies=[writes],
    responses={
        202: {"description": "Queued; Location names the run"},
        422: {"description": f"{PERIOD_NOT_OVER} or {DAY_GRADED}"},
    },
    summary="Grade every customer by the company's own standard",
)
async def request_customer_grade_run(
    body: Annotated[CustomerGradeRunBody, Body(openapi_examples=CUSTOMER_GRADE_RUN)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """It starts when everything recorded through the day is known to have arrived, and tells only the grades that change."""
    return await ask_for_run(deps, GRADING, body.graded_on, key, request)


@router.get(
    "/v1/customer-grade-runs/{run_id}",
    dependencies=[reads, company],
    responses={404: {"description": RUN_UNKNOWN}},
    summary="How far a run of customer grades is",
)
async def get_customer_grade_run(run_id: UUID, deps: Dependencies) -> Response:
    return await show_run(deps, GRADING, run_id)


@router.get("/v1/customer-grades", dependencies=[reads, listed], summary="Customers by the company's own grade")
async def list_customer_grades(
    deps: Dependencies,
    request: Request,
    grade: Annotated[Code | None, Query(description="Only this grade")] = None,
    area_id: Annotated[Reference | None, Query()] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """By customer id, with the reasons of the run that changed the grade; treatments are those of the standard in force."""
    wanted = Wanted(grade, area_id, salesperson_id)
    bound = filter_hash(list="customer-grades", as_of=as_of, **wanted._asdict())
    after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMER_GRADES, position))
    async with deps.pool.acquire() as c:
        standard = (await current(c, CUSTOMER_GRADE)).standard
        found = await page(c, SCHEMA, wanted, as_of, after, limit + 1)
    following = deps.cursors.encode(bound, [str(found[limit - 1].customer_id)]) if len(found) > limit else None
    return page_response(Page([_grade(one, standard) for one in found[:limit]], following), request)


@router.get(
    "/v1/customers/{customer_id}/customer-grade",
    dependencies=[reads],
    responses={404: {"description": "The customer is not known"}},
    summary="The company's own grade of a customer, why, and those before",
)
async def get_customer_grade(customer_id: UUID, deps: Dependencies, as_of: AsOf = None) -> Response:
    """`grade` is null for who was never graded, or fits no rule any more. Read from the customer's own stream. `flips`: how often it has
    changed."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, f"customer-grade-{customer_id}")
        standard = (await current(c, CUSTOMER_GRADE)).standard
        if not loaded.events and await known_customer(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
    told = [envelope.event for envelope in loaded.events if isinstance(envelope.event, CustomerGraded)]
    held = [one for one in told if as_of is None or one.graded_on <= as_of]
    shown: dict[str, Any] = {"customer_id": customer_id, "grade": None}
    if held:
        shown = {**_grade(held[-1], standard), "flips": len(held) - 1}
    return Json({**shown, "history": [_grade(one, standard) for one in reversed(held)]})


def _grade(one: CustomerGraded, standard: CustomerGradeStandardPublished) -> dict[str, Any]:
    rule = next((rule for rule in standard.grades if rule.grade == one.grade), None)
    treatment = {} if rule is None else {"goods": rule.goods, "sales": rule.sales, "collection": rule.collection}
    return {
        "customer_id": one.customer_id,
        "grade": one.grade,
        "previous": one.previous,
        "since": one.graded_on,
        **{name: code for name, code in treatment.items() if code is not None},
        "reasons": one.reasons,
        "standard_version": one.standard_version,
        "run_id": one.run_id,
    }
