"""Credit grades over HTTP: asking for a run, the customers by grade, and one customer's grade on any day."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.bodies import CREDIT_RUN, CREDIT_STANDARD, CreditRunBody, CreditStandardBody
from services.classification.api.deps import Dependencies
from services.classification.api.grading import Grading, ask_for_run, preview_body, show_run
from services.classification.handlers.credit_preview import Regraded, preview
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import (
    AS_OF_IN_FUTURE,
    BORDERS_OUT_OF_ORDER,
    DAY_GRADED,
    PERIOD_NOT_OVER,
    RUN_UNKNOWN,
)
from services.classification.handlers.standards import CREDIT_GRADE, current
from services.classification.read_models.credit_grades import CREDIT_GRADES, Wanted, page
from services.classification.read_models.credit_standings import is_known
from shared.contracts.credit_grades import CreditGrade, CreditGraded, CreditStandardPublished
from shared.contracts.envelope import Envelope
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.commands import Command
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import Caller, analysis, scope

router = APIRouter(tags=["credit grades"])
reads = scope("classification.class.read")
GRADING = Grading("credit_grade", "/v1/credit-grade-runs", CREDIT_GRADE, CreditStandardPublished)
AsOf = Annotated[BusinessDay | None, Query(description="The grade that stood at the end of this business day; now when left out")]


@router.post(
    "/v1/standards/credit-grade/preview",
    dependencies=[reads, analysis],
    responses={422: {"description": f"{BORDERS_OUT_OF_ORDER} or {AS_OF_IN_FUTURE}"}},
    summary="Whom another standard of credit grades would move",
)
async def post_credit_grade_preview(
    body: Annotated[CreditStandardBody, Body(openapi_examples=CREDIT_STANDARD)],
    caller: Caller,
    deps: Dependencies,
    as_of: Annotated[BusinessDay | None, Query(description="At the end of this day; today when left out")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Every customer as it is known now, by the standard in force and by this one: how many go from where to where, and the first that would
    move, by id. Nothing is published and nobody's grade changes."""
    found = await preview(deps, body.standard(caller.id), as_of, limit)
    items = [_regraded(one) for one in found.first]
    return Json(preview_body(as_of or deps.today(), sum(found.moves.values()), found.moves, items))


def _regraded(one: Regraded) -> dict[str, Any]:
    found = one.would_be
    reasons = () if found is None else found.reasons
    return {
        "customer_id": one.customer_id,
        "grade": one.grade,
        "would_be": None if found is None else found.grade,
        "reasons": reasons,
    }


@router.post(
    "/v1/credit-grade-runs",
    status_code=202,
    dependencies=[scope("classification.standard.write")],
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
    return await ask_for_run(deps, GRADING, body.graded_on, key, request)


@router.get(
    "/v1/credit-grade-runs/{run_id}",
    dependencies=[reads, company],
    responses={404: {"description": RUN_UNKNOWN}},
    summary="How far a run of credit grades is",
)
async def get_credit_grade_run(run_id: UUID, deps: Dependencies) -> Response:
    return await show_run(deps, GRADING, run_id)


@router.get("/v1/credit-grades", dependencies=[reads, listed], summary="Customers by credit grade, the most points first")
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
    """`grade` is null for who was never graded, or buys nothing on credit any more. Read from the customer's own stream. `flips`: how often
    it has changed; `points_to_worse` and `points_to_better`: how far it is to the next grades by the standard in force."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, f"credit-grade-{customer_id}")
        if not loaded.events and not await is_known(c, SCHEMA, customer_id):
            raise Problem("CUSTOMER_UNKNOWN")
        standard = (await current(c, CREDIT_GRADE)).standard
    told = [_event(envelope) for envelope in loaded.events]
    held = [one for one in told if as_of is None or one.graded_on <= as_of]
    shown: dict[str, Any] = {"customer_id": customer_id, "grade": None}
    if held:
        shown = {**_grade(held[-1]), "flips": len(held) - 1, **_borders(held[-1], standard)}
    return Json({**shown, "history": [_grade(one) for one in reversed(held)]})


def _borders(one: CreditGraded, standard: CreditStandardPublished) -> dict[str, int]:
    """How many points more make the next worse grade, how many less a better one, by the standard in force."""
    match one.grade:
        case "GROW" | "HOLD":
            return {"points_to_worse": max(standard.shrink_points - one.points, 0)}
        case "SHRINK":
            better = max(one.points - standard.shrink_points + 1, 0)
            return {"points_to_worse": max(standard.stop_points - one.points, 0), "points_to_better": better}
        case "STOP":
            return {"points_to_better": max(one.points - standard.stop_points + 1, 0)}
    return {}


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
