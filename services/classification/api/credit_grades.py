"""Credit grades over HTTP: asking for a run, the customers by grade, and one customer's grade on any day."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.bodies import CREDIT_RUN, CreditRunBody
from services.classification.api.deps import Dependencies
from services.classification.api.grade_runs import run_body
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.grade_runs import request_run
from services.classification.handlers.problems import DAY_GRADED, PERIOD_NOT_OVER, RUN_UNKNOWN
from services.classification.handlers.standards import CREDIT_GRADE
from services.classification.read_models.credit_grades import CREDIT_GRADES, Wanted, page
from services.classification.read_models.credit_standings import is_known
from services.classification.read_models.grade_runs import run_of
from shared.contracts.credit_grades import CreditGrade, CreditGraded, CreditStandardPublished
from shared.contracts.envelope import Envelope
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.answers import Answer
from shared.web.commands import Command, respond
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["credit grades"])
reads = scope("classification.class.read")
AsOf = Annotated[BusinessDay | None, Query(description="The grade that stood at the end of this business day; now when left out")]


@router.post(
    "/v1/credit-grade-runs",
    status_code=202,
    dependencies=[scope("classification.class.write")],
    responses={
        202: {"description": "Queued; Location names the run"},
        422: {"description": f"{PERIOD_NOT_OVER} or {DAY_GRADED}"},
    },
    summary="Grade every customer's credit: grow, hold, shrink or stop",
)
async def request_credit_grade_run(
    body: Annotated[CreditRunBody, Body(openapi_examples=CREDIT_RUN)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """It starts when everything recorded through the day is known to have arrived, and tells only the grades that change."""
    queued = await request_run(deps, "credit_grade", CREDIT_GRADE, body.graded_on, key)
    location = f"/v1/credit-grade-runs/{queued.run.run_id}"
    return respond(Answer(202, run_body(queued.run, CreditStandardPublished), location=location, replayed=queued.reused), request)


@router.get(
    "/v1/credit-grade-runs/{run_id}",
    dependencies=[reads],
    responses={404: {"description": RUN_UNKNOWN}},
    summary="How far a run of credit grades is",
)
async def get_credit_grade_run(run_id: UUID, deps: Dependencies) -> Response:
    async with deps.pool.acquire() as c:
        run = await run_of(c, SCHEMA, "credit_grade", run_id)
    if run is None:
        raise Problem(RUN_UNKNOWN)
    return Json(run_body(run, CreditStandardPublished))


@router.get("/v1/credit-grades", dependencies=[reads], summary="Customers by credit grade, the most points first")
async def list_credit_grades(
    deps: Dependencies,
    request: Request,
    grade: Annotated[CreditGrade | None, Query(description="Only this grade")] = None,
    area_id: Annotated[Reference | None, Query()] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """The figures are those of the run that changed the grade. Merged cards are graded together, under the card that leads."""
    wanted = Wanted(grade, area_id, salesperson_id)
    bound = filter_hash(list="credit-grades", as_of=as_of, **wanted._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CREDIT_GRADES, position))
    async with deps.pool.acquire() as c:
        found = await page(c, SCHEMA, wanted, as_of, after, limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = deps.cursors.encode(bound, (last.points, str(last.customer_id)))
    return page_response(Page([_grade(one) for one in found[:limit]], following), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[int, UUID]:
    points, customer = deps.cursors.decode(bound, cursor, 2)
    return int(points or 0), UUID(str(customer))


@router.get(
    "/v1/customers/{customer_id}/credit-grade",
    dependencies=[reads],
    responses={404: {"description": "The customer is not known"}},
    summary="The credit grade of a customer, why, and those before",
)
async def get_credit_grade(customer_id: UUID, deps: Dependencies, as_of: AsOf = None) -> Response:
    """`grade` is null for who was never graded, or buys nothing on credit any more. Read from the customer's own stream."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, f"credit-grade-{customer_id}")
        if not loaded.events and not await is_known(c, SCHEMA, customer_id):
            raise Problem("CUSTOMER_UNKNOWN")
    told = [_event(envelope) for envelope in loaded.events]
    held = [one for one in told if as_of is None or one.graded_on <= as_of]
    shown: dict[str, Any] = {"customer_id": customer_id, "grade": None} if not held else _grade(held[-1])
    return Json({**shown, "history": [_grade(one) for one in reversed(held)]})


def _event(envelope: Envelope) -> CreditGraded:
    if not isinstance(envelope.event, CreditGraded):
        raise AssertionError(f"unknown event {envelope.event!r}")
    return envelope.event


def _grade(one: CreditGraded) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "grade": one.grade,
        "previous": one.previous,
        "since": one.graded_on,
        "points": one.points,
        "reasons": one.reasons,
        "exposure": [money_body(amount.amount, amount.currency) for amount in one.exposure],
        "expected_change": [money_body(amount.amount, amount.currency) for amount in one.expected_change],
        "standard_version": one.standard_version,
        "run_id": one.run_id,
    }
